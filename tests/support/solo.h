/*
 * One pass made by hand, run by pass_run.h on a real server without a planner, interrupted at will.
 * The clock must stand still (now_stop_at): the play moves it, and so far between two statements
 * that a state is saved after every piece.
 */
#ifndef TESTS_SUPPORT_SOLO_H
#define TESTS_SUPPORT_SOLO_H

#include "metrics/pass.h"

#include "agent/base/str.h"
#include "agent/io/db.h"
#include "agent/source.h"

#define SOLO_COLUMNS 5
#define SOLO_KEYS    3

struct loop;

struct solo_shape {
    const char *name;
    enum pass_kind kind;
    const char *relation;
    enum key_type type;
    const char *key[SOLO_KEYS];               /* as pass_key.columns; the rest NULL */
    struct pass_column columns[SOLO_COLUMNS]; /* up to the first without argument */
};

/* Each column is a metric. All passes have the same metrics, so each may be another's otherwise. */
struct pass *solo_pass(const struct solo_shape *shape, int64_t rows, struct arena *arena);

struct solo {
    struct loop *loop;
    struct db *db;
    struct arena *arena;
    struct loop_timer *timer;
    int64_t us_per_ms; /* how fast the test's clock runs while there are statements */
    /* Called when a statement has come back; may ask another database of its own loop. */
    void (*on_statement)(unsigned nth, void *arg);
    void *arg;
    /* What the last play said: */
    struct outcome outcomes[SOLO_COLUMNS];
    unsigned answers, saves, statements, costs, stop_at;
    struct str saved;
    struct probe_cost cost;
    const char *doing;
    bool stopped;
};

void solo_init(struct solo *solo, const struct db_config *config);
void solo_release(struct solo *solo);

/*
 * Runs the pass, from `saved` on if that is not empty, until it is done or has saved its state for
 * the `stop_at`th time (0: never), which is true.
 */
bool solo_play(struct solo *solo, const struct pass *pass, const struct str *saved,
               unsigned stop_at);

#endif
