/*
 * GitLab's own paths, for tools that ask them. They answer as GitLab does: the payload or {}, the
 * statements, the values that come from no database, and all definitions.
 */
#include "agent/base/clock.h"
#include "agent/collection.h"
#include "agent/metric_documents.h"
#include "agent/payload_tree.h"
#include "agent/ping.h"
#include "agent/queries_document.h"
#include "agent/store_trends.h"
#include "agent/web/web_handlers.h"

#include <string.h>

#define JSON "application/json"

/* What GitLab puts in place of the number of a metric that is asked of a database. */
#define OF_A_DATABASE "-3"

static bool write_service_ping(const struct page_data *data, struct arena *arena, struct str *out,
                               struct error *err)
{
    char ping_id[UUID_TEXT_SIZE];
    const char *which;

    if (!page_payload(data, arena, out, ping_id, &which, err))
        return false;
    if (out->length == 0)
        str_add(out, "{}");
    return true;
}

void web_service_ping(struct web_call *call)
{
    web_show(call, write_service_ping, JSON);
}

/* The metrics whose categories are permitted. */
static const struct metric **permitted(const struct page_data *data, struct arena *arena,
                                       size_t *count)
{
    const struct catalog *catalog = data->catalog;
    const struct metric **metrics = ARENA_ARRAY(arena, const struct metric *, catalog->count + 1);

    *count = 0;
    for (size_t i = 0; i < catalog->count; i++)
        if (data->consent->categories[catalog->metrics[i]->category])
            metrics[(*count)++] = catalog->metrics[i];
    return metrics;
}

static bool write_queries(const struct page_data *data, struct arena *arena, struct str *out,
                          struct error *err)
{
    struct source_context context;
    const struct metric **metrics;
    struct queries queries;
    size_t count;

    metrics = permitted(data, arena, &count);
    collection_context(data->settings, data->catalog, &context);
    context.recorded_at = data->now_us / US_PER_SECOND;
    queries_describe(&queries, arena, &context, metrics, count);
    return queries_write_json(&queries, out, err);
}

void web_queries(struct web_call *call)
{
    web_show(call, write_queries, JSON);
}

/* ---- Values that no database gave ---- */

struct leaf {
    const struct payload_item *item;
    bool of_a_database;
};

static void put_leaf(struct js_writer *writer, const char *key, const void *arg)
{
    const struct leaf *leaf = arg;
    struct str json;

    str_init(&json);
    if (leaf->of_a_database)
        str_add(&json, OF_A_DATABASE);
    else
        value_write_json(&leaf->item->outcome.value, &json);
    js_put_raw(writer, key, json.text);
    str_release(&json);
}

static bool is_of_a_database(const struct catalog *catalog, const char *key_path)
{
    const struct metric *metric = catalog_find(catalog, key_path);

    return metric != NULL && metric->source != NULL &&
           strcmp(metric->source->name, "database") == 0;
}

static bool write_non_sql(const struct page_data *data, struct arena *arena, struct str *out,
                          struct error *err)
{
    struct ping_items items = {0};
    struct payload_leaf *leaves;
    struct js_writer writer;
    struct store_run run;
    bool found;

    if (!store_run_newest_finished(data->store, &run, &found, err) ||
        (found && !ping_items_read(data->store, run.id, arena, &items, err)))
        return false;
    leaves = ARENA_ARRAY(arena, struct payload_leaf, items.count + 1);
    for (size_t i = 0; i < items.count; i++) {
        struct leaf *leaf = ARENA_NEW(arena, struct leaf);

        *leaf = (struct leaf){&items.items[i],
                              is_of_a_database(data->catalog, items.items[i].key_path)};
        leaves[i] = (struct payload_leaf){items.items[i].key_path, put_leaf, leaf};
    }
    js_begin(&writer, out, false);
    return payload_tree_write(&writer, leaves, items.count, err);
}

void web_non_sql_metrics(struct web_call *call)
{
    web_show(call, write_non_sql, JSON);
}

static bool write_definitions(const struct page_data *data, struct arena *arena, struct str *out,
                              struct error *err)
{
    (void)err;
    metric_documents_write(data->catalog->metrics, data->catalog->count, arena, out);
    return true;
}

void web_metric_definitions(struct web_call *call)
{
    web_show(call, write_definitions, "application/yaml");
}
