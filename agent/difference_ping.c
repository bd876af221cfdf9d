#include "agent/difference.h"

#include "agent/difference_number.h"
#include "agent/flat_json.h"
#include "agent/metric.h"

#include <string.h>

/* One ping, ready to be compared. */
struct side {
    struct js_value *root;
    const struct js_value *own; /* `service_ping`; NULL in GitLab's form */
    struct flat_json metrics, self;
    struct flat_json gaps; /* a path is a metric's, a value an entry of `not_ok` */
};

/* What a ping says of itself that is not another one each time. */
static const char *const told[] = {"agent.name",     "agent.version",      "consent.categories",
                                   "consent.mode",   "definitions_digest", "instance_id",
                                   "schema_version", "time_zone"};
enum { TOLD_COUNT = sizeof(told) / sizeof(told[0]) };

/* ---- Reading ---- */

/* They are sorted in the payload, but a payload may have come from elsewhere. */
static void read_gaps(struct side *side, struct arena *arena)
{
    const struct js_value *list = js_get(side->own, "not_ok");

    side->gaps.leaves = ARENA_ARRAY(arena, struct flat_leaf, js_count(list) + 1);
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js_value *gap = js_at(list, i);
        const char *path = js_text(js_get(gap, "key_path"));

        if (path != NULL && js_text(js_get(gap, "status")) != NULL)
            side->gaps.leaves[side->gaps.count++] = (struct flat_leaf){path, gap};
    }
    flat_json_sort(&side->gaps);
}

/* What the ping says of itself is compared by itself, and when it was made always differs. */
static void leave_out_own(struct flat_json *metrics)
{
    static const char own[] = "service_ping.";
    size_t kept = 0;

    for (size_t i = 0; i < metrics->count; i++) {
        const struct flat_leaf *leaf = &metrics->leaves[i];

        if (strncmp(leaf->path, own, strlen(own)) != 0 && strcmp(leaf->path, "recorded_at") != 0)
            metrics->leaves[kept++] = *leaf;
    }
    metrics->count = kept;
}

static bool read_side(struct difference_bytes bytes, const char *which, struct arena *arena,
                      struct side *side, struct error *err)
{
    *side = (struct side){.root = js_parse(bytes.bytes, bytes.length, err)};
    if (side->root == NULL)
        return error_add_context(err, "the %s ping", which);
    if (js_kind(side->root) != JS_OBJECT)
        return error_set(err, ERROR_INVALID, "the %s ping is no JSON object", which);
    side->own = js_get(side->root, "service_ping");
    flat_json_make(side->root, js_get(side->own, "objects"), arena, &side->metrics);
    leave_out_own(&side->metrics);
    flat_json_make(side->own, NULL, arena, &side->self);
    read_gaps(side, arena);
    return true;
}

static void describe(const struct side *side, struct arena *arena, struct difference_ping *ping)
{
    const char *id = js_text(js_get(side->own, "ping_id"));
    const char *recorded_at = js_text(js_get(side->root, "recorded_at"));

    ping->id = arena_copy(arena, id != NULL ? id : "");
    ping->seq = js_integer(js_get(side->own, "seq"));
    ping->recorded_at = arena_copy(arena, recorded_at != NULL ? recorded_at : "");
}

/* ---- Comparing ---- */

struct comparison {
    const struct side *before, *after;
    struct arena *arena;
    struct ping_difference *found;
    struct difference *items;
};

static bool is_fallback(const struct js_value *value)
{
    const char *number = js_number_text(value);

    return number != NULL && strcmp(number, "-1") == 0;
}

/* GitLab's form says by -1 alone that there is no value. */
static void judge(const struct side *side, const struct flat_leaf *leaf, struct arena *arena,
                  struct difference_side *judged)
{
    const struct flat_leaf *gap;
    const char *status, *reason;

    if (leaf == NULL)
        return;
    gap = flat_json_find(&side->gaps, leaf->path);
    status = gap != NULL ? js_text(js_get(gap->value, "status")) : NULL;
    if (status != NULL) {
        reason = js_text(js_get(gap->value, "reason"));
        judged->status = arena_copy(arena, status);
        judged->reason = reason != NULL ? arena_copy(arena, reason) : NULL;
    } else if (leaf->value == NULL || (side->own == NULL && is_fallback(leaf->value))) {
        judged->status = "none";
    } else {
        judged->status = "ok";
        judged->value = arena_copy(arena, js_one_line(leaf->value));
    }
}

static enum difference_kind kind_of(const struct difference *item)
{
    if (item->before.status == NULL)
        return DIFFERENCE_ADDED;
    if (item->after.status == NULL)
        return DIFFERENCE_GONE;
    return strcmp(item->before.status, item->after.status) != 0 ? DIFFERENCE_STATUS
                                                                : DIFFERENCE_VALUE;
}

/* A value stands on each side or on none, if the statuses are the same. */
static bool is_same(const struct difference_side *a, const struct difference_side *b)
{
    if (a->status == NULL || b->status == NULL || strcmp(a->status, b->status) != 0)
        return false;
    return a->value == NULL || b->value == NULL || strcmp(a->value, b->value) == 0;
}

static void keep(struct comparison *work, const struct difference *item)
{
    struct ping_difference *found = work->found;

    work->items = arena_grow(work->arena, work->items, found->count, sizeof(work->items[0]));
    work->items[found->count++] = *item;
    found->items = work->items;
    found->counts[item->kind]++;
}

static void compare_metrics(struct comparison *work)
{
    struct flat_pair pair = {.before = &work->before->metrics, .after = &work->after->metrics};
    const struct flat_leaf *before, *after;

    while (flat_pair_next(&pair, &before, &after)) {
        struct difference item = {
            .key_path = arena_copy(work->arena, before != NULL ? before->path : after->path)};

        judge(work->before, before, work->arena, &item.before);
        judge(work->after, after, work->arena, &item.after);
        if (is_same(&item.before, &item.after)) {
            work->found->same++;
            continue;
        }
        item.kind = kind_of(&item);
        if (item.before.value != NULL && item.after.value != NULL)
            difference_number(item.before.value, item.after.value, work->arena, &item.by,
                              &item.percent);
        keep(work, &item);
    }
}

static const char *told_text(const struct side *side, const char *name, struct arena *arena)
{
    const struct flat_leaf *leaf = flat_json_find(&side->self, name);

    return leaf != NULL ? arena_copy(arena, js_one_line(leaf->value)) : NULL;
}

/* GitLab's form tells nothing of this, so there is nothing to compare it with. */
static void compare_told(struct comparison *work)
{
    if (work->before->own == NULL || work->after->own == NULL)
        return;
    for (size_t i = 0; i < TOLD_COUNT; i++) {
        struct difference item = {.kind = DIFFERENCE_PING, .key_path = told[i]};

        item.before.value = told_text(work->before, told[i], work->arena);
        item.after.value = told_text(work->after, told[i], work->arena);
        if (item.before.value == NULL && item.after.value == NULL)
            continue;
        if (item.before.value != NULL && item.after.value != NULL &&
            strcmp(item.before.value, item.after.value) == 0)
            continue;
        keep(work, &item);
    }
}

bool difference_of_pings(struct difference_bytes before, struct difference_bytes after,
                         struct arena *arena, struct ping_difference *found, struct error *err)
{
    struct side old = {0}, new = {0};
    struct comparison work = {.before = &old, .after = &new, .arena = arena, .found = found};
    bool done = read_side(before, "first", arena, &old, err) &&
                read_side(after, "second", arena, &new, err);

    *found = (struct ping_difference){0};
    if (done) {
        describe(&old, arena, &found->before);
        describe(&new, arena, &found->after);
        compare_told(&work);
        compare_metrics(&work);
    }
    js_free(old.root);
    js_free(new.root);
    return done;
}

/* ---- Telling ---- */

const char *difference_kind_name(enum difference_kind kind)
{
    static const char *const names[] = {
        [DIFFERENCE_ADDED] = "added",   [DIFFERENCE_GONE] = "gone", [DIFFERENCE_VALUE] = "value",
        [DIFFERENCE_STATUS] = "status", [DIFFERENCE_PING] = "ping",
    };

    return names[kind];
}

const char *difference_side_words(const struct difference_side *side)
{
    if (side->value != NULL)
        return side->value;
    if (side->status == NULL)
        return "";
    return strcmp(side->status, "none") == 0 ? "no value" : side->status;
}

static void write_ping(struct js_writer *writer, const char *key,
                       const struct difference_ping *ping)
{
    js_open_object(writer, key);
    js_put_text(writer, "id", ping->id[0] != '\0' ? ping->id : NULL);
    js_put_text(writer, "recorded_at", ping->recorded_at);
    if (ping->seq > 0)
        js_put_integer(writer, "seq", ping->seq);
    else
        js_put_null(writer, "seq");
    js_close_object(writer);
}

static void write_side(struct js_writer *writer, const char *key,
                       const struct difference_side *side, bool is_metric)
{
    if (is_metric && side->status == NULL) {
        js_put_null(writer, key);
        return;
    }
    js_open_object(writer, key);
    if (side->reason != NULL)
        js_put_text(writer, "reason", side->reason);
    if (side->status != NULL)
        js_put_text(writer, "status", side->status);
    js_put_raw(writer, "value", side->value != NULL ? side->value : "null");
    js_close_object(writer);
}

static void write_item(struct js_writer *writer, const struct difference *item)
{
    bool is_metric = item->kind != DIFFERENCE_PING;

    js_open_object(writer, NULL);
    write_side(writer, "after", &item->after, is_metric);
    write_side(writer, "before", &item->before, is_metric);
    if (item->by != NULL)
        js_put_raw(writer, "difference", item->by[0] == '+' ? item->by + 1 : item->by);
    js_put_text(writer, "key_path", item->key_path);
    js_put_text(writer, "kind", difference_kind_name(item->kind));
    if (item->percent != NULL)
        js_put_raw(writer, "percent", item->percent[0] == '+' ? item->percent + 1 : item->percent);
    js_close_object(writer);
}

void difference_write_json(const struct ping_difference *found, struct js_writer *writer)
{
    js_open_object(writer, NULL);
    write_ping(writer, "after", &found->after);
    write_ping(writer, "before", &found->before);
    js_open_list(writer, "differences");
    for (size_t i = 0; i < found->count; i++)
        write_item(writer, &found->items[i]);
    js_close_list(writer);
    js_put_integer(writer, "same", (int64_t)found->same);
    js_close_object(writer);
}
