#include "metrics/pass_state.h"

#include "metrics/pass_range.h"
#include "metrics/pass_sql.h"

#include "agent/base/digest.h"
#include "agent/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Another number wherever the form of what follows changes: older states are ignored. */
#define VERSION_LINE "walk 3 "

void pass_state_init(struct pass_state *state, const struct pass *pass,
                     const struct stride_limits *limits)
{
    *state = (struct pass_state){.pass = pass, .alive_count = pass->column_count};
    pass_walk_init(&state->walk, pass, limits);
    id_pack_init(&state->pack, pass);
    state->tallies = tallies_new(pass);
    state->failures = memory_alloc((pass->column_count + 1) * sizeof(state->failures[0]));
    state->alive = memory_alloc((pass->column_count + 1) * sizeof(state->alive[0]));
    for (size_t i = 0; i < pass->column_count; i++)
        state->alive[i] = i;
}

void pass_state_release(struct pass_state *state)
{
    pass_walk_release(&state->walk);
    id_pack_release(&state->pack);
    tallies_free(state->tallies, state->pass);
    free(state->failures);
    free(state->alive);
}

void pass_state_drop_failed(struct pass_state *state)
{
    size_t kept = 0;

    for (size_t i = 0; i < state->alive_count; i++)
        if (state->failures[state->alive[i]].kind == ERROR_NONE)
            state->alive[kept++] = state->alive[i];
    state->alive_count = kept;
}

/* ---- Adding ---- */

/* An answer to be read, field by field. */
struct answer {
    struct pass_state *state;
    const size_t *columns;
    size_t count;
    const struct db_result *result;
    struct pass_measure *measure;
};

static void add_field(const struct answer *answer, size_t column, int row, int place)
{
    struct error wrong;
    size_t length;

    (void)db_bytes(answer->result, row, place, &length);
    answer->measure->bytes += length;
    if (!tally_add(&answer->state->tallies[column], answer->result, row, place, &wrong))
        answer->state->failures[column] = wrong;
}

/* Of a walked piece: the place of a column that stands by itself. */
static int place_of(const struct answer *answer, size_t column)
{
    int place = 1;

    for (size_t i = 0; i < answer->count && answer->columns[i] != column; i++)
        place += id_pack_field(&answer->state->pack, answer->columns[i]) == NULL;
    return place;
}

/* Also where the extras begin. */
static int place_behind(const struct answer *answer)
{
    return place_of(answer, SIZE_MAX);
}

/* Of a column that stands by itself. */
static double share_of(const struct answer *answer, size_t column)
{
    size_t length;

    (void)db_bytes(answer->result, 0, place_of(answer, column), &length);
    return (double)length / sizeof(uint64_t) / (double)answer->measure->rows;
}

/* A piece without rows teaches nothing. */
static bool learn_bits(const struct answer *answer, struct error *err)
{
    struct id_pack *pack = &answer->state->pack;
    int place = place_behind(answer);

    for (size_t i = 0; answer->measure->rows > 0 && i < pack->asked_count; i++) {
        int64_t bits;

        if (!db_integer(answer->result, 0, place + (int)i, &bits, err))
            return false;
        if (i >= pack->field_count)
            id_pack_learn(pack, i, (uint64_t)bits, share_of(answer, pack->asked[i]));
        else if (!id_pack_fits(pack, i, (uint64_t)bits))
            answer->measure->misfit = true;
    }
    return true;
}

static void add_packed(const struct answer *answer)
{
    const struct id_pack *pack = &answer->state->pack;
    int first = place_behind(answer) + (int)pack->asked_count;

    for (size_t i = 0; i < pack->word_count; i++) {
        size_t length;

        (void)db_bytes(answer->result, 0, first + (int)i, &length);
        answer->measure->bytes += length;
    }
    for (size_t i = 0; i < pack->field_count; i++) {
        const struct id_field *field = &pack->fields[i];
        struct error wrong;

        if (!tally_add_ids(&answer->state->tallies[field->column], answer->result, 0,
                           first + (int)field->word, id_pack_bits(field), &wrong))
            answer->state->failures[field->column] = wrong;
    }
}

/* One row: how many rows were counted, then the columns. */
static bool add_walked(const struct answer *answer, struct error *err)
{
    struct tally rows = {.kind = COLUMN_COUNT};
    int place = 1;

    if (db_rows(answer->result) != 1 || !tally_add(&rows, answer->result, 0, 0, err))
        return error_set(err, ERROR_INVALID, "the server's answer is not one row with a count");
    answer->measure->rows = rows.count;
    if (!learn_bits(answer, err))
        return false;
    if (answer->measure->misfit)
        return true;
    for (size_t i = 0; i < answer->count; i++)
        if (id_pack_field(&answer->state->pack, answer->columns[i]) == NULL)
            add_field(answer, answer->columns[i], 0, place++);
    add_packed(answer);
    return true;
}

/* Each row begins with its part; the part's columns follow in their order. */
static bool add_parts(const struct answer *answer, struct error *err)
{
    for (int row = 0; row < db_rows(answer->result); row++) {
        int64_t part;
        int place = 1;

        if (!db_integer(answer->result, row, 0, &part, err))
            return false;
        for (size_t i = 0; i < answer->count; i++)
            if (answer->state->pass->columns[answer->columns[i]].part == (size_t)part)
                add_field(answer, answer->columns[i], row, place++);
    }
    return true;
}

bool pass_state_add(struct pass_state *state, size_t first, size_t count,
                    const struct db_result *result, struct pass_measure *measure, struct error *err)
{
    const struct answer answer = {state, state->alive + first, count, result, measure};

    return pass_method(state->pass)->walks ? add_walked(&answer, err) : add_parts(&answer, err);
}

/* ---- Saving ---- */

/*
 * Of all that the tallies depend on: the SQL of a piece says it. Whether it groups does not matter,
 * and newer statistics may have changed that.
 */
static void digest_of(const struct pass *pass, char digest[DIGEST_TEXT_SIZE])
{
    struct pass plain = *pass;
    size_t *all = memory_alloc((pass->column_count + 1) * sizeof(*all));
    struct str sql;

    for (size_t i = 0; i < pass->column_count; i++)
        all[i] = i;
    str_init(&sql);
    plain.grouping = NULL;
    pass_sql_add_piece(&(struct question){&plain, NULL, all, pass->column_count, NULL}, &sql);
    if (pass_method(pass)->walks)
        pass_range_add_bounds(pass, &sql);
    (void)digest_text(sql.text, sql.length, digest);
    str_release(&sql);
    free(all);
}

static void add_header(const struct pass *pass, struct str *out)
{
    char digest[DIGEST_TEXT_SIZE];

    digest_of(pass, digest);
    str_add_format(out, VERSION_LINE "%s\n", digest);
}

/* A header of one line, the walk, a line for each failed column, an empty line, the tallies. */
void pass_state_save(const struct pass_state *state, struct str *out)
{
    add_header(state->pass, out);
    pass_walk_save(&state->walk, out);
    for (size_t i = 0; i < state->pass->column_count; i++)
        if (state->failures[i].kind != ERROR_NONE)
            str_add_format(out, "%zu %d %s\n", i, (int)state->failures[i].kind,
                           state->failures[i].text);
    str_add_char(out, '\n');
    tallies_save(state->tallies, state->pass, out);
}

/* The length of the header, or 0 if it is another's. */
static size_t header_length(const struct pass *pass, const char *bytes, size_t length)
{
    struct str header;
    size_t same = 0;

    str_init(&header);
    add_header(pass, &header);
    if (length >= header.length && memcmp(bytes, header.text, header.length) == 0)
        same = header.length;
    str_release(&header);
    return same;
}

bool pass_state_is_of(const struct pass *pass, const void *bytes, size_t length)
{
    return header_length(pass, bytes, length) > 0;
}

static bool read_failure(struct pass_state *state, const char *line, size_t length)
{
    char text[sizeof(state->failures[0].text) + 64];
    size_t column;
    int kind, used;

    if (length >= sizeof(text))
        return false;
    memcpy(text, line, length);
    text[length] = '\0';
    if (sscanf(text, "%zu %d %n", &column, &kind, &used) != 2 || // NOLINT(cert-err34-c)
        column >= state->pass->column_count || kind <= ERROR_NONE || kind > ERROR_CANCELLED)
        return false;
    (void)error_set(&state->failures[column], (enum error_kind)kind, "%s", text + used);
    return true;
}

/* Reads the lines up to the empty one; returns what stands behind it, or NULL. */
static const char *read_failures(struct pass_state *state, const char *at, const char *end)
{
    const char *line_end;

    for (; at < end && *at != '\n'; at = line_end + 1) {
        line_end = memchr(at, '\n', (size_t)(end - at));
        if (line_end == NULL || !read_failure(state, at, (size_t)(line_end - at)))
            return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static bool load(struct pass_state *state, const char *bytes, size_t length)
{
    size_t header = header_length(state->pass, bytes, length), used;
    const char *end = bytes + length, *at = bytes + header;

    if (header == 0 || !pass_walk_load(&state->walk, at, length - header, &used))
        return false;
    at = read_failures(state, at + used, end);
    if (at == NULL || !tallies_load(state->tallies, state->pass, at, (size_t)(end - at)))
        return false;
    pass_state_drop_failed(state);
    return true;
}

bool pass_state_load(struct pass_state *state, const void *bytes, size_t length)
{
    const struct pass *pass = state->pass;
    struct stride_limits limits = state->walk.limits;

    if (load(state, bytes, length))
        return true;
    pass_state_release(state);
    pass_state_init(state, pass, &limits);
    return false;
}
