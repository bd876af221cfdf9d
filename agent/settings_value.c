#include "agent/settings_value.h"

#include "agent/base/words.h"
#include "agent/metric.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *place_of(const struct setting *row, void *base)
{
    return (char *)base + row->offset;
}

static const void *seen_at(const struct setting *row, const void *base)
{
    return (const char *)base + row->offset;
}

/* Durations */

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* In milliseconds; -1: not a duration, or longer than 300 years. */
static int64_t duration_of(const char *text)
{
    char *end;
    long long number = strtoll(text, &end, 10);

    if (end == text || text[0] < '0' || text[0] > '9' || number > 100000000)
        return -1;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strcmp(end, units[i].name) == 0)
            return number * units[i].ms;
    return number == 0 && *end == '\0' ? 0 : -1;
}

/* In the largest unit that divides it; days only from two on, since people say 24h. */
static void write_duration(int64_t ms, struct str *out)
{
    size_t i = ms < 2 * units[0].ms ? 1 : 0;

    while (i + 1 < UNIT_COUNT && ms % units[i].ms != 0)
        i++;
    str_add_format(out, "%" PRId64 "%s", ms / units[i].ms, ms > 0 ? units[i].name : "");
}

static const char *duration_text(int64_t ms, const struct setting_scope *scope)
{
    struct str text;
    const char *copy;

    str_init(&text);
    write_duration(ms, &text);
    copy = arena_copy(scope->arena, text.text);
    str_release(&text);
    return copy;
}

/* Reading */

struct reading {
    const struct setting *row;
    const struct doc_node *node;
    const struct setting_scope *scope;
    struct error *err;
};

static bool refuse_node(const struct reading *reading, const struct doc_node *node,
                        const char *allowed)
{
    if (node->kind != DOC_SCALAR)
        return error_set(reading->err, ERROR_INVALID, "this is a %s: it must be %s",
                         node->kind == DOC_LIST ? "list" : "map", allowed);
    return error_set(reading->err, ERROR_INVALID, "'%.100s' is not allowed: it must be %s",
                     node->text, allowed);
}

static bool refuse_kind(const struct reading *reading, const char *allowed)
{
    return refuse_node(reading, reading->node, allowed);
}

static bool read_text(const struct reading *reading, void *place)
{
    const struct setting *row = reading->row;
    const struct doc_node *node = reading->node;

    if (node->kind != DOC_SCALAR)
        return refuse_kind(reading, "a text");
    if (row->check != NULL && !row->check(node->text, reading->err))
        return false;
    if (row->check == NULL && node->text[0] == '\0')
        return error_set(reading->err, ERROR_INVALID, "this is empty: leave the key out instead");
    *(const char **)place = arena_copy(reading->scope->arena, node->text);
    return true;
}

static bool read_file_name(const struct reading *reading, void *place)
{
    const char **path = place;

    if (!read_text(reading, place))
        return false;
    if (strchr(*path, '/') != NULL)
        return true;
    if (reading->scope->credentials == NULL)
        return error_set(reading->err, ERROR_INVALID,
                         "'%.100s' has no slash, so it names a systemd credential, but "
                         "CREDENTIALS_DIRECTORY is not set: write the file's whole path, or set "
                         "that variable",
                         *path);
    *path = arena_format(reading->scope->arena, "%s/%s", reading->scope->credentials, *path);
    return true;
}

static bool read_choice(const struct reading *reading, void *place)
{
    const struct setting *row = reading->row;
    const struct doc_node *node = reading->node;
    int index = node->kind == DOC_SCALAR ? words_find(row->choices, node->text) : -1;
    unsigned choice = (unsigned)index;

    if (index < 0)
        return refuse_kind(reading, words_join(row->choices, reading->scope->arena));
    memcpy(place, &choice, sizeof(choice));
    return true;
}

static bool read_flag(const struct reading *reading, void *place)
{
    return doc_flag(reading->node, place) || refuse_kind(reading, "true or false");
}

static bool read_integer(const struct reading *reading, void *place)
{
    const struct setting *row = reading->row;
    int64_t number;
    int narrow;

    if (!doc_integer(reading->node, &number) || number < row->low || number > row->high)
        return refuse_kind(reading, arena_format(reading->scope->arena,
                                                 "a whole number, %" PRId64 " to %" PRId64,
                                                 row->low, row->high));
    narrow = (int)number;
    if (row->width == sizeof(narrow))
        memcpy(place, &narrow, sizeof(narrow));
    else
        memcpy(place, &number, sizeof(number));
    return true;
}

static bool read_duration(const struct reading *reading, void *place)
{
    const struct setting *row = reading->row;
    const struct doc_node *node = reading->node;
    int64_t ms = node->kind == DOC_SCALAR ? duration_of(node->text) : -1;

    if (ms < row->low || ms > row->high || ms % row->unit_ms != 0)
        return refuse_kind(reading,
                           arena_format(reading->scope->arena,
                                        "a duration of %s to %s, such as 250ms, 15s, 10m, 6h or 2d",
                                        duration_text(row->low, reading->scope),
                                        duration_text(row->high, reading->scope)));
    *(unsigned *)place = (unsigned)(ms / row->unit_ms);
    return true;
}

static bool read_fraction(const struct reading *reading, void *place)
{
    const struct doc_node *node = reading->node;
    bool number =
        node->kind == DOC_SCALAR && (doc_type(node) == DOC_INTEGER || doc_type(node) == DOC_FLOAT);
    double share = number ? strtod(node->text, NULL) : 0;

    if (!(share >= 0.01 && share <= 1))
        return refuse_kind(reading, "a number, 0.01 to 1");
    *(double *)place = share;
    return true;
}

static bool read_list(const struct reading *reading, void *place)
{
    const struct setting *row = reading->row;
    const struct doc_node *node = reading->node;
    const char **texts = ARENA_ARRAY(reading->scope->arena, const char *, node->count + 1);
    size_t count = 0;

    if (node->kind != DOC_LIST || node->count == 0)
        return refuse_kind(reading, "a list of texts");
    for (const struct doc_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind != DOC_SCALAR || item->text[0] == '\0' || doc_is_null(item))
            return error_set(reading->err, ERROR_INVALID, "an entry of this list is not a text");
        if (row->check != NULL && !row->check(item->text, reading->err))
            return false;
        texts[count++] = arena_copy(reading->scope->arena, item->text);
    }
    *(const char *const **)place = texts;
    memcpy((char *)place - row->offset + row->count_offset, &count, sizeof(count));
    return true;
}

static bool read_categories(const struct reading *reading, void *place)
{
    bool categories[CATEGORY_COUNT] = {false};
    enum data_category which;

    if (reading->node->kind != DOC_LIST)
        return refuse_kind(reading, "a list of data categories");
    for (const struct doc_node *item = reading->node->first; item != NULL; item = item->next) {
        if (item->kind != DOC_SCALAR || !data_category_from_name(item->text, &which))
            return refuse_node(reading, item,
                               words_join(data_category_names, reading->scope->arena));
        categories[which] = true;
    }
    memcpy(place, categories, sizeof(categories));
    return true;
}

/* Writing */

struct writing {
    const struct setting *row;
    unsigned depth;
    struct str *out;
};

void setting_write_text(const char *text, struct str *out)
{
    const struct doc_node node = {.kind = DOC_SCALAR, .text = text};

    doc_write_yaml(&node, 0, out);
    str_truncate(out, out->length - 1);
}

static void write_item(const char *text, unsigned depth, struct str *out)
{
    str_add_format(out, "%*s- ", (int)(2 * depth), "");
    setting_write_text(text, out);
    str_add_char(out, '\n');
}

static void write_text(const struct writing *writing, const void *place)
{
    const char *text = *(const char *const *)place;
    struct str shown;

    str_init(&shown);
    if (text != NULL && writing->row->write_masked != NULL)
        writing->row->write_masked(text, &shown);
    else
        str_add(&shown, text != NULL ? text : "");
    str_add_char(writing->out, ' ');
    if (text != NULL)
        setting_write_text(shown.text, writing->out);
    else
        str_add(writing->out, "null");
    str_add_char(writing->out, '\n');
    str_release(&shown);
}

static void write_choice(const struct writing *writing, const void *place)
{
    unsigned choice;

    memcpy(&choice, place, sizeof(choice));
    str_add_format(writing->out, " %s\n", writing->row->choices[choice]);
}

static void write_flag(const struct writing *writing, const void *place)
{
    str_add(writing->out, *(const bool *)place ? " true\n" : " false\n");
}

static void write_integer(const struct writing *writing, const void *place)
{
    int64_t number =
        writing->row->width == sizeof(int) ? *(const int *)place : *(const int64_t *)place;

    str_add_format(writing->out, " %" PRId64 "\n", number);
}

static void write_time(const struct writing *writing, const void *place)
{
    str_add_char(writing->out, ' ');
    write_duration((int64_t) * (const unsigned *)place * writing->row->unit_ms, writing->out);
    str_add_char(writing->out, '\n');
}

static void write_fraction(const struct writing *writing, const void *place)
{
    str_add_format(writing->out, " %.15g\n", *(const double *)place);
}

static void write_list(const struct writing *writing, const void *place)
{
    const char *const *texts = *(const char *const *const *)place;
    size_t count;

    memcpy(&count, (const char *)place - writing->row->offset + writing->row->count_offset,
           sizeof(count));
    str_add(writing->out, count > 0 ? "\n" : " null\n");
    for (size_t i = 0; i < count; i++)
        write_item(texts[i], writing->depth + 1, writing->out);
}

static void write_categories(const struct writing *writing, const void *place)
{
    const bool *permitted = place;
    bool any = false;

    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        any = any || permitted[i];
    str_add(writing->out, any ? "\n" : " []\n");
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        if (permitted[i])
            write_item(data_category_names[i], writing->depth + 1, writing->out);
}

/* Types in words */

static void describe_choice(const struct setting *row, struct str *out)
{
    for (size_t i = 0; row->choices[i] != NULL; i++)
        str_add_format(out, "%s`%s`", i > 0 ? ", " : "", row->choices[i]);
}

static void describe_integer(const struct setting *row, struct str *out)
{
    str_add_format(out, "whole number, %" PRId64 " to %" PRId64, row->low, row->high);
}

static void describe_duration(const struct setting *row, struct str *out)
{
    str_add(out, "duration, ");
    write_duration(row->low, out);
    str_add(out, " to ");
    write_duration(row->high, out);
}

static const struct kind {
    const char *words; /* the type; NULL: `describe` says it */
    void (*describe)(const struct setting *row, struct str *out);
    bool (*read)(const struct reading *reading, void *place);
    void (*write)(const struct writing *writing, const void *place);
} kinds[] = {
    [SETTING_TEXT] = {"text", NULL, read_text, write_text},
    [SETTING_FILE] = {"file or credential", NULL, read_file_name, write_text},
    [SETTING_CHOICE] = {NULL, describe_choice, read_choice, write_choice},
    [SETTING_FLAG] = {"`true` or `false`", NULL, read_flag, write_flag},
    [SETTING_INTEGER] = {NULL, describe_integer, read_integer, write_integer},
    [SETTING_DURATION] = {NULL, describe_duration, read_duration, write_time},
    [SETTING_FRACTION] = {"number, 0.01 to 1", NULL, read_fraction, write_fraction},
    [SETTING_LIST] = {"list of texts", NULL, read_list, write_list},
    [SETTING_CATEGORIES] = {"list of categories", NULL, read_categories, write_categories},
    [SETTING_FACTS] = {"any value but a list", NULL, NULL, NULL},
};

bool setting_read(const struct setting *row, const struct doc_node *node,
                  const struct setting_scope *scope, void *base, struct error *err)
{
    const struct reading reading = {row, node, scope, err};

    return kinds[row->type].read(&reading, place_of(row, base));
}

void setting_write(const struct setting *row, const void *base, unsigned depth, struct str *out)
{
    const struct writing writing = {row, depth, out};

    kinds[row->type].write(&writing, seen_at(row, base));
}

void setting_describe(const struct setting *row, struct str *out)
{
    if (kinds[row->type].words != NULL)
        str_add(out, kinds[row->type].words);
    else
        kinds[row->type].describe(row, out);
}

static struct doc_node *scalar_node(const char *text, size_t length, struct arena *arena)
{
    struct doc_node *node = ARENA_NEW(arena, struct doc_node);

    node->kind = DOC_SCALAR;
    node->plain = true;
    node->text = arena_copy_bytes(arena, text, length);
    return node;
}

struct doc_node *setting_node(const struct setting *row, const char *text, struct arena *arena)
{
    struct doc_node *list, **end;

    if (row->type != SETTING_LIST && row->type != SETTING_CATEGORIES)
        return scalar_node(text, strlen(text), arena);
    list = ARENA_NEW(arena, struct doc_node);
    list->kind = DOC_LIST;
    end = &list->first;
    for (;;) {
        size_t blank = strspn(text, " "), length = strcspn(text + blank, ",");

        *end = scalar_node(text + blank, length, arena);
        end = &(*end)->next;
        list->count++;
        text += blank + length;
        if (*text == '\0')
            return list;
        text++;
    }
}
