#include "metrics/tally.h"

#include "metrics/sorted_json.h"

#include "agent/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct tally *tallies_new(const struct pass *pass)
{
    struct tally *tallies = memory_alloc((pass->column_count + 1) * sizeof(*tallies));

    for (size_t i = 0; i < pass->column_count; i++) {
        tallies[i].kind = pass->columns[i].kind;
        decimal_init(&tallies[i].sum);
        str_init(&tallies[i].text);
        if (tallies[i].kind == COLUMN_IDS)
            tallies[i].ids = id_set_new();
        if (tallies[i].kind == COLUMN_BUCKETS)
            tallies[i].estimate = memory_alloc(sizeof(struct estimate));
    }
    return tallies;
}

static void forget_waiting(struct tally *tally)
{
    for (size_t i = 0; i < tally->waiting_count; i++)
        db_result_release(tally->waiting[i].result);
    tally->waiting_count = 0;
}

void tallies_free(struct tally *tallies, const struct pass *pass)
{
    for (size_t i = 0; tallies != NULL && i < pass->column_count; i++) {
        decimal_release(&tallies[i].sum);
        str_release(&tallies[i].text);
        forget_waiting(&tallies[i]);
        free(tallies[i].waiting);
        id_set_free(tallies[i].ids);
        free(tallies[i].estimate);
    }
    free(tallies);
}

/* ---- Adding ---- */

static bool add_count(struct tally *tally, const char *text, struct error *err)
{
    long long number;
    char *end;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return error_set(err, ERROR_INVALID, "the answer is not a count");
    if (__builtin_add_overflow(tally->count, number, &tally->count))
        return error_set(err, ERROR_INVALID, "the count is beyond 64 bits");
    return true;
}

static bool add_sum(struct tally *tally, const char *text, struct error *err)
{
    return decimal_add(&tally->sum, text, err) ||
           error_set(err, ERROR_INVALID,
                     "the sum is not a finite number; there is NaN, infinity or no number in it");
}

static bool add_buckets(struct tally *tally, const char *text, struct error *err)
{
    return estimate_add(tally->estimate, text) ||
           error_set(err, ERROR_INVALID, "the answer is not a list of buckets");
}

static bool add_text(struct tally *tally, const char *text, struct error *err)
{
    if (tally->has_text)
        return error_set(err, ERROR_INVALID, "the statement says more than one row");
    str_add(&tally->text, text);
    tally->has_text = true;
    return true;
}

/* The bytes stay where they are: copying them costs as much as putting them into the set. */
static bool add_ids(struct tally *tally, struct tally_ids ids, const struct db_result *result,
                    struct error *err)
{
    if (ids.length % sizeof(uint64_t) != 0)
        return error_set(err, ERROR_INVALID, "ids came as %zu bytes, not by eight", ids.length);
    if (tally->waiting_count == tally->waiting_room) {
        tally->waiting_room = 2 * tally->waiting_room + 1;
        tally->waiting =
            memory_resize(tally->waiting, tally->waiting_room * sizeof(tally->waiting[0]));
    }
    ids.result = db_result_keep(result);
    tally->waiting[tally->waiting_count++] = ids;
    return true;
}

static void settle(struct tally *tally)
{
    for (size_t i = 0; i < tally->waiting_count; i++)
        id_set_add_bytes(tally->ids, tally->waiting[i].bytes, tally->waiting[i].length,
                         tally->waiting[i].bits);
    forget_waiting(tally);
}

void tallies_settle(struct tally *tallies, const struct pass *pass)
{
    for (size_t i = 0; i < pass->column_count; i++)
        settle(&tallies[i]);
}

bool tally_add(struct tally *tally, const struct db_result *result, int row, int column,
               struct error *err)
{
    static bool (*const adders[])(struct tally * tally, const char *text, struct error *err) = {
        [COLUMN_COUNT] = add_count, [COLUMN_DISTINCT] = add_count,  [COLUMN_SUM] = add_sum,
        [COLUMN_IDS] = NULL,        [COLUMN_BUCKETS] = add_buckets, [COLUMN_VALUE] = add_text,
    };
    size_t length;

    if (tally->kind == COLUMN_IDS)
        return tally_add_ids(tally, result, row, column, ID_BITS_ALL, err);
    if (db_is_null(result, row, column))
        return true;
    return adders[tally->kind](tally, db_bytes(result, row, column, &length), err);
}

bool tally_add_ids(struct tally *tally, const struct db_result *result, int row, int column,
                   struct id_bits bits, struct error *err)
{
    struct tally_ids ids = {.bits = bits};

    if (db_is_null(result, row, column))
        return true;
    ids.bytes = db_bytes(result, row, column, &ids.length);
    return add_ids(tally, ids, result, err);
}

/* ---- Outcomes ---- */

static struct value decimal_value(const struct decimal *sum, int64_t divisor, struct arena *arena)
{
    struct value value;
    struct str text;

    str_init(&text);
    if (divisor > 0)
        decimal_write_quotient(sum, divisor, &text);
    else
        decimal_write(sum, &text);
    value = value_decimal(arena_copy(arena, text.text));
    str_release(&text);
    return value;
}

/* The reason may leave the machine, so it does not quote the value. */
static struct outcome wrong_type(const struct metric *metric, struct arena *arena)
{
    return outcome_without(
        STATUS_ERROR,
        arena_format(arena, "the statement's value is not of 'value_type' %s; correct %s",
                     value_type_name(metric->value_type), metric->definition->file));
}

static bool is_number(const char *text)
{
    const char *digits = "0123456789", *at = text + (*text == '-' ? 1 : 0);
    size_t whole = strspn(at, digits), fraction = 0;

    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, digits);
        at += 1 + fraction;
    }
    if (*at == 'e' && whole > 0) {
        at += at[1] == '+' || at[1] == '-' ? 2 : 1;
        if (*at == '\0')
            return false;
        at += strspn(at, digits);
    }
    return whole > 0 && *at == '\0' && (fraction > 0 || text[strlen(text) - 1] != '.');
}

static struct outcome number_of(const struct metric *metric, const char *text, struct arena *arena)
{
    struct tally whole = {.kind = COLUMN_COUNT};
    struct error err;

    if (add_count(&whole, text, &err))
        return outcome_of(value_count(whole.count));
    if (is_number(text))
        return outcome_of(value_decimal(arena_copy(arena, text)));
    return wrong_type(metric, arena);
}

static struct outcome text_of(const struct metric *metric, const char *text, struct arena *arena)
{
    (void)metric;
    return outcome_of(value_text(arena_copy(arena, text)));
}

static struct outcome flag_of(const struct metric *metric, const char *text, struct arena *arena)
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return wrong_type(metric, arena);
    return outcome_of(value_flag(*text == 't'));
}

static struct outcome object_of(const struct metric *metric, const char *text, struct arena *arena)
{
    struct outcome outcome;
    struct error err;
    struct str json;

    str_init(&json);
    outcome = sorted_json(text, &json, &err) ? outcome_of(value_json(arena_copy(arena, json.text)))
                                             : wrong_type(metric, arena);
    str_release(&json);
    return outcome;
}

static struct outcome value_outcome(const struct metric *metric, const struct tally *tally,
                                    struct arena *arena)
{
    static struct outcome (*const readers[])(const struct metric *metric, const char *text,
                                             struct arena *arena) = {
        [TYPE_STRING] = text_of,
        [TYPE_NUMBER] = number_of,
        [TYPE_BOOLEAN] = flag_of,
        [TYPE_OBJECT] = object_of,
    };

    if (!tally->has_text)
        return outcome_without(STATUS_ABSENT, "The statement gives no value: no row, or NULL.");
    return readers[metric->value_type](metric, tally->text.text, arena);
}

/* As in SQL, the average of no rows is no number: nothing went wrong, and there is nothing to tell.
 */
static struct outcome sum_outcome(const struct pass_item *item, const struct tally *tallies,
                                  struct arena *arena)
{
    const struct decimal *sum = &tallies[item->column].sum;
    int64_t rows = tallies[item->divisor].count;

    if (item->divisor == item->column)
        return outcome_of(decimal_value(sum, 0, arena));
    if (rows == 0)
        return outcome_without(STATUS_ABSENT, "There are no rows to average.");
    return outcome_of(decimal_value(sum, rows, arena));
}

static struct outcome estimate_outcome(const struct tally *tally, struct arena *arena)
{
    struct outcome outcome;
    struct str text;

    str_init(&text);
    estimate_write(tally->estimate, &text);
    outcome = outcome_of(value_decimal(arena_copy(arena, text.text)));
    outcome.method = "hyperloglog";
    outcome.error_bound = ESTIMATE_ERROR_BOUND;
    str_release(&text);
    return outcome;
}

static struct outcome outcome_of_tally(const struct pass_item *item, const struct tally *tallies,
                                       struct arena *arena)
{
    const struct tally *tally = &tallies[item->column];

    switch (tally->kind) {
    case COLUMN_COUNT:
    case COLUMN_DISTINCT:
        break;
    case COLUMN_IDS:
        return outcome_of(value_count(id_set_count(tally->ids)));
    case COLUMN_BUCKETS:
        return estimate_outcome(tally, arena);
    case COLUMN_SUM:
        return sum_outcome(item, tallies, arena);
    case COLUMN_VALUE:
        return value_outcome(item->metric, tally, arena);
    }
    return outcome_of(value_count(tally->count));
}

struct outcome tally_outcome(const struct pass_item *item, const struct tally *tallies,
                             struct arena *arena)
{
    struct outcome outcome = outcome_of_tally(item, tallies, arena);

    /* An estimate was asked for, so it is said that this is none. */
    if (outcome.method == NULL && outcome.status == STATUS_OK &&
        item->placed->spec->operation == OPERATION_ESTIMATE)
        outcome.method = "exact";
    return outcome;
}

/* ---- Saving ---- */

/* Each tally is its length, ended by a blank, and that many bytes. */
static void save_tally(const struct tally *tally, struct str *out)
{
    struct str bytes;

    str_init(&bytes);
    if (tally->kind == COLUMN_IDS)
        id_set_save(tally->ids, &bytes);
    else if (tally->kind == COLUMN_BUCKETS)
        str_add_bytes(&bytes, tally->estimate, sizeof(*tally->estimate));
    else if (tally->kind == COLUMN_SUM)
        decimal_write(&tally->sum, &bytes);
    else
        str_add_format(&bytes, "%" PRId64, tally->count);
    str_add_format(out, "%zu ", bytes.length);
    str_add_bytes(out, bytes.text, bytes.length);
    str_release(&bytes);
}

void tallies_save(const struct tally *tallies, const struct pass *pass, struct str *out)
{
    for (size_t i = 0; i < pass->column_count; i++)
        save_tally(&tallies[i], out);
}

static bool load_ids(struct tally *tally, const char *bytes, size_t length)
{
    struct id_set *ids = id_set_load(bytes, length);

    if (ids == NULL)
        return false;
    id_set_free(tally->ids);
    tally->ids = ids;
    return true;
}

static bool load_estimate(struct tally *tally, const char *bytes, size_t length)
{
    if (length != sizeof(*tally->estimate))
        return false;
    memcpy(tally->estimate, bytes, length);
    return true;
}

static bool load_number(struct tally *tally, const char *bytes, size_t length)
{
    struct error err;
    struct str text;
    bool good;

    str_init(&text);
    str_add_bytes(&text, bytes, length);
    good = tally->kind == COLUMN_SUM ? add_sum(tally, text.text, &err)
                                     : add_count(tally, text.text, &err);
    str_release(&text);
    return good;
}

static bool load_tally(struct tally *tally, const char *bytes, size_t length)
{
    if (tally->kind == COLUMN_IDS)
        return load_ids(tally, bytes, length);
    if (tally->kind == COLUMN_BUCKETS)
        return load_estimate(tally, bytes, length);
    return load_number(tally, bytes, length);
}

bool tallies_load(struct tally *tallies, const struct pass *pass, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;

    for (size_t i = 0; i < pass->column_count; i++) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        size_t size = 0;

        for (; blank != NULL && at < blank && *at >= '0' && *at <= '9' && size <= length; at++)
            size = size * 10 + (size_t)(*at - '0');
        if (blank == NULL || at != blank || size > (size_t)(end - blank - 1))
            return false;
        at = blank + 1;
        if (!load_tally(&tallies[i], at, size))
            return false;
        at += size;
    }
    return at == end;
}
