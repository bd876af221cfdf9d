#include "metrics/system_facts.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "metrics/amount.h"

#include <stdlib.h>
#include <string.h>

/* What is known beside the facts given. */
static const struct {
    const char *name;
    enum fact_origin origin;
    size_t offset; /* of FACT_INSTANCE: in struct source_settings */
} known[] = {
    {"uuid", FACT_INSTANCE, offsetof(struct source_settings, uuid)},
    {"hostname", FACT_INSTANCE, offsetof(struct source_settings, hostname)},
    {"version", FACT_INSTANCE, offsetof(struct source_settings, version)},
    {"edition", FACT_INSTANCE, offsetof(struct source_settings, edition)},
    {"installation_type", FACT_INSTANCE, offsetof(struct source_settings, installation_type)},
    {"operating_system", FACT_SYSTEM, 0},
    {"recorded_at", FACT_RUN, 0},
    {"recording_ce_finished_at", FACT_CLOCK, 0},
    {"recording_ee_finished_at", FACT_CLOCK, 0},
    {"postgresql_version", FACT_DATABASE, 0},
    {"redis_version", FACT_REDIS, 0},
};

#define KNOWN (sizeof known / sizeof known[0])

static const struct doc_node *given_fact(const struct source_context *context, const char *name)
{
    const struct source_settings *settings = context->settings;

    for (size_t i = 0; i < settings->fact_count; i++)
        if (strcmp(settings->facts[i].name, name) == 0 && !doc_is_null(settings->facts[i].value))
            return settings->facts[i].value;
    return NULL;
}

static size_t find_known(const char *name)
{
    size_t i = 0;

    while (i < KNOWN && strcmp(known[i].name, name) != 0)
        i++;
    return i;
}

enum fact_origin fact_origin(const struct source_context *context, const char *name)
{
    size_t i = find_known(name);

    if (given_fact(context, name) != NULL)
        return FACT_GIVEN;
    return i < KNOWN ? known[i].origin : FACT_UNKNOWN;
}

/* Values of the settings */

/* A number as JSON has it; NULL if it has too many places. */
static const char *number_text(const char *text, struct arena *arena)
{
    struct amount amount;
    struct error ignored;
    const char *made;
    struct str str;

    if (!amount_parse(text, strlen(text), &amount, &ignored))
        return NULL;
    str_init(&str);
    amount_write(&amount, &str);
    made = arena_copy(arena, str.text);
    str_release(&str);
    return made;
}

struct writing {
    struct js_writer *writer;
    struct arena *arena;
};

static void write_scalar(const struct writing *writing, const char *key,
                         const struct doc_node *node)
{
    enum doc_type type = doc_type(node);
    const char *number =
        type == DOC_INTEGER || type == DOC_FLOAT ? number_text(node->text, writing->arena) : NULL;
    bool flag;

    if (number != NULL)
        js_put_raw(writing->writer, key, number);
    else if (doc_flag(node, &flag))
        js_put_flag(writing->writer, key, flag);
    else if (type == DOC_NULL)
        js_put_null(writing->writer, key);
    else
        js_put_text(writing->writer, key, node->text);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const struct doc_node *const *)a)->key,
                  (*(const struct doc_node *const *)b)->key);
}

/* The children of a list in their order, those of a map by key. */
static const struct doc_node **ordered(const struct doc_node *node, struct arena *arena)
{
    const struct doc_node **children = ARENA_ARRAY(arena, const struct doc_node *, node->count + 1);
    size_t count = 0;

    for (const struct doc_node *child = node->first; child != NULL; child = child->next)
        children[count++] = child;
    if (node->kind == DOC_MAP && count > 0)
        qsort(children, count, sizeof(struct doc_node *), compare_keys);
    return children;
}

/* The depth is bounded by what doc_parse takes. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void write_node(const struct writing *writing, const char *key, const struct doc_node *node)
{
    const struct doc_node **children;

    if (node->kind == DOC_SCALAR) {
        write_scalar(writing, key, node);
        return;
    }
    children = ordered(node, writing->arena);
    if (node->kind == DOC_MAP)
        js_open_object(writing->writer, key);
    else
        js_open_list(writing->writer, key);
    for (size_t i = 0; i < node->count; i++)
        write_node(writing, node->kind == DOC_MAP ? children[i]->key : NULL, children[i]);
    if (node->kind == DOC_MAP)
        js_close_object(writing->writer);
    else
        js_close_list(writing->writer);
}

static struct outcome json_of(const struct doc_node *node, struct arena *arena)
{
    struct js_writer writer;
    const struct writing writing = {&writer, arena};
    struct outcome outcome;
    struct str json;

    str_init(&json);
    js_begin(&writer, &json, false);
    write_node(&writing, NULL, node);
    outcome = outcome_of(value_json(arena_copy(arena, json.text)));
    str_release(&json);
    return outcome;
}

struct outcome fact_of_node(const struct doc_node *node, struct arena *arena)
{
    const char *number;
    int64_t integer;
    bool flag;

    if (node->kind != DOC_SCALAR)
        return json_of(node, arena);
    if (doc_flag(node, &flag))
        return outcome_of(value_flag(flag));
    if (doc_integer(node, &integer))
        return outcome_of(value_count(integer));
    if (doc_type(node) == DOC_TEXT)
        return outcome_of(value_text(node->text));
    number = number_text(node->text, arena);
    if (number == NULL)
        return outcome_without(STATUS_ERROR,
                               "The number in the settings is too large or too fine.");
    return outcome_of(value_decimal(number));
}

/* os-release(5) */

/* The value of a line "NAME=value" or NAME="value"; escapes do not occur in what is read here. */
static const char *release_value(const char *text, const char *name, struct arena *arena)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        const char *value;

        line += *line == '\n';
        if (strncmp(line, name, length) != 0 || line[length] != '=')
            continue;
        value = line + length + 1;
        value += *value == '"' || *value == '\'';
        return arena_copy_bytes(arena, value, strcspn(value, "\"'\r\n"));
    }
    return NULL;
}

const char *fact_system_name(const char *os_release, struct arena *arena)
{
    const char *id = release_value(os_release, "ID", arena);
    const char *version = release_value(os_release, "VERSION_ID", arena);

    if (id == NULL || *id == '\0')
        return NULL;
    return version != NULL && *version != '\0' ? arena_format(arena, "%s-%s", id, version) : id;
}

static struct outcome operating_system(struct arena *arena)
{
    const char *text, *name = NULL;
    struct error err;
    size_t length;

    if (file_read("/etc/os-release", arena, &text, &length, &err) ||
        file_read("/usr/lib/os-release", arena, &text, &length, &err))
        name = fact_system_name(text, arena);
    if (name == NULL)
        return outcome_without(STATUS_ABSENT,
                               "Neither /etc/os-release nor /usr/lib/os-release names the system.");
    return outcome_of(value_text(name));
}

static struct outcome unknown(const char *name, struct arena *arena)
{
    return outcome_without(
        STATUS_ABSENT, arena_format(arena,
                                    "It lives in GitLab's process or is not given: set facts.%s "
                                    "in the settings.",
                                    name));
}

static struct outcome instance_fact(const struct source_settings *settings, size_t index,
                                    struct arena *arena)
{
    const char *value;

    memcpy(&value, (const char *)settings + known[index].offset, sizeof value);
    return value != NULL ? outcome_of(value_text(value)) : unknown(known[index].name, arena);
}

struct outcome fact_outcome(const struct source_context *context, const char *name,
                            struct arena *arena)
{
    const struct doc_node *given = given_fact(context, name);
    char time[TIME_TEXT_SIZE];

    if (given != NULL)
        return fact_of_node(given, arena);
    switch (fact_origin(context, name)) {
    case FACT_INSTANCE:
        return instance_fact(context->settings, find_known(name), arena);
    case FACT_SYSTEM:
        return operating_system(arena);
    case FACT_RUN:
        return outcome_of(
            value_text(arena_copy(arena, time_text(context->recorded_at * US_PER_SECOND, time))));
    case FACT_CLOCK:
        return outcome_of(value_text(arena_copy(arena, time_text(now_wall_us(), time))));
    case FACT_UNKNOWN:
    case FACT_GIVEN:
    case FACT_DATABASE:
    case FACT_REDIS:
        break;
    }
    return unknown(name, arena);
}
