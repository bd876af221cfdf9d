#include "metrics/pass_walk.h"

#include "metrics/pass_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 160

static bool is_tuple(const struct pass_walk *walk)
{
    return walk->pass->key.type == KEY_TUPLE;
}

void pass_walk_init(struct pass_walk *walk, const struct pass *pass,
                    const struct stride_limits *limits)
{
    *walk = (struct pass_walk){.pass = pass, .limits = *limits};
    tuple_walk_init(&walk->tuples);
    walk_begin(&walk->keys, NULL, limits);
}

void pass_walk_release(struct pass_walk *walk)
{
    tuple_walk_release(&walk->tuples);
}

/* ---- What next ---- */

static enum pass_walk_step next_keys(const struct pass_walk *walk, struct pass_piece *piece,
                                     bool *patient)
{
    static const enum pass_walk_step steps[] = {
        [WALK_PIECE] = PASS_WALK_PIECE,
        [WALK_SEEK] = PASS_WALK_QUESTION,
        [WALK_STUCK] = PASS_WALK_END,
        [WALK_DONE] = PASS_WALK_END,
    };
    enum walk_step step = walk_next(&walk->keys, &piece->keys);

    *patient = step == WALK_SEEK || (step != WALK_DONE && piece->keys.patient);
    return steps[step];
}

static enum pass_walk_step next_tuples(const struct pass_walk *walk, struct pass_piece *piece,
                                       bool *patient)
{
    static const enum pass_walk_step steps[] = {
        [TUPLE_REACH] = PASS_WALK_QUESTION, [TUPLE_BEYOND] = PASS_WALK_QUESTION,
        [TUPLE_PIECE] = PASS_WALK_PIECE,    [TUPLE_STUCK] = PASS_WALK_END,
        [TUPLE_DONE] = PASS_WALK_END,
    };
    enum tuple_step step = tuple_walk_next(&walk->tuples, &piece->tuples);

    *patient = piece->tuples.patient;
    return steps[step];
}

enum pass_walk_step pass_walk_next(const struct pass_walk *walk, struct pass_piece *piece,
                                   bool *patient)
{
    if (!walk->bounded) {
        *patient = true;
        return PASS_WALK_QUESTION;
    }
    return (is_tuple(walk) ? next_tuples : next_keys)(walk, piece, patient);
}

void pass_walk_add_question(const struct pass_walk *walk, struct str *out)
{
    struct tuple_piece piece;

    if (!walk->bounded)
        pass_range_add_bounds(walk->pass, out);
    else if (!is_tuple(walk))
        pass_range_add_seek(walk->pass, walk->keys.at, walk->keys.range.last, out);
    else if (tuple_walk_next(&walk->tuples, &piece) == TUPLE_REACH)
        pass_range_add_reach(walk->pass, &piece, out);
    else
        pass_range_add_beyond(walk->pass, &piece, out);
}

/* ---- Answers ---- */

/* False: NULL, or not a key at all. */
static bool read_key(const struct db_result *result, int column, int64_t *key)
{
    size_t length;
    const char *bytes = db_bytes(result, 0, column, &length);

    return db_rows(result) == 1 && !db_is_null(result, 0, column) && key_read(bytes, length, key);
}

static bool read_tuple(const struct pass_walk *walk, const struct db_result *result, int column,
                       struct str *tuple, struct error *err)
{
    for (size_t i = 0; i < walk->pass->key.column_count; i++, column++) {
        size_t length;
        const char *bytes = db_bytes(result, 0, column, &length);

        if (db_is_null(result, 0, column))
            return error_set(err, ERROR_INVALID, "a column of the walked key is NULL");
        str_add_bytes(tuple, bytes, length);
        str_add_bytes(tuple, "", 1);
    }
    return true;
}

static void begin_keys(struct pass_walk *walk, const struct db_result *result)
{
    struct walk_range range;
    bool any = read_key(result, 0, &range.first) && read_key(result, 1, &range.last);

    walk_begin(&walk->keys, any ? &range : NULL, &walk->limits);
}

static bool begin_tuples(struct pass_walk *walk, const struct db_result *result, struct error *err)
{
    struct str first, last;
    bool any = db_rows(result) > 0, good;

    str_init(&first);
    str_init(&last);
    good = !any || (read_tuple(walk, result, 0, &first, err) &&
                    read_tuple(walk, result, (int)walk->pass->key.column_count, &last, err));
    tuple_walk_begin(&walk->tuples, any && good ? &first : NULL, &last, &walk->limits);
    str_release(&first);
    str_release(&last);
    return good;
}

static bool take_reach(struct pass_walk *walk, const struct db_result *result, struct error *err)
{
    struct tuple_reach reach = {0};
    bool good = true;
    int64_t same = 0;
    struct str tuple;

    str_init(&tuple);
    if (db_rows(result) > 0) {
        good = read_tuple(walk, result, 0, &tuple, err) &&
               db_integer(result, 0, (int)walk->pass->key.column_count, &same, err);
        reach = (struct tuple_reach){&tuple, same != 0};
    }
    if (good)
        tuple_walk_reached(&walk->tuples, &reach, db_took_us(result));
    str_release(&tuple);
    return good;
}

bool pass_walk_take(struct pass_walk *walk, const struct db_result *result, struct error *err)
{
    bool began = walk->bounded;
    int64_t key;

    walk->bounded = true;
    if (is_tuple(walk))
        return (began ? take_reach : begin_tuples)(walk, result, err);
    if (began)
        walk_sought(&walk->keys, read_key(result, 0, &key) ? &key : NULL);
    else
        begin_keys(walk, result);
    return true;
}

void pass_walk_answered(struct pass_walk *walk, int64_t took_us, int64_t rows, size_t bytes)
{
    if (is_tuple(walk)) {
        tuple_walk_answered(&walk->tuples, took_us, rows, bytes);
        return;
    }
    walk_answered(&walk->keys, took_us, rows, bytes);
    /* Blocks have no gaps: an empty one was read, and behind it comes the next. */
    if (walk->pass->key.type == KEY_BLOCK && walk->keys.step == WALK_SEEK)
        walk_sought(&walk->keys, &walk->keys.at);
}

bool pass_walk_timed_out(struct pass_walk *walk)
{
    if (!walk->bounded || (!is_tuple(walk) && walk->keys.step != WALK_PIECE))
        return false;
    if (is_tuple(walk))
        tuple_walk_timed_out(&walk->tuples);
    else
        walk_timed_out(&walk->keys);
    return walk->tuples.step != TUPLE_STUCK && walk->keys.step != WALK_STUCK;
}

double pass_walk_share(const struct pass_walk *walk)
{
    if (!walk->bounded)
        return 0;
    return is_tuple(walk) ? tuple_walk_share(&walk->tuples) : walk_share(&walk->keys);
}

/* ---- Saving ---- */

static void save_tuples(const struct tuple_walk *walk, struct str *out)
{
    str_add_format(out, "tuples %" PRIu64 " %.0f %zu %zu\n", walk->stride.width, walk->rows_behind,
                   walk->at.length, walk->last.length);
    str_add_bytes(out, walk->at.text, walk->at.length);
    str_add_bytes(out, walk->last.text, walk->last.length);
}

/* A line; tuples follow as they are, whatever bytes they hold. */
void pass_walk_save(const struct pass_walk *walk, struct str *out)
{
    const struct walk *keys = &walk->keys;

    if (!walk->bounded)
        str_add(out, "new\n");
    else if (is_tuple(walk) ? walk->tuples.step == TUPLE_DONE : keys->step == WALK_DONE)
        str_add(out, "end\n");
    else if (is_tuple(walk))
        save_tuples(&walk->tuples, out);
    else
        str_add_format(out, "keys %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu64 "\n",
                       keys->range.first, keys->range.last, keys->at, keys->stride.width);
}

static bool load_keys(struct pass_walk *walk, const char *line)
{
    struct walk_range range;
    int64_t at;
    uint64_t width;

    if (is_tuple(walk) ||
        sscanf(line, "keys %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu64, // NOLINT
               &range.first, &range.last, &at, &width) != 4)
        return false;
    walk_begin(&walk->keys, &range, &walk->limits);
    walk_resume(&walk->keys, at, width);
    return true;
}

/* Takes a tuple of so many bytes off `*bytes`; false if it is none. */
static bool take_tuple(const struct pass_walk *walk, const char **bytes, size_t length,
                       struct str *tuple)
{
    size_t texts = 0;

    for (size_t i = 0; i < length; i++)
        texts += (*bytes)[i] == '\0';
    if (length == 0 || (*bytes)[length - 1] != '\0' || texts != walk->pass->key.column_count)
        return false;
    str_add_bytes(tuple, *bytes, length);
    *bytes += length;
    return true;
}

static bool load_tuples(struct pass_walk *walk, const char *line, const char *bytes, size_t length,
                        size_t *used)
{
    size_t at_length, last_length;
    struct str at, last;
    uint64_t width;
    double rows;
    bool good;

    if (!is_tuple(walk) || sscanf(line, "tuples %" SCNu64 " %lf %zu %zu", &width, // NOLINT
                                  &rows, &at_length, &last_length) != 4)
        return false;
    if (at_length > length || last_length > length - at_length)
        return false;
    str_init(&at);
    str_init(&last);
    good = take_tuple(walk, &bytes, at_length, &at) && take_tuple(walk, &bytes, last_length, &last);
    if (good) {
        tuple_walk_begin(&walk->tuples, &at, &last, &walk->limits);
        tuple_walk_resume(&walk->tuples, width, rows);
        *used += at_length + last_length;
    }
    str_release(&at);
    str_release(&last);
    return good;
}

bool pass_walk_load(struct pass_walk *walk, const char *bytes, size_t length, size_t *used)
{
    const char *end = memchr(bytes, '\n', length);
    char line[LINE_SIZE];

    if (end == NULL || (size_t)(end - bytes) >= sizeof(line))
        return false;
    *used = (size_t)(end - bytes) + 1;
    memcpy(line, bytes, *used - 1);
    line[*used - 1] = '\0';
    walk->bounded = strcmp(line, "new") != 0;
    return !walk->bounded || strcmp(line, "end") == 0 || load_keys(walk, line) ||
           load_tuples(walk, line, bytes + *used, length - *used, used);
}
