/*
 * Whatever the answers, the pieces cover the range once, in order, and skip only what a seek found
 * empty.
 */
#include "metrics/walk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct player {
    struct walk walk;
    struct walk_range range;
    int64_t expected; /* where the next piece must begin */
};

static void check(const struct player *player, const struct walk_piece *piece)
{
    if (piece->from != player->expected || piece->from < player->range.first)
        abort();
    if (piece->closed ? piece->to != player->range.last
                      : piece->to <= piece->from || piece->to > player->range.last)
        abort();
}

/* The key that a seek finds: at once, in the middle of what is left, or none. */
static void seek(struct player *player, uint8_t answer)
{
    uint64_t left = (uint64_t)player->range.last - (uint64_t)player->expected;
    int64_t key = (int64_t)((uint64_t)player->expected + left / 256 * answer);

    if (answer == 255) {
        walk_sought(&player->walk, NULL);
        return;
    }
    walk_sought(&player->walk, &key);
    player->expected = key;
}

static void answer_piece(struct player *player, const struct walk_piece *piece, uint8_t answer)
{
    if (answer % 4 == 0) {
        walk_timed_out(&player->walk);
        return;
    }
    walk_answered(&player->walk, answer * 1000, answer % 4 == 1 ? 0 : answer,
                  (size_t)answer % 8 == 7 ? 1000000 : 0);
    player->expected = piece->to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct player player;
    struct stride_limits limits = {.aim_us = 100000, .most_bytes = 1 << 21};
    struct walk_piece piece;
    enum walk_step step;

    if (size < sizeof(player.range) + sizeof(limits.rows))
        return 0;
    memcpy(&player.range, data, sizeof(player.range));
    memcpy(&limits.rows, data + sizeof(player.range), sizeof(limits.rows));
    walk_begin(&player.walk, &player.range, &limits);
    player.expected = player.range.first;
    for (size_t i = sizeof(player.range) + sizeof(limits.rows); i < size; i++) {
        double share = walk_share(&player.walk);

        if (!(share >= 0 && share <= 1))
            abort();
        step = walk_next(&player.walk, &piece);
        if (step == WALK_DONE)
            break;
        if (step == WALK_SEEK) {
            seek(&player, data[i]);
            continue;
        }
        check(&player, &piece);
        if (step == WALK_STUCK) {
            walk_answered(&player.walk, data[i], 1, 0);
            player.expected = piece.to;
        } else {
            answer_piece(&player, &piece, data[i]);
        }
    }
    return 0;
}
