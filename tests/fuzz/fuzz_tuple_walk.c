/*
 * Whatever comes back, a walk over tuples takes the keys in order, each in one piece, and ends at
 * its end. The table is 40 keys of one text, some in many rows; the input says what the server
 * does.
 */
#include "metrics/tuple_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct player {
    struct tuple_walk walk;
    unsigned rows[KEYS]; /* of each key; 0: it is not there */
    int next;            /* the first key that no piece had */
    int last;
};

static int key_of(const char *tuple)
{
    return (tuple[0] - '0') * 10 + tuple[1] - '0';
}

static void write_key(int key, struct str *out)
{
    str_clear(out);
    str_add_format(out, "%02d", key);
    str_add_bytes(out, "", 1);
}

/* The key `ahead` rows behind, or KEYS. */
static int reach(const struct player *player, int from, uint64_t ahead)
{
    for (int key = from; key <= player->last; key++) {
        if (ahead < player->rows[key])
            return key;
        ahead -= player->rows[key];
    }
    return KEYS;
}

static void answer_reach(struct player *player, const struct tuple_piece *piece, bool beyond)
{
    int from = key_of(piece->from);
    int key = beyond ? reach(player, from + 1, 0) : reach(player, from, piece->ahead);
    struct tuple_reach found = {.same = key == from};
    struct str tuple;

    if (key_of(piece->to) != player->last || from != player->next)
        abort();
    str_init(&tuple);
    write_key(key, &tuple);
    if (key < KEYS)
        found.tuple = &tuple;
    tuple_walk_reached(&player->walk, &found, 1000);
    str_release(&tuple);
}

static void answer_piece(struct player *player, const struct tuple_piece *piece, uint8_t answer)
{
    int to = key_of(piece->to) + (piece->closed ? 1 : 0);
    int64_t rows = 0;

    if (key_of(piece->from) != player->next || to <= player->next || to > player->last + 1)
        abort();
    if (piece->closed && to != player->last + 1)
        abort();
    for (; player->next < to; player->next++)
        rows += player->rows[player->next];
    tuple_walk_answered(&player->walk, answer * 1000, answer % 8 == 1 ? 0 : rows,
                        answer % 8 == 7 ? 1000000 : 0);
}

/* Rows may come and go anywhere meanwhile. */
static void change(struct player *player, uint8_t answer)
{
    player->rows[answer % KEYS] = answer / KEYS * 1000U;
}

static bool play(struct player *player, uint8_t answer)
{
    struct tuple_piece piece;
    enum tuple_step step = tuple_walk_next(&player->walk, &piece);
    double share = tuple_walk_share(&player->walk);

    if (!(share >= 0 && share <= 1) || (step != TUPLE_DONE && piece.ahead == 0))
        abort();
    if (step == TUPLE_DONE && player->next != player->last + 1)
        abort();
    if (step == TUPLE_DONE || step == TUPLE_STUCK)
        return false;
    if (answer % 4 == 0)
        tuple_walk_timed_out(&player->walk);
    else if (step == TUPLE_PIECE)
        answer_piece(player, &piece, answer);
    else
        answer_reach(player, &piece, step == TUPLE_BEYOND);
    if (answer % 16 == 15)
        change(player, answer);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stride_limits limits = {.aim_us = 100000, .most_bytes = 1 << 21};
    struct player player = {0};
    struct str first, last;

    if (size < KEYS + 3)
        return 0;
    for (int i = 0; i < KEYS; i++)
        player.rows[i] = data[i] * 30U;
    player.next = data[KEYS] % KEYS;
    player.last = player.next + data[KEYS + 1] % (KEYS - player.next);
    limits.rows = data[KEYS + 2] * 1000;
    str_init(&first);
    str_init(&last);
    write_key(player.next, &first);
    write_key(player.last, &last);
    tuple_walk_init(&player.walk);
    tuple_walk_begin(&player.walk, &first, &last, &limits);
    for (size_t i = KEYS + 3; i < size && play(&player, data[i]); i++)
        ;
    /* And from here on everything is answered: it comes to its end. */
    for (int i = 0; i < 10000 && play(&player, 9); i++)
        ;
    if (player.walk.step != TUPLE_DONE && player.walk.step != TUPLE_STUCK)
        abort();
    tuple_walk_release(&player.walk);
    str_release(&first);
    str_release(&last);
    return 0;
}
