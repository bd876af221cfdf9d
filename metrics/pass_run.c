#include "metrics/pass_run.h"

#include "metrics/bisect.h"
#include "metrics/pace.h"
#include "metrics/pass_answers.h"
#include "metrics/pass_sql.h"
#include "metrics/pass_state.h"
#include "metrics/patience.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* Sizing overshoots by up to 1.8; this much of the target is aimed at. */
#define AIM 0.55
/* A timeout is no part of the plan: it is twice the target. */
#define PIECE_TIMEOUT  2
#define MOST_BYTES     ((size_t)2 << 20)
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
    bool piece_patient;
    struct bisect bisect; /* over state.alive */
    struct bisect_range range;
    bool isolating; /* a part of it is answered, or else it cannot become smaller any more */
    int64_t piece_took_us, piece_rows;
    size_t piece_bytes;
    unsigned patient_timeouts;
    /* Of this pass, since it began or went on: */
    struct pace pace;
    int64_t began_us;
    /* The statement: */
    struct ask ask;
    struct str sql;
    struct db_query *query;
    struct loop_timer *timer, *settling;
    struct patience patience;
    int64_t asked_us;
    /* All of it: */
    int64_t saved_us, rows;
    unsigned statements; /* that were answered */
};

static void advance(void *arg);
static void send(void *arg);
static bool take_piece(struct pass_run *run, const struct db_result *result, struct error *err);

static void release(struct pass_run *run)
{
    run->probe->work = NULL;
    db_query_cancel(run->query);
    loop_timer_cancel(run->timer);
    loop_timer_cancel(run->settling);
    pass_state_release(&run->state);
    str_release(&run->sql);
    pass_answers_release(&run->answers);
    free(run);
}

/* In a call of its own, which comes when the next statement is on its way. */
static void settle(void *arg)
{
    struct pass_run *run = arg;

    run->settling = NULL;
    tallies_settle(run->state.tallies, run->pass);
}

static void settle_soon(struct pass_run *run)
{
    if (run->settling == NULL)
        run->settling = loop_after(run->context->loop, 0, settle, run);
}

static void finish(struct pass_run *run)
{
    struct probe *probe = run->probe;
    struct probe_cost cost = {.busy_us = run->answers.took_us, .rows = run->rows};

    tallies_settle(run->state.tallies, run->pass);
    pass_answers_failed(&run->answers, &run->state);
    pass_answers_rest(&run->answers, &run->state);
    log_debug("database", "%s: done in %u statements", run->pass->name, run->statements);
    release(run);
    probe_cost(probe, &cost);
    probe_done(probe);
}

static void fail_range(struct pass_run *run, struct bisect_range range, const struct error *err)
{
    for (size_t i = range.first; i < range.first + range.count; i++)
        run->state.failures[run->state.alive[i]] = *err;
    pass_answers_failed(&run->answers, &run->state);
}

/* Columns of the piece that are answered already stay right, and alive. */
static void fail_rest(struct pass_run *run, const struct error *err)
{
    struct bisect_range all = {.count = run->state.alive_count};

    if (!run->isolating) {
        fail_range(run, all, err);
        pass_state_drop_failed(&run->state);
    } else {
        while (bisect_next(&run->bisect, &run->range)) {
            fail_range(run, run->range, err);
            bisect_answered(&run->bisect);
        }
    }
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

/* `asked_us` is when the statement in flight is sent, or 0. */
static void tell_progress(struct pass_run *run, int64_t asked_us)
{
    struct probe_progress progress = {
        .share = run->method->walks ? pass_walk_share(&run->state.walk) : run->pace.pieces > 0,
        .doing = run->pass->relation != NULL ? run->pass->relation : run->pass->name,
        .pieces = run->statements,
        .asked_us = asked_us,
    };

    probe_progress(run->probe, &progress);
}

static void advance_after(struct pass_run *run, int64_t took_us)
{
    int64_t ms = rest_ms(run, took_us);

    run->answers.took_us += took_us;
    run->pace.took_us += took_us;
    if (ms > 0)
        run->timer = loop_after(run->context->loop, ms, advance, run);
    else
        advance(run);
}

static void piece_failed(struct pass_run *run, const struct error *err);

/* The piece is asked anew and smaller; or, if it cannot be, the same again. */
static bool make_smaller(struct pass_run *run)
{
    if (run->ask.take != take_piece || !run->method->walks || run->isolating || run->piece_patient)
        return false;
    if (!pass_walk_timed_out(&run->state.walk)) {
        run->isolating = true;
        return false;
    }
    bisect_begin(&run->bisect, 0);
    run->range.count = 0;
    return true;
}

/* Nothing is wrong with the statement: it is asked again, as long as there is hope. */
static void unavailable(struct pass_run *run, const struct error *err)
{
    const char *sqlstate = db_sqlstate(run->context->db);
    struct patience_choice choice = patience_after(&run->patience, sqlstate);
    bool anew = choice.step == PATIENCE_SMALLER && make_smaller(run);
    struct error told = *err;

    if (choice.step == PATIENCE_AGAIN || choice.step == PATIENCE_SMALLER) {
        log_debug("database", "%s: %s; trying again", run->pass->name, err->text);
        run->timer = loop_after(run->context->loop, choice.wait_ms, anew ? advance : send, run);
        return;
    }
    patience_explain(&run->patience, sqlstate, &told);
    if (choice.step == PATIENCE_APART)
        piece_failed(run, &told);
    else
        fail_rest(run, &told);
    advance_after(run, 0);
}

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
    /* While the guilty of a piece are looked for, each of them would be waited for anew. */
    if (!run->isolating)
        run->patience = (struct patience){0};
    run->statements += result != NULL;
    run->piece_took_us += took_us;
    tell_progress(run, 0);
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
    tell_progress(run, run->asked_us);
    run->query = db_query(run->context->db, &statement, came, run);
}

static void ask(struct pass_run *run, struct ask what)
{
    run->ask = what;
    str_clear(&run->sql);
    what.add_sql(run, &run->sql);
    send(run);
}

/* ---- Questions of the walk ---- */

static void add_question(const struct pass_run *run, struct str *sql)
{
    pass_walk_add_question(&run->state.walk, sql);
}

static bool take_question(struct pass_run *run, const struct db_result *result, struct error *err)
{
    return pass_walk_take(&run->state.walk, result, err);
}

/* ---- Pieces ---- */

static void add_piece(const struct pass_run *run, struct str *sql)
{
    pass_sql_add_piece(&(struct question){run->pass, run->method->walks ? &run->piece : NULL,
                                          run->state.alive + run->range.first, run->range.count,
                                          &run->state.pack},
                       sql);
}

static bool take_piece(struct pass_run *run, const struct db_result *result, struct error *err)
{
    struct pass_measure measure = {0};

    if (!pass_state_add(&run->state, run->range.first, run->range.count, result, &measure, err))
        return false;
    if (measure.misfit)
        return true; /* the same is asked again */
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
        fail_rest(run, err);
    } else if (bisect_failed(&run->bisect)) {
        fail_range(run, run->range, err);
    }
}

static void piece_failed(struct pass_run *run, const struct error *err)
{
    bool whole = run->method->walks && !run->isolating;

    if (err->kind == ERROR_TIMEOUT)
        id_pack_avoid_indexes(&run->state.pack);
    if (whole && err->kind == ERROR_TIMEOUT && pass_walk_timed_out(&run->state.walk)) {
        bisect_begin(&run->bisect, 0);
        run->range.count = 0;
    } else if (run->ask.take == take_piece) {
        isolate(run, err);
    } else {
        /* Without its bounds or the next key the walk cannot go on. */
        fail_range(run, (struct bisect_range){.count = run->state.alive_count}, err);
        pass_state_drop_failed(&run->state);
    }
}

static void save(struct pass_run *run)
{
    struct str bytes;

    run->saved_us = now_monotonic_us();
    tallies_settle(run->state.tallies, run->pass);
    str_init(&bytes);
    pass_state_save(&run->state, &bytes);
    probe_saved(run->probe, bytes.text, bytes.length);
    str_release(&bytes);
}

static void enter(struct pass_run *run, const struct pass *pass)
{
    const struct source_settings *settings = run->context->settings;
    struct stride_limits limits = {
        .aim_us = (int64_t)(settings->piece_target_ms * 1000 * AIM),
        .most_bytes = MOST_BYTES,
        .rows = pass->rows,
    };

    run->pass = pass;
    run->method = pass_method(pass);
    pass_state_init(&run->state, pass, &limits);
    run->patient_timeouts = 0;
    run->pace = (struct pace){0};
    run->began_us = now_monotonic_us();
}

/* Saved at once, so that a resumed run does not try the slow way again. */
static void change_pass(struct pass_run *run)
{
    log_info("database",
             "%s: took %.1f s for %" PRId64 " rows, more than %d times as expected;"
             " counting by another way",
             run->pass->name, (double)run->pace.took_us / US_PER_SECOND, run->pace.rows,
             PACE_SLOW_TIMES);
    pass_answers_switch(&run->answers, run->pass->otherwise);
    pass_state_release(&run->state);
    enter(run, run->pass->otherwise);
    save(run);
}

/* Others wait in line for the same connection. */
static void give_up(struct pass_run *run)
{
    struct error err;

    (void)error_set(&err, ERROR_TIMEOUT,
                    "%.1f%% were counted in %.0f s, and all of it would take longer than a run "
                    "may (run.deadline is %" PRId64 " s), for want of an index or because a "
                    "condition is too slow",
                    100 * (run->pace.share - run->pace.from),
                    (double)run->pace.elapsed_us / US_PER_SECOND, run->context->deadline_s);
    fail_range(run, (struct bisect_range){.count = run->state.alive_count}, &err);
    pass_state_drop_failed(&run->state);
}

static void look_at_pace(struct pass_run *run)
{
    const struct pass *pass = run->pass;

    run->pace.elapsed_us = now_monotonic_us() - run->began_us;
    if (pass->otherwise != NULL && pace_is_slow(&run->pace, pass->cost_s, pass->rows))
        change_pass(run);
    else if (pace_is_hopeless(&run->pace, run->context->deadline_s * US_PER_SECOND))
        give_up(run);
    else if (now_monotonic_us() - run->saved_us >= SAVE_EVERY_US)
        save(run);
}

static void end_walked_piece(struct pass_run *run)
{
    run->pace.rows += run->piece_rows;
    run->rows += run->piece_rows;
    pass_walk_answered(&run->state.walk, run->piece_took_us, run->piece_rows, run->piece_bytes);
    run->pace.share = pass_walk_share(&run->state.walk);
    if (run->pace.share < 1) /* otherwise the answers follow at once */
        look_at_pace(run);
}

/* All columns of the piece are answered or guilty. */
static void end_piece(struct pass_run *run)
{
    run->pace.pieces++;
    run->patience = (struct patience){0};
    pass_state_drop_failed(&run->state);
    pass_answers_failed(&run->answers, &run->state);
    if (run->method->walks && run->state.alive_count > 0)
        end_walked_piece(run);
    run->range.count = 0;
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
    struct ask what = {add_piece, take_piece, run->method->patient || run->piece_patient};
    bool packs = run->method->walks && !run->isolating;

    id_pack_arrange(&run->state.pack, run->state.alive + run->range.first,
                    packs ? run->range.count : 0);
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
    struct ask question = {add_question, take_question, false};
    enum pass_walk_step next = run->pace.pieces > 0 ? PASS_WALK_END : PASS_WALK_PIECE;

    if (run->method->walks)
        next = pass_walk_next(&run->state.walk, &run->piece, &run->piece_patient);
    if (next == PASS_WALK_PIECE)
        begin_piece(run);
    if (next == PASS_WALK_QUESTION) {
        question.patient = run->piece_patient;
        run->isolating = false;
        ask(run, question);
    }
    return next != PASS_WALK_END;
}

/* Whatever comes next: the one door through which statements are asked. */
static void advance(void *arg)
{
    struct pass_run *run = arg;

    run->timer = NULL;
    if (is_held(run)) {
        run->began_us += (int64_t)LOOK_FOR_PAUSE * 1000; /* no time of the pass */
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
    settle_soon(run);
}

/* Of the two ways to count, the one that the saved state is of. */
static const struct pass *pass_of_saved(const struct pass *pass, const void *saved, size_t length)
{
    bool other = saved != NULL && pass->otherwise != NULL &&
                 pass_state_is_of(pass->otherwise, saved, length);

    return other ? pass->otherwise : pass;
}

struct pass_run *pass_run_begin(const struct pass_run_context *context, struct probe *probe,
                                const struct pass *pass, const void *saved, size_t length)
{
    struct pass_run *run = memory_alloc(sizeof(*run));

    run->context = context;
    run->probe = probe;
    run->saved_us = now_monotonic_us();
    str_init(&run->sql);
    enter(run, pass_of_saved(pass, saved, length));
    pass_answers_init(&run->answers, probe, run->pass, context->facts);
    if (saved != NULL && pass_state_load(&run->state, saved, length))
        log_debug("database", "%s: goes on at %.0f%%", run->pass->name,
                  100 * pass_walk_share(&run->state.walk));
    if (run->method->walks)
        run->pace.from = pass_walk_share(&run->state.walk);
    probe->work = run;
    run->timer = loop_after(context->loop, 0, advance, run);
    return run;
}

void pass_run_cancel(struct pass_run *run)
{
    release(run);
}
