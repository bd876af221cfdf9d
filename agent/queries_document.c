#include "agent/queries_document.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/yaml.h"
#include "agent/payload_tree.h"

#include <string.h>

struct query {
    const struct metric *metric;
    struct description description; /* of metrics that are computed */
    struct arena *arena;
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

bool queries_write_json(const struct queries *queries, struct str *out, struct error *err)
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
bool queries_write_yaml(const struct queries *queries, struct str *out, struct error *err)
{
    const struct doc_node *document;
    struct str json;
    int line;

    str_init(&json);
    document = queries_write_json(queries, &json, err)
                   ? doc_parse(json.text, json.length, queries->arena, &line, err)
                   : NULL;
    str_release(&json);
    if (document == NULL)
        return false;
    doc_write_yaml(document, 0, out);
    return true;
}

/* On a line of its own, the semicolon is never part of a comment that ends a statement. */
void queries_write_sql(const struct queries *queries, struct str *out)
{
    for (size_t i = 0; i < queries->count; i++) {
        const struct query *query = &queries->items[i];

        if (!is_of(query, "database"))
            continue;
        str_add_format(out, "-- %s", query->metric->key_path);
        if (query->description.service != NULL)
            str_add_format(out, " (%s)", query->description.service);
        str_add_format(out, "\n%s\n;\n", query->description.text);
    }
}

size_t queries_without_sql(const struct queries *queries)
{
    size_t others = 0;

    for (size_t i = 0; i < queries->count; i++)
        others += is_of(&queries->items[i], "database") ? 0 : 1;
    return others;
}

void queries_describe(struct queries *queries, struct arena *arena,
                      const struct source_context *context, const struct metric *const *metrics,
                      size_t count)
{
    *queries = (struct queries){.arena = arena, .recorded_at = context->recorded_at};
    queries->items = ARENA_ARRAY(arena, struct query, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct query *query = &queries->items[queries->count++];

        *query = (struct query){.metric = metrics[i], .arena = arena};
        if (metrics[i]->spec != NULL && metrics[i]->source != NULL)
            metrics[i]->source->describe(metrics[i], context, arena, &query->description);
    }
}
