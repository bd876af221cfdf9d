#include "metrics/key_question.h"

#include "metrics/event_key.h"
#include "metrics/key_names.h"
#include "metrics/period.h"

#include <string.h>

#define MOST_DAYS 29 /* of a daily series */

const char key_question_unknown[] =
    "Its definition does not say which keys it is read from, nor do GitLab's lists of "
    "redis.known_events and redis.aggregates.";

/* A question in the making. */
struct maker {
    const struct key_lists *lists;
    struct arena *arena;
    const struct metric *metric;
    int64_t recorded_at;
    struct iso_week weeks[PERIOD_MOST_WEEKS];
    size_t week_count;
    const char **keys;
    const char **identifiers; /* NULL but for totals */
    unsigned *sets;           /* NULL but for intersections */
    size_t count;
};

/* Two stems may come to one key by an override; it is asked for once. */
static void add_key(struct maker *maker, const char *key, const char *identifier, unsigned set)
{
    for (size_t i = 0; i < maker->count; i++)
        if (strcmp(maker->keys[i], key) == 0 && (maker->sets == NULL || maker->sets[i] == set) &&
            (identifier == NULL || strcmp(maker->identifiers[i], identifier) == 0))
            return;
    if (maker->identifiers != NULL)
        maker->identifiers[maker->count] = identifier;
    if (maker->sets != NULL)
        maker->sets[maker->count] = set;
    maker->keys[maker->count++] = key;
}

static void add_weeks(struct maker *maker, const char *stem, const char *identifier, unsigned set)
{
    for (size_t i = 0; i < maker->week_count; i++)
        add_key(maker,
                arena_format(maker->arena, "%s-%04d-%02d", stem, maker->weeks[i].year,
                             maker->weeks[i].week),
                identifier, set);
}

static void add_known_key(struct maker *maker, const struct known_event *known, int64_t day,
                          unsigned set)
{
    struct str key;

    str_init(&key);
    known_event_key(known, day, &key);
    add_key(maker, arena_copy(maker->arena, key.text), NULL, set);
    str_release(&key);
}

static void add_known(struct maker *maker, const struct known_event *known, unsigned set)
{
    int64_t first, last;

    if (!period_days(maker->metric->time_frame, maker->recorded_at, &first, &last))
        return;
    if (!known->daily)
        last = monday_of(last) - 1;
    for (int64_t day = known->daily ? first : monday_of(first); day <= last;
         day += known->daily ? 1 : 7)
        add_known_key(maker, known, day, set);
}

/* `stem` NULL: the event without an identifier */
static void add_event(struct maker *maker, const char *event, const char *stem, unsigned set)
{
    const struct known_event *known = key_known_event(maker->lists, event);

    if (known != NULL) {
        add_known(maker, known, set);
        return;
    }
    if (stem == NULL)
        stem = arena_format(maker->arena, "{hll_counters}_%s", event);
    add_weeks(maker, key_name(maker->lists, stem, true, maker->arena), NULL, set);
}

static void make_room(struct maker *maker, size_t stems, enum key_fold fold)
{
    size_t room = stems * MOST_DAYS;

    maker->keys = ARENA_ARRAY(maker->arena, const char *, room);
    if (fold == FOLD_TOTALS)
        maker->identifiers = ARENA_ARRAY(maker->arena, const char *, room);
    if (fold == FOLD_INTERSECTION)
        maker->sets = ARENA_ARRAY(maker->arena, unsigned, room);
}

static void add_stem(struct maker *maker, const struct key_spec *spec, size_t i)
{
    const char *event = spec->events != NULL ? spec->events[i] : NULL;
    const char *stem = spec->stems[i];
    const char *identifier = spec->identifiers != NULL ? spec->identifiers[i] : NULL;

    if (event != NULL) {
        bool legacy = spec->count > 1 && key_is_legacy(maker->lists, event);

        add_event(maker, event, legacy ? NULL : stem, (unsigned)i);
        return;
    }
    if (spec->named)
        stem = key_name(maker->lists, stem, spec->weekly, maker->arena);
    if (spec->weekly)
        add_weeks(maker, stem, identifier, 0);
    else
        add_key(maker, stem, identifier, 0);
}

/* By key path */

static const char *last_segment(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL ? dot + 1 : path;
}

/* Of "redis_hll_counters.CATEGORY.NAME_weekly": where category and name are. */
struct counter_path {
    const char *category, *name;
    size_t category_length, name_length;
};

static bool read_counter_path(const char *path, struct counter_path *out)
{
    static const char root[] = "redis_hll_counters.";
    const char *dot;

    if (strncmp(path, root, strlen(root)) != 0)
        return false;
    out->category = path + strlen(root);
    dot = strchr(out->category, '.');
    if (dot == NULL || strchr(dot + 1, '.') != NULL)
        return false;
    out->category_length = (size_t)(dot - out->category);
    out->name = dot + 1;
    out->name_length = strlen(out->name);
    for (size_t i = 0; i < 2; i++) {
        const char *suffix = i == 0 ? "_weekly" : "_monthly";

        if (out->name_length > strlen(suffix) &&
            strcmp(out->name + out->name_length - strlen(suffix), suffix) == 0) {
            out->name_length -= strlen(suffix);
            return true;
        }
    }
    return false;
}

bool key_question_path(const char *key_path)
{
    struct counter_path path;

    return read_counter_path(key_path, &path) || strstr(key_path, ".aggregated_metrics.") != NULL;
}

static bool says(const char *bytes, size_t length, const char *text)
{
    return text != NULL && strlen(text) == length && memcmp(bytes, text, length) == 0;
}

static bool is_total(const struct counter_path *path)
{
    static const char total[] = "_total_unique_counts";

    return path->name_length == path->category_length + strlen(total) &&
           memcmp(path->name, path->category, path->category_length) == 0 &&
           strncmp(path->name + path->category_length, total, strlen(total)) == 0;
}

static void ask_counters(struct maker *maker, const struct counter_path *path)
{
    const struct key_lists *lists = maker->lists;
    bool total = is_total(path);

    make_room(maker, lists->known_count, FOLD_UNION);
    for (size_t i = 0; i < lists->known_count; i++) {
        const struct known_event *known = &lists->known[i];

        if (says(path->category, path->category_length, known->category) &&
            (total || says(path->name, path->name_length, known->name)))
            add_known(maker, known, 0);
    }
}

static bool in_frame(const struct key_aggregate *aggregate, enum time_frame frame)
{
    return frame == TIME_FRAME_7D ? aggregate->in_7d : aggregate->in_28d;
}

static void ask_aggregate(struct maker *maker, const struct key_aggregate *aggregate,
                          enum key_fold *fold)
{
    *fold = aggregate->intersection ? FOLD_INTERSECTION : FOLD_UNION;
    make_room(maker, aggregate->event_count, *fold);
    for (size_t i = 0; i < aggregate->event_count; i++)
        add_event(maker, aggregate->events[i], NULL, (unsigned)i);
}

static void ask_path(struct maker *maker, enum key_fold *fold)
{
    const char *key_path = maker->metric->key_path;
    const struct key_aggregate *aggregate =
        key_aggregate_named(maker->lists, last_segment(key_path));
    struct counter_path path;

    if (read_counter_path(key_path, &path))
        ask_counters(maker, &path);
    else if (aggregate != NULL && in_frame(aggregate, maker->metric->time_frame))
        ask_aggregate(maker, aggregate, fold);
}

bool key_question_make(const struct metric *metric, const struct source_context *context,
                       struct arena *arena, struct key_question *question)
{
    const struct key_spec *spec = metric->spec;
    struct maker maker = {
        .lists = &context->settings->keys,
        .arena = arena,
        .metric = metric,
        .recorded_at = context->recorded_at,
    };
    enum key_fold fold = spec->fold;

    maker.week_count = period_weeks(metric->time_frame, context->recorded_at, maker.weeks);
    if (spec->by_path) {
        ask_path(&maker, &fold);
    } else {
        make_room(&maker, spec->count, fold);
        for (size_t i = 0; i < spec->count; i++)
            add_stem(&maker, spec, i);
    }
    *question = (struct key_question){
        .metric = metric,
        .fold = fold,
        .count = maker.count,
        .keys = maker.keys,
        .identifiers = maker.identifiers,
        .sets = maker.sets,
    };
    return maker.count > 0;
}
