/* The documents about metrics: definitions, outcomes with their trends, and changes. */
#include "agent/web/page_data.h"

#include "agent/approvals_compare.h"
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/collection.h"
#include "agent/store_trends.h"

#include <stdlib.h>
#include <string.h>

enum { TREND_RUNS = 26, DESCRIBED_AT_A_TIME = 256 };

/* ---- Definitions ---- */

struct describing {
    const struct page_data *data;
    struct source_settings sources; /* with the identity of this instance */
    struct source_context context;
    struct js_writer writer;
};

/* The windows in the origins are those of the newest run, so that they explain its values. */
static bool begin_describing(const struct page_data *data, struct describing *describing,
                             struct error *err)
{
    struct store_run run;
    bool found;

    if (!store_run_newest_finished(data->store, &run, &found, err))
        return false;
    describing->data = data;
    describing->sources = collection_sources(data->settings, data->store);
    collection_context(data->settings, data->catalog, &describing->context);
    describing->context.settings = &describing->sources;
    describing->context.recorded_at = found ? run.recorded_at : data->now_us / US_PER_SECOND;
    return true;
}

static const char *state_of(const struct page_data *data, const struct metric *metric)
{
    static const char *const names[] = {
        [APPROVAL_GIVEN] = "accepted", [APPROVAL_NEW] = "new", [APPROVAL_CHANGED] = "changed"};
    enum approval_state state = approvals_state(data->approvals, metric);

    if (metric->spec == NULL)
        return "not computed";
    if (state == APPROVAL_GIVEN && !data->consent->categories[metric->category])
        return "not permitted";
    return names[state];
}

static void put_origin(struct describing *describing, const struct metric *metric,
                       struct arena *arena)
{
    struct js_writer *writer = &describing->writer;
    struct description description = {0};
    const char *gap = metric->not_computed;

    if (metric->source != NULL && metric->spec != NULL) {
        metric->source->describe(metric, &describing->context, arena, &description);
        gap = description_gap(&description);
    } else if (gap == NULL) {
        gap = "No source of this build knows its data_source.";
    }
    js_put_text(writer, "source", metric->source != NULL ? metric->source->name : NULL);
    js_put_text(writer, "service", description.service);
    js_put_text(writer, "origin", gap == NULL ? description.text : NULL);
    js_put_text(writer, "method", description.method);
    js_put_text(writer, "reason", gap);
}

static void put_definition(struct describing *describing, const struct metric *metric,
                           struct arena *arena)
{
    struct js_writer *writer = &describing->writer;

    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", metric->key_path);
    js_put_text(writer, "description", metric->description);
    js_put_text(writer, "owner", metric->product_group);
    js_put_text(writer, "category", data_category_name(metric->category));
    js_put_text(writer, "time_frame", time_frame_name(metric->time_frame));
    js_put_text(writer, "value_type", value_type_name(metric->value_type));
    js_put_text(writer, "milestone", metric->milestone);
    js_put_text(writer, "data_source", metric->data_source);
    js_put_text(writer, "file", metric->definition->file);
    js_put_text(writer, "state", state_of(describing->data, metric));
    put_origin(describing, metric, arena);
    js_close_object(writer);
}

bool page_write_definitions(const struct page_data *data, struct arena *arena, struct str *out,
                            struct error *err)
{
    struct arena *passing = arena_new();
    struct describing describing;
    bool done = begin_describing(data, &describing, err);

    (void)arena;
    js_begin(&describing.writer, out, false);
    js_open_list(&describing.writer, NULL);
    for (size_t i = 0; done && i < data->catalog->count; i++) {
        put_definition(&describing, data->catalog->metrics[i], passing);
        if (i % DESCRIBED_AT_A_TIME == DESCRIBED_AT_A_TIME - 1)
            arena_reset(passing);
    }
    js_close_list(&describing.writer);
    str_add_char(out, '\n');
    arena_free(passing);
    return done;
}

/* ---- Outcomes ---- */

struct point {
    int64_t recorded_at, count;
    const char *decimal; /* NULL: a whole number */
};

struct trend {
    const char *key_path;
    struct outcome outcome;
    struct point *points; /* the newest first */
    size_t count;
};

struct trends {
    struct arena *arena;
    struct trend *items; /* sorted by strcmp of the key paths, as the store gives them */
    size_t count;
    int64_t run_id; /* whose points are coming in, and how far along the items they are */
    size_t at;
};

static void add_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct trends *trends = arg;

    trends->items =
        arena_grow(trends->arena, trends->items, trends->count, sizeof(trends->items[0]));
    trends->items[trends->count++] = (struct trend){
        .key_path = arena_copy(trends->arena, key_path),
        .outcome = outcome_copy(outcome, trends->arena),
    };
}

/* Both are sorted alike, so that each run is one pass over the items. */
static void add_point(const struct store_point *point, void *arg)
{
    struct trends *trends = arg;
    struct trend *trend;

    if (point->run_id != trends->run_id)
        trends->at = 0;
    trends->run_id = point->run_id;
    while (trends->at < trends->count &&
           strcmp(trends->items[trends->at].key_path, point->key_path) < 0)
        trends->at++;
    trend = trends->at < trends->count ? &trends->items[trends->at] : NULL;
    if (trend == NULL || strcmp(trend->key_path, point->key_path) != 0)
        return;
    if (trend->points == NULL)
        trend->points = ARENA_ARRAY(trends->arena, struct point, TREND_RUNS);
    if (trend->count < TREND_RUNS)
        trend->points[trend->count++] = (struct point){
            .recorded_at = point->recorded_at,
            .count = point->count,
            .decimal = point->whole ? NULL : arena_copy(trends->arena, point->decimal),
        };
}

static int compare_trends(const void *a, const void *b)
{
    const struct trend *one = a, *other = b;

    return key_path_compare(one->key_path, other->key_path);
}

static void put_trend(struct js_writer *writer, const struct trend *trend)
{
    js_open_list(writer, "trend");
    for (size_t i = trend->count; i > 0; i--) {
        const struct point *point = &trend->points[i - 1];

        js_open_list(writer, NULL);
        js_put_integer(writer, NULL, point->recorded_at);
        if (point->decimal != NULL)
            js_put_raw(writer, NULL, point->decimal);
        else
            js_put_integer(writer, NULL, point->count);
        js_close_list(writer);
    }
    js_close_list(writer);
}

static void put_outcome(struct js_writer *writer, const struct trend *trend, struct str *json)
{
    const struct outcome *outcome = &trend->outcome;

    str_clear(json);
    value_write_json(&outcome->value, json);
    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", trend->key_path);
    js_put_raw(writer, "value", json->text);
    js_put_text(writer, "status", status_name(outcome->status));
    js_put_text(writer, "reason", outcome->reason);
    js_put_text(writer, "method", outcome->method);
    js_put_text(writer, "error_bound", outcome->error_bound);
    js_put_integer(writer, "took_us", outcome->took_us);
    put_trend(writer, trend);
    js_close_object(writer);
}

static bool read_trends(struct store *store, struct trends *trends, struct error *err)
{
    struct store_run run;
    bool found;

    if (!store_run_newest_finished(store, &run, &found, err))
        return false;
    return !found || (store_outcomes(store, run.id, add_outcome, trends, err) &&
                      store_trends(store, TREND_RUNS, add_point, trends, err));
}

bool page_write_outcomes(const struct page_data *data, struct arena *arena, struct str *out,
                         struct error *err)
{
    struct trends trends = {.arena = arena};
    struct js_writer writer;
    struct str json;

    if (!read_trends(data->store, &trends, err))
        return false;
    if (trends.count > 0)
        qsort(trends.items, trends.count, sizeof(trends.items[0]), compare_trends);
    str_init(&json);
    js_begin(&writer, out, false);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < trends.count; i++)
        put_outcome(&writer, &trends.items[i], &json);
    js_close_list(&writer);
    str_add_char(out, '\n');
    str_release(&json);
    return true;
}

/* ---- Changes ---- */

static void put_change(struct js_writer *writer, const struct approval_change *change)
{
    js_open_object(writer, NULL);
    js_put_text(writer, "key_path", change->key_path);
    js_put_text(writer, "state", approval_change_name(change));
    js_put_flag(writer, "held", change->held);
    js_put_text(writer, "words", change->words);
    js_close_object(writer);
}

bool page_write_changes(const struct page_data *data, struct arena *arena, struct str *out,
                        struct error *err)
{
    struct approval_changes found = {0};
    struct js_writer writer;

    if (!approvals_compare(data->approvals, data->store, data->catalog, arena, &found, err))
        return false;
    js_begin(&writer, out, false);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < found.count; i++)
        put_change(&writer, &found.changes[i]);
    js_close_list(&writer);
    str_add_char(out, '\n');
    return true;
}
