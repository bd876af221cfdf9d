#include "metrics/key_tally.h"

#include "agent/base/json.h"
#include "agent/base/str.h"

#include <stdlib.h>
#include <string.h>

void key_tally_init(struct key_tally *tally, enum key_fold fold, size_t set_count,
                    struct arena *arena)
{
    *tally = (struct key_tally){.fold = fold, .arena = arena, .set_count = set_count};
    tally->sets = ARENA_ARRAY(arena, struct hll *, set_count);
}

/* Digits with an optional minus and nothing else, as INCR leaves them. */
static bool read_whole(const char *text, size_t length, int64_t *out)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t value = 0;

    if (length == negative)
        return false;
    for (size_t i = negative; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text[i] - '0', &value))
            return false;
    }
    *out = value; /* below zero so far, where there is room for one more */
    return negative || !__builtin_sub_overflow(0, value, out);
}

static bool add_whole(int64_t *sum, const char *text, size_t length, struct error *err)
{
    int64_t value;

    if (!read_whole(text, length, &value))
        return error_set(err, ERROR_INVALID, "'%.*s' is not a whole number of 64 bits",
                         length < 40 ? (int)length : 40, text);
    if (__builtin_add_overflow(*sum, value, sum))
        return error_set(err, ERROR_INVALID, "the sum exceeds a whole number of 64 bits");
    return true;
}

static bool is_sketch(enum key_fold fold)
{
    return fold == FOLD_UNION || fold == FOLD_INTERSECTION;
}

bool key_tally_add(struct key_tally *tally, size_t set, const char *text, size_t length,
                   struct error *err)
{
    struct amount value;

    if (tally->fold == FOLD_COUNT)
        return add_whole(&tally->count, text, length, err);
    if (is_sketch(tally->fold)) {
        if (tally->sets[set] == NULL)
            tally->sets[set] = ARENA_NEW(tally->arena, struct hll);
        return hll_merge(tally->sets[set], text, length, err);
    }
    if (!amount_parse(text, length, &value, err))
        return false;
    amount_add(&tally->sum, &value);
    return true;
}

static struct tally_total *new_total(struct key_tally *tally)
{
    tally->totals =
        arena_grow(tally->arena, tally->totals, tally->total_count, sizeof tally->totals[0]);
    return &tally->totals[tally->total_count++];
}

void key_tally_add_identifier(struct key_tally *tally, const char *identifier)
{
    *new_total(tally) = (struct tally_total){.identifier = identifier};
}

bool key_tally_add_field(struct key_tally *tally, const char *identifier, const char *field,
                         const char *text, size_t length, struct error *err)
{
    struct tally_total total = {.identifier = identifier};

    if (!add_whole(&total.count, text, length, err))
        return false;
    total.field = arena_copy(tally->arena, field);
    *new_total(tally) = total;
    return true;
}

/* Placeholders of identifiers come first. */
static int compare_totals(const void *a, const void *b)
{
    const struct tally_total *left = a, *right = b;
    int order = strcmp(left->identifier, right->identifier);

    if (order != 0 || left->field == right->field)
        return order;
    if (left->field == NULL || right->field == NULL)
        return left->field == NULL ? -1 : 1;
    return strcmp(left->field, right->field);
}

/* One total for each field of each identifier, in order; false if one overflows. */
static bool join_totals(struct key_tally *tally)
{
    size_t kept = 0;

    if (tally->total_count > 0)
        qsort(tally->totals, tally->total_count, sizeof tally->totals[0], compare_totals);
    for (size_t i = 0; i < tally->total_count; i++) {
        struct tally_total *last = kept > 0 ? &tally->totals[kept - 1] : NULL;

        if (last == NULL || compare_totals(last, &tally->totals[i]) != 0)
            tally->totals[kept++] = tally->totals[i];
        else if (__builtin_add_overflow(last->count, tally->totals[i].count, &last->count))
            return false;
    }
    tally->total_count = kept;
    return true;
}

static void write_totals(const struct key_tally *tally, struct str *out)
{
    struct js_writer writer;
    const char *open = NULL;

    js_begin(&writer, out, false);
    js_open_object(&writer, NULL);
    for (size_t i = 0; i < tally->total_count; i++) {
        const struct tally_total *total = &tally->totals[i];

        if (open == NULL || strcmp(open, total->identifier) != 0) {
            if (open != NULL)
                js_close_object(&writer);
            js_open_object(&writer, total->identifier);
            open = total->identifier;
        }
        if (total->field != NULL)
            js_put_integer(&writer, total->field, total->count);
    }
    if (open != NULL)
        js_close_object(&writer);
    js_close_object(&writer);
}

static struct outcome totals_outcome(struct key_tally *tally)
{
    struct outcome outcome;
    struct str json;

    if (!join_totals(tally))
        return outcome_without(STATUS_ERROR, "A total exceeds a whole number of 64 bits.");
    str_init(&json);
    write_totals(tally, &json);
    outcome = outcome_of(value_json(arena_copy(tally->arena, json.text)));
    str_release(&json);
    return outcome;
}

static struct outcome sum_outcome(const struct key_tally *tally)
{
    struct outcome outcome;
    struct str text;

    str_init(&text);
    amount_write(&tally->sum, &text);
    outcome = outcome_of(value_decimal(arena_copy(tally->arena, text.text)));
    str_release(&text);
    return outcome;
}

/* Of those sets whose bits are set. */
static int64_t union_count(const struct key_tally *tally, size_t subset, struct hll *scratch)
{
    *scratch = (struct hll){{0}};
    for (size_t i = 0; i < tally->set_count; i++)
        if ((subset >> i & 1) != 0 && tally->sets[i] != NULL)
            hll_unite(scratch, tally->sets[i]);
    return (int64_t)hll_count(scratch);
}

static int64_t intersection_count(const struct key_tally *tally)
{
    struct hll *scratch = ARENA_NEW(tally->arena, struct hll);
    int64_t count = 0;

    for (size_t subset = 1; subset < (size_t)1 << tally->set_count; subset++) {
        bool odd = __builtin_popcountl(subset) % 2 == 1;
        int64_t united = union_count(tally, subset, scratch);

        count += odd ? united : -united;
    }
    return count;
}

struct outcome key_tally_outcome(struct key_tally *tally)
{
    struct outcome outcome;

    if (tally->fold == FOLD_TOTALS)
        return totals_outcome(tally);
    if (tally->fold == FOLD_SUM)
        return sum_outcome(tally);
    if (tally->fold == FOLD_UNION)
        tally->count = tally->sets[0] != NULL ? (int64_t)hll_count(tally->sets[0]) : 0;
    if (tally->fold == FOLD_INTERSECTION)
        tally->count = intersection_count(tally);
    outcome = outcome_of(value_count(tally->count));
    outcome.method = key_fold_method(tally->fold);
    outcome.error_bound = key_fold_error_bound(tally->fold);
    return outcome;
}

const char *key_fold_method(enum key_fold fold)
{
    return is_sketch(fold) ? "hyperloglog" : NULL;
}

const char *key_fold_error_bound(enum key_fold fold)
{
    if (fold == FOLD_INTERSECTION)
        return "0.81% of each union of its sets (standard error)";
    return fold == FOLD_UNION ? "0.81% (standard error)" : NULL;
}
