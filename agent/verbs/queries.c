/*
 * All that a collection would ask, nested as the payload is: SQL text in place of numbers. Where
 * GitLab's `queries` says {"redis_usage_data_counter": NAME} or "non-SQL usage data block", an
 * object stands here, too, but it names the very keys, so that they can be looked up by hand.
 */
#include "agent/base/clock.h"
#include "agent/base/yaml.h"
#include "agent/payload_tree.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

struct query {
    const struct metric *metric;
    struct description description; /* of metrics that are computed */
    struct arena *arena;
};

struct queries {
    struct arena *arena;
    int64_t recorded_at;
    struct query *items;
    size_t count;
};

static bool is_of(const struct query *query, const char *source)
{
    const struct metric *metric = query->metric;

    return metric->spec != NULL && metric->source != NULL &&
           strcmp(metric->source->name, source) == 0;
}

static void put_keys(struct js_writer *writer, const struct query *query)
{
    const char *line = query->description.text;

    js_open_list(writer, "redis_keys");
    while (line != NULL && *line != '\0') {
        size_t length = strcspn(line, "\n");

        js_put_text(writer, NULL, arena_copy_bytes(query->arena, line, length));
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    js_close_list(writer);
    js_put_text(writer, "value", query->description.method);
}

/* NULL if it will be asked for. */
static const char *why_not(const struct query *query)
{
    return query->metric->spec == NULL ? query->metric->not_computed
                                       : description_gap(&query->description);
}

static void put_query(struct js_writer *writer, const char *key, const void *arg)
{
    const struct query *query = arg;

    if (is_of(query, "database")) {
        js_put_text(writer, key, query->description.text);
        return;
    }
    js_open_object(writer, key);
    if (query->metric->spec == NULL || why_not(query) != NULL) {
        js_put_text(writer, "not_computed", why_not(query));
    } else if (is_of(query, "redis") || is_of(query, "events")) {
        put_keys(writer, query);
    } else {
        js_put_text(writer, query->metric->source->name, query->description.text);
        js_put_text(writer, "value", query->description.method);
    }
    js_close_object(writer);
}

/* Every window follows from it, so it stands here as in the payload. */
static void put_recorded_at(struct js_writer *writer, const char *key, const void *arg)
{
    const struct queries *queries = arg;
    char text[TIME_TEXT_SIZE];

    (void)time_text(queries->recorded_at * US_PER_SECOND, text);
    js_put_text(writer, key, arena_format(queries->arena, "%.*sZ", (int)strcspn(text, "."), text));
}

static bool write_json(const struct queries *queries, struct str *out, struct error *err)
{
    struct payload_leaf *leaves =
        ARENA_ARRAY(queries->arena, struct payload_leaf, queries->count + 1);
    struct js_writer writer;
    size_t count = 0;

    leaves[count++] = (struct payload_leaf){"recorded_at", put_recorded_at, queries};
    for (size_t i = 0; i < queries->count; i++) {
        const struct query *query = &queries->items[i];

        if (strcmp(query->metric->key_path, "recorded_at") != 0)
            leaves[count++] = (struct payload_leaf){query->metric->key_path, put_query, query};
    }
    js_begin(&writer, out, true);
    if (!payload_tree_write(&writer, leaves, count, err))
        return false;
    str_add_char(out, '\n');
    return true;
}

/* The same document: JSON is YAML, too, only in another style. */
static bool write_yaml(const struct queries *queries, struct str *out, struct error *err)
{
    const struct doc_node *document;
    struct str json;
    int line;

    str_init(&json);
    document = write_json(queries, &json, err)
                   ? doc_parse(json.text, json.length, queries->arena, &line, err)
                   : NULL;
    str_release(&json);
    if (document == NULL)
        return false;
    doc_write_yaml(document, 0, out);
    return true;
}

/* On a line of its own, the semicolon is never part of a comment that ends a statement. */
static bool write_sql(const struct queries *queries, struct str *out, struct error *err)
{
    size_t others = 0;

    (void)err;
    for (size_t i = 0; i < queries->count; i++) {
        const struct query *query = &queries->items[i];

        if (!is_of(query, "database")) {
            others++;
            continue;
        }
        str_add_format(out, "-- %s", query->metric->key_path);
        if (query->description.service != NULL)
            str_add_format(out, " (%s)", query->description.service);
        str_add_format(out, "\n%s\n;\n", query->description.text);
    }
    str_add_format(out, "-- %s asked of no database.\n",
                   figure_of(queries->arena, others, "metric is", "metrics are"));
    return true;
}

static void describe_all(const struct collect_request *request, struct queries *queries)
{
    struct collected chosen = {0};
    struct source_context context;

    collect_metrics(request, &chosen);
    if (chosen.not_permitted > 0)
        verb_say(request->call, "%s of categories that are not permitted: left out.",
                 figure_of(queries->arena, chosen.not_permitted, "metric is", "metrics are"));
    collection_context(request->settings, request->catalog, &context);
    context.recorded_at = queries->recorded_at;
    queries->items = ARENA_ARRAY(queries->arena, struct query, chosen.count + 1);
    for (size_t i = 0; i < chosen.count; i++) {
        const struct metric *metric = chosen.metrics[i];
        struct query *query = &queries->items[queries->count++];

        *query = (struct query){.metric = metric, .arena = queries->arena};
        if (metric->spec != NULL && metric->source != NULL)
            metric->source->describe(metric, &context, queries->arena, &query->description);
    }
}

static int write_queries(const struct queries *queries, const char *format)
{
    static const struct {
        const char *name;
        bool (*write)(const struct queries *queries, struct str *out, struct error *err);
    } formats[] = {{"json", write_json}, {"yaml", write_yaml}, {"sql", write_sql}};
    int code = EXIT_DONE;
    struct error err;
    struct str out;

    str_init(&out);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && code == EXIT_DONE; i++)
        if (strcmp(format, formats[i].name) == 0 && !formats[i].write(queries, &out, &err))
            code = verb_failed(EXIT_SETTINGS, "%s", err.text);
    if (code == EXIT_DONE)
        (void)fwrite(out.text, 1, out.length, stdout);
    str_release(&out);
    return code;
}

int verb_queries(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct queries queries = {.arena = call->arena, .recorded_at = now_wall_us() / US_PER_SECOND};
    struct selection selection;
    struct settings settings;
    struct catalog catalog;
    const struct collect_request request = {
        .call = call, .settings = &settings, .catalog = &catalog, .selection = &selection};

    if (!selection_read(call, &selection) || !verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    describe_all(&request, &queries);
    return write_queries(&queries, format != NULL ? format : "json");
}
