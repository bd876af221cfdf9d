#include "tests/support/settings_schema.h"

#include "agent/base/json.h"
#include "agent/metric.h"
#include "agent/settings_table.h"

#include <stdlib.h>
#include <string.h>

static const char description[] =
    "/etc/service-ping/service-ping.yml and the files of service-ping.yml.d, read as YAML 1.2. An "
    "empty value leaves what is there. What keys must be to each other, and whether addresses and "
    "files are any good, is told by `service-ping check` alone.";

static void put_list(struct js_writer *writer, const char *key, const char *const *texts)
{
    js_open_list(writer, key);
    for (; *texts != NULL; texts++)
        js_put_text(writer, NULL, *texts);
    js_close_list(writer);
}

static void put_types(struct js_writer *writer, const char *const *types)
{
    put_list(writer, "type", types);
}

/* What is written without quotes may read as a number or a flag, and is taken as its text. */
static void put_text(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"string", "number", "boolean", "null", NULL};

    put_types(writer, types);
    if (row->check == NULL)
        js_put_integer(writer, "minLength", 1);
}

/* A word that YAML reads as null or as a number may stand in quotes as well. */
static void put_word(struct js_writer *writer, const char *word)
{
    js_put_text(writer, NULL, word);
    if (strcmp(word, "-1") == 0)
        js_put_integer(writer, NULL, -1);
}

static void put_choice(struct js_writer *writer, const struct setting *row)
{
    js_open_list(writer, "enum");
    for (size_t i = 0; row->choices[i] != NULL; i++)
        put_word(writer, row->choices[i]);
    js_put_null(writer, NULL);
    js_close_list(writer);
}

static void put_flag(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"boolean", "null", NULL};

    (void)row;
    put_types(writer, types);
}

static void put_integer(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"integer", "null", NULL};

    put_types(writer, types);
    js_put_integer(writer, "minimum", row->low);
    js_put_integer(writer, "maximum", row->high);
}

/* The range is in words alone: no pattern compares 90s with 1h. */
static void put_duration(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"string", "null", NULL};
    static const char *const types_of_zero[] = {"string", "integer", "null", NULL};

    js_put_text(writer, "title", "a duration such as 250ms, 15s, 10m, 6h or 2d");
    put_types(writer, row->low == 0 ? types_of_zero : types);
    js_put_text(writer, "pattern",
                row->low == 0 ? "^([0-9]+(ms|s|m|h|d)|0+)$" : "^[0-9]+(ms|s|m|h|d)$");
    if (row->low > 0)
        return;
    js_put_integer(writer, "minimum", 0);
    js_put_integer(writer, "maximum", 0);
}

static void put_fraction(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"number", "null", NULL};

    (void)row;
    put_types(writer, types);
    js_put_raw(writer, "minimum", "0.01");
    js_put_integer(writer, "maximum", 1);
}

static void put_texts(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"array", "null", NULL};
    static const char *const item_types[] = {"string", "number", "boolean", NULL};

    (void)row;
    put_types(writer, types);
    js_put_integer(writer, "minItems", 1);
    js_open_object(writer, "items");
    put_types(writer, item_types);
    js_put_integer(writer, "minLength", 1);
    js_close_object(writer);
}

static void put_categories(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"array", "null", NULL};

    (void)row;
    put_types(writer, types);
    js_open_object(writer, "items");
    put_list(writer, "enum", data_category_names);
    js_close_object(writer);
}

static void put_fact(struct js_writer *writer, const struct setting *row)
{
    static const char *const types[] = {"string", "number", "boolean", "null", "object", NULL};

    (void)row;
    put_types(writer, types);
}

/* Defaults */

static void default_text(struct js_writer *writer, const char *fallback)
{
    js_put_text(writer, "default", fallback);
}

/* Flags, numbers and null. */
static void default_raw(struct js_writer *writer, const char *fallback)
{
    js_put_raw(writer, "default", fallback);
}

static void default_word(struct js_writer *writer, const char *fallback)
{
    if (strcmp(fallback, "null") == 0)
        js_put_null(writer, "default");
    else
        js_put_text(writer, "default", fallback);
}

static void default_list(struct js_writer *writer, const char *fallback)
{
    char *rest = strdup(fallback), *state = NULL;

    js_open_list(writer, "default");
    for (char *item = strtok_r(rest, ",", &state); item != NULL; item = strtok_r(NULL, ",", &state))
        js_put_text(writer, NULL, item);
    js_close_list(writer);
    free(rest);
}

static const struct {
    void (*put)(struct js_writer *writer, const struct setting *row);
    void (*put_default)(struct js_writer *writer, const char *fallback);
} kinds[] = {
    [SETTING_TEXT] = {put_text, default_text},
    [SETTING_FILE] = {put_text, default_text},
    [SETTING_CHOICE] = {put_choice, default_word},
    [SETTING_FLAG] = {put_flag, default_raw},
    [SETTING_INTEGER] = {put_integer, default_raw},
    [SETTING_DURATION] = {put_duration, default_text},
    [SETTING_FRACTION] = {put_fraction, default_raw},
    [SETTING_LIST] = {put_texts, default_list},
    [SETTING_CATEGORIES] = {put_categories, default_list},
    [SETTING_FACTS] = {put_fact, default_text},
};

/* Sections */

static void put_row(struct js_writer *writer, const char *key, const struct setting *row)
{
    js_open_object(writer, key);
    js_put_text(writer, "description", row->help);
    kinds[row->type].put(writer, row);
    if (row->fallback != NULL && row->fallback_note == NULL)
        kinds[row->type].put_default(writer, row->fallback);
    js_close_object(writer);
}

static void open_section(struct js_writer *writer, const char *key)
{
    static const char *const types[] = {"object", "null", NULL};

    js_open_object(writer, key);
    put_types(writer, types);
}

static void close_section(struct js_writer *writer)
{
    js_put_flag(writer, "additionalProperties", false);
    js_close_object(writer);
}

/* The rows whose keys begin alike; the next one is returned. */
static const struct setting *put_rows(struct js_writer *writer, const struct setting *row,
                                      size_t length)
{
    const struct setting *first = row;

    js_open_object(writer, "properties");
    for (; row->key != NULL && strncmp(row->key, first->key, length) == 0; row++)
        if (!row->environment_only)
            put_row(writer, row->key + length, row);
    js_close_object(writer);
    return row;
}

static const struct setting *put_section(struct js_writer *writer, const struct setting *row,
                                         const char *name, size_t length)
{
    open_section(writer, name);
    if (strcmp(row->key + length, "NAME") == 0) {
        put_row(writer, "additionalProperties", row++);
        js_close_object(writer);
        return row;
    }
    if (strncmp(row->key + length, "NAME.", 5) == 0) {
        js_open_object(writer, "patternProperties");
        open_section(writer, "^[A-Za-z0-9_-]+$");
        row = put_rows(writer, row, length + strlen("NAME."));
        close_section(writer);
        js_close_object(writer);
    } else {
        row = put_rows(writer, row, length);
    }
    close_section(writer);
    return row;
}

void settings_schema_write(struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "$schema", "http://json-schema.org/draft-07/schema#");
    js_put_text(&writer, "$id", "urn:service-ping:schema:settings");
    js_put_text(&writer, "$comment",
                "Made from the table of settings, agent/settings.c, by `make golden`.");
    js_put_text(&writer, "title", "Settings of service-ping");
    js_put_text(&writer, "description", description);
    js_put_text(&writer, "type", "object");
    js_open_object(&writer, "properties");
    for (const struct setting *row = settings_table; row->key != NULL;) {
        size_t length = strcspn(row->key, ".");
        char name[64] = "";

        (void)memcpy(name, row->key, length < sizeof(name) ? length : 0);
        if (row->key[length] == '\0')
            put_row(&writer, name, row++);
        else
            row = put_section(&writer, row, name, length + 1);
    }
    js_close_object(&writer);
    close_section(&writer);
    str_add(out, "\n");
}
