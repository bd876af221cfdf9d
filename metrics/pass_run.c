#include "metrics/pass_run.h"

#include "metrics/bisect.h"
#include "metrics/pass_answers.h"
#include "metrics/pass_range.h"
#include "metrics/pass_sql.h"
#include "metrics/pass_state.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <stdlib.h>
#include <unistd.h>

/* Sizing overshoots by up to 1.8; this much of the target is aimed at. */
#define AIM 0.55
/* A timeout is no part of the plan: it is twice the target. */
#define PIECE_TIMEOUT  2
#define MOST_BYTES     ((size_t)2 << 20)
#define MOST_TRIES     3
#define RETRY_MS       1000
#define LOOK_FOR_PAUSE 1000
#define SAVE_EVERY_US  (3 * US_PER_SECOND)
/* Of patient statements, while a slow column is looked for: six find one among 32. If more are
 * slow, all that are left count as slow, because looking on would cost the server too much. */
#define PATIENT_TIMEOUTS 6

/* What is asked, and who takes the answer. */
struct ask {
    void (*add_sql)(const struct pass_run *run, struct str *sql);
    bool (*take)(struct pass_run *run, const struct db_result *result, struct error *err);
    bool patient;
};

struct pass_run {
    const struct pass_run_context *context;
    struct probe *probe;
    const struct pass *pass;
    const struct pass_method *method;
    struct pass_state state;
    struct pass_answers answers;
    /* The piece that is being asked: */
    struct pass_piece piece;
    struct bisect bisect; /* over state.alive */
    struct bisect_range range;
    bool isolating; /* a part of it is answered, so it cannot become smaller any more */
    int64_t piece_took_us, piece_rows;
    size_t piece_bytes;
    unsigned patient_timeouts;
    /* The statement: */
    struct ask ask;
    struct str sql;
    struct db_query *query;
    struct loop_timer *timer;
    unsigned tries;
    int64_t asked_us;
    /* All of it: */
    int64_t saved_us;
    unsigned pieces;
};

static void advance(void *arg);
static void send(void *arg);

static void release(struct pass_run *run)
{
    run->probe->work = NULL;
    db_query_cancel(run->query);
    loop_timer_cancel(run->timer);
    pass_state_release(&run->state);
    str_release(&run->sql);
    pass_answers_release(&run->answers);
    free(run);
}

static void finish(struct pass_run *run)
{
    struct probe *probe = run->probe;

    pass_answers_failed(&run->answers, &run->state);
    pass_answers_rest(&run->answers, &run->state);
    log_debug("database", "%s: done in %u pieces", run->pass->name, run->pieces);
    release(run);
    probe_done(probe);
}

static void fail_range(struct pass_run *run, struct bisect_range range, const struct error *err)
{
    for (size_t i = range.first; i < range.first + range.count; i++)
        run->state.failures[run->state.alive[i]] = *err;
    pass_answers_failed(&run->answers, &run->state);
}

static void fail_all(struct pass_run *run, const struct error *err)
{
    fail_range(run, (struct bisect_range){.count = run->state.alive_count}, err);
    finish(run);
}

/* ---- Statements ---- */

static unsigned timeout_ms(const struct pass_run *run)
{
    const struct source_settings *settings = run->context->settings;
    unsigned piece_ms = settings->piece_target_ms * PIECE_TIMEOUT;

    return run->ask.patient || piece_ms > settings->statement_timeout_ms
               ? settings->statement_timeout_ms
               : piece_ms;
}

/* After a statement of t, the rest is t * (1 - duty) / duty. */
static int64_t rest_ms(const struct pass_run *run, int64_t took_us)
{
    double duty = run->context->duty;

    if (duty <= 0 || duty >= 1)
        return 0;
    return (int64_t)((double)took_us * (1 - duty) / duty / 1000);
}

static void advance_after(struct pass_run *run, int64_t took_us)
{
    int64_t ms = rest_ms(run, took_us);

    run->answers.took_us += took_us;
    if (ms > 0)
        run->timer = loop_after(run->context->loop, ms, advance, run);
    else
        advance(run);
}

static void unavailable(struct pass_run *run, const struct error *err)
{
    if (run->tries >= MOST_TRIES) {
        fail_all(run, err);
        return;
    }
    log_debug("database", "%s: %s; trying again", run->pass->name, err->text);
    run->timer = loop_after(run->context->loop, (int64_t)RETRY_MS << run->tries, send, run);
    run->tries++;
}

static void piece_failed(struct pass_run *run, const struct error *err);

static void came(const struct db_result *result, const struct error *err, void *arg)
{
    struct pass_run *run = arg;
    int64_t took_us = result != NULL ? db_took_us(result) : now_monotonic_us() - run->asked_us;
    struct error wrong = {0};

    run->query = NULL;
    if (err != NULL && err->kind == ERROR_UNAVAILABLE) {
        unavailable(run, err);
        return;
    }
    run->tries = 0;
    run->piece_took_us += took_us;
    if (result != NULL && !run->ask.take(run, result, &wrong))
        err = &wrong;
    if (err != NULL)
        piece_failed(run, err);
    advance_after(run, took_us);
}

static void send(void *arg)
{
    struct pass_run *run = arg;
    struct db_statement statement = {
        .sql = run->sql.text,
        .timeout_ms = timeout_ms(run),
        .lock_timeout_ms = run->context->settings->lock_timeout_ms,
    };

    run->timer = NULL;
    run->asked_us = now_monotonic_us();
    run->query = db_query(run->context->db, &statement, came, run);
}

static void ask(struct pass_run *run, struct ask what)
{
    run->ask = what;
    str_clear(&run->sql);
    what.add_sql(run, &run->sql);
    send(run);
}

/* ---- Bounds and seeks ---- */

static struct walk_limits limits_of(const struct pass_run *run)
{
    return (struct walk_limits){
        .aim_us = (int64_t)(run->context->settings->piece_target_ms * 1000 * AIM),
        .most_bytes = MOST_BYTES,
        .rows = run->pass->rows,
    };
}

/* False: NULL, or not a key at all. */
static bool key_at(const struct db_result *result, int column, int64_t *key)
{
    size_t length;
    const char *bytes = db_bytes(result, 0, column, &length);

    return db_rows(result) == 1 && !db_is_null(result, 0, column) && key_read(bytes, length, key);
}

static void add_bounds(const struct pass_run *run, struct str *sql)
{
    pass_range_add_bounds(run->pass, sql);
}

static bool take_bounds(struct pass_run *run, const struct db_result *result, struct error *err)
{
    struct walk_limits limits = limits_of(run);
    struct walk_range range;
    bool any = key_at(result, 0, &range.first) && key_at(result, 1, &range.last);

    (void)err;
    walk_begin(&run->state.walk, any ? &range : NULL, &limits);
    run->state.bounded = true;
    return true;
}

static void add_seek(const struct pass_run *run, struct str *sql)
{
    pass_range_add_seek(run->pass, run->state.walk.at, run->state.walk.range.last, sql);
}

static bool take_seek(struct pass_run *run, const struct db_result *result, struct error *err)
{
    int64_t key;

    (void)err;
    walk_sought(&run->state.walk, key_at(result, 0, &key) ? &key : NULL);
    return true;
}

/* ---- Pieces ---- */

static void add_piece(const struct pass_run *run, struct str *sql)
{
    pass_sql_add_piece(run->pass, run->method->walks ? &run->piece : NULL,
                       run->state.alive + run->range.first, run->range.count, sql);
}

static bool take_piece(struct pass_run *run, const struct db_result *result, struct error *err)
{
    struct pass_measure measure = {0};

    if (!pass_state_add(&run->state, run->range.first, run->range.count, result, &measure, err))
        return false;
    run->piece_rows = measure.rows;
    run->piece_bytes += measure.bytes;
    bisect_answered(&run->bisect);
    return true;
}

/* The piece is told apart by its columns; one that stands alone and fails is guilty. */
static void isolate(struct pass_run *run, const struct error *err)
{
    bool searching = run->method->walks || run->range.count > 1;

    run->isolating = true;
    if (err->kind == ERROR_TIMEOUT && run->ask.patient && searching &&
        ++run->patient_timeouts >= PATIENT_TIMEOUTS) {
        while (bisect_next(&run->bisect, &run->range)) {
            fail_range(run, run->range, err);
            bisect_answered(&run->bisect);
        }
    } else if (bisect_failed(&run->bisect)) {
        fail_range(run, run->range, err);
    }
}

static void piece_failed(struct pass_run *run, const struct error *err)
{
    bool timed_out = err->kind == ERROR_TIMEOUT;

    if (run->ask.take != take_piece) {
        /* Without its bounds or the next key the walk cannot go on. */
        fail_range(run, (struct bisect_range){.count = run->state.alive_count}, err);
        pass_state_drop_failed(&run->state);
        return;
    }
    if (timed_out && run->method->walks && !run->isolating) {
        walk_timed_out(&run->state.walk);
        if (walk_next(&run->state.walk, &run->piece.keys) != WALK_STUCK) {
            bisect_begin(&run->bisect, 0);
            run->range.count = 0;
            return;
        }
    }
    isolate(run, err);
}

static void save(struct pass_run *run)
{
    struct str bytes;

    if (now_monotonic_us() - run->saved_us < SAVE_EVERY_US)
        return;
    run->saved_us = now_monotonic_us();
    str_init(&bytes);
    pass_state_save(&run->state, &bytes);
    probe_saved(run->probe, bytes.text, bytes.length);
    str_release(&bytes);
}

static void tell_progress(struct pass_run *run)
{
    const char *what = run->pass->relation != NULL ? run->pass->relation : run->pass->name;
    struct probe_progress progress = {.pieces = run->pieces};
    struct str doing;

    str_init(&doing);
    str_add_format(&doing, "%s: piece %u", what, run->pieces);
    progress.share = run->method->walks ? walk_share(&run->state.walk) : 1;
    progress.doing = doing.text;
    probe_progress(run->probe, &progress);
    str_release(&doing);
}

/* All columns of the piece are answered or guilty. */
static void end_piece(struct pass_run *run)
{
    run->pieces++;
    pass_state_drop_failed(&run->state);
    pass_answers_failed(&run->answers, &run->state);
    if (run->method->walks && run->state.alive_count > 0) {
        walk_answered(&run->state.walk, run->piece_took_us, run->piece_rows, run->piece_bytes);
        save(run);
    }
    run->range.count = 0;
    tell_progress(run);
}

static void begin_piece(struct pass_run *run)
{
    bisect_begin(&run->bisect, run->state.alive_count);
    run->isolating = false;
    run->piece_took_us = run->piece_rows = 0;
    run->piece_bytes = 0;
}

static void ask_range(struct pass_run *run)
{
    struct ask what = {add_piece, take_piece, run->method->patient || run->piece.keys.patient};

    /* What is in part answered cannot become smaller; what stands alone has only this chance. */
    if (run->method->walks ? run->isolating : run->range.count == 1)
        what.patient = true;
    ask(run, what);
}

/* ---- The order of things ---- */

static bool is_held(const struct pass_run *run)
{
    const char *file = run->context->settings->pause_file;

    return file != NULL && access(file, F_OK) == 0;
}

/* False when the pass is at its end. */
static bool step(struct pass_run *run)
{
    static const struct ask bounds = {add_bounds, take_bounds, true};
    static const struct ask seek = {add_seek, take_seek, true};
    enum walk_step next;

    if (!run->method->walks) {
        if (run->pieces > 0)
            return false;
        begin_piece(run);
        return true;
    }
    if (!run->state.bounded) {
        ask(run, bounds);
        return true;
    }
    next = walk_next(&run->state.walk, &run->piece.keys);
    if (next == WALK_SEEK)
        ask(run, seek);
    else if (next == WALK_PIECE)
        begin_piece(run);
    return next == WALK_SEEK || next == WALK_PIECE;
}

/* Whatever comes next: the one door through which statements are asked. */
static void advance(void *arg)
{
    struct pass_run *run = arg;

    run->timer = NULL;
    if (is_held(run)) {
        run->timer = loop_after(run->context->loop, LOOK_FOR_PAUSE, advance, run);
        return;
    }
    if (run->range.count > 0 && !bisect_next(&run->bisect, &run->range))
        end_piece(run);
    if (run->state.alive_count == 0 || (run->range.count == 0 && !step(run))) {
        finish(run);
        return;
    }
    if (run->query == NULL && bisect_next(&run->bisect, &run->range))
        ask_range(run);
}

struct pass_run *pass_run_begin(const struct pass_run_context *context, struct probe *probe,
                                const struct pass *pass, const void *saved, size_t length)
{
    struct pass_run *run = memory_alloc(sizeof(*run));
    struct walk_limits limits;

    run->context = context;
    run->probe = probe;
    run->pass = pass;
    run->method = pass_method(pass);
    pass_answers_init(&run->answers, probe, pass, context->facts);
    run->saved_us = now_monotonic_us();
    str_init(&run->sql);
    pass_state_init(&run->state, pass);
    limits = limits_of(run);
    if (saved != NULL && pass_state_load(&run->state, &limits, saved, length))
        log_debug("database", "%s: goes on at %.0f%%", pass->name,
                  100 * walk_share(&run->state.walk));
    probe->work = run;
    run->timer = loop_after(context->loop, 0, advance, run);
    return run;
}

void pass_run_cancel(struct pass_run *run)
{
    release(run);
}
