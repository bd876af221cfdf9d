#include "tests/support/solo.h"

#include "tests/support/test.h"

#include "metrics/pass_run.h"

#include "agent/base/clock.h"
#include "agent/io/loop.h"

#include <stdlib.h>

#define LONGEST_MS 300000 /* far more than it takes on a busy machine */
#define TARGET_MS  60

static const struct definition definition = {.file = "solo.yml"};
static const struct database_spec spec;
static const struct metric metrics[SOLO_COLUMNS] = {
    {.key_path = "a", .definition = &definition, .spec = &spec, .value_type = TYPE_NUMBER},
    {.key_path = "b", .definition = &definition, .spec = &spec, .value_type = TYPE_NUMBER},
    {.key_path = "c", .definition = &definition, .spec = &spec, .value_type = TYPE_NUMBER},
    {.key_path = "d", .definition = &definition, .spec = &spec, .value_type = TYPE_NUMBER},
    {.key_path = "e", .definition = &definition, .spec = &spec, .value_type = TYPE_NUMBER},
};

struct pass *solo_pass(const struct solo_shape *shape, int64_t rows, struct arena *arena)
{
    struct pass *pass = ARENA_NEW(arena, struct pass);
    struct placed *placed = ARENA_ARRAY(arena, struct placed, SOLO_COLUMNS);

    *pass = (struct pass){
        .kind = shape->kind,
        .name = shape->name,
        .relation = shape->relation,
        .key = {.type = shape->type, .from = shape->relation, .columns = shape->key},
        .rows = rows,
        .part_count = 1,
    };
    while (pass->key.column_count < SOLO_KEYS && shape->key[pass->key.column_count] != NULL)
        pass->key.column_count++;
    pass->parts = ARENA_NEW(arena, struct pass_part);
    pass->parts->from = shape->relation;
    pass->columns = ARENA_ARRAY(arena, struct pass_column, SOLO_COLUMNS);
    pass->items = ARENA_ARRAY(arena, struct pass_item, SOLO_COLUMNS);
    pass->metrics = ARENA_ARRAY(arena, const struct metric *, SOLO_COLUMNS);
    for (size_t i = 0; i < SOLO_COLUMNS && shape->columns[i].argument != NULL; i++) {
        placed[i] = (struct placed){.metric = &metrics[i], .spec = &spec};
        pass->columns[i] = shape->columns[i];
        pass->metrics[i] = &metrics[i];
        pass->items[i] = (struct pass_item){
            .metric = &metrics[i], .placed = &placed[i], .column = i, .divisor = i};
        pass->column_count = pass->item_count = i + 1;
    }
    return pass;
}

/* ---- What the pass says ---- */

static void answered(void *listener, struct probe *probe, const struct metric *metric,
                     const struct outcome *outcome)
{
    struct solo *solo = listener;
    size_t index = (size_t)(metric - metrics);

    assert_true(index < probe->metric_count);
    solo->outcomes[index] = outcome_copy(outcome, solo->arena);
    solo->answers++;
}

static void done(void *listener, struct probe *probe)
{
    struct solo *solo = listener;

    assert_int_equal(solo->answers, probe->metric_count);
    assert_int_equal(solo->costs, 1);
    loop_stop(solo->loop);
}

static void stop(void *arg)
{
    struct solo *solo = arg;

    solo->timer = NULL;
    solo->stopped = true;
    loop_stop(solo->loop);
}

static void saved(void *listener, struct probe *probe, const void *bytes, size_t length)
{
    struct solo *solo = listener;

    (void)probe;
    str_clear(&solo->saved);
    str_add_bytes(&solo->saved, bytes, length);
    if (++solo->saves != solo->stop_at)
        return;
    loop_timer_cancel(solo->timer);
    solo->timer = loop_after(solo->loop, 0, stop, solo);
}

static void let_time_pass(void *arg)
{
    struct solo *solo = arg;

    solo->timer = loop_after(solo->loop, 1, let_time_pass, solo);
    now_advance(solo->us_per_ms);
}

/* A statement takes a tick, but where its answer is there before the loop's next turn. */
static void begin_tick(struct solo *solo)
{
    loop_timer_cancel(solo->timer);
    solo->timer = loop_after(solo->loop, 0, let_time_pass, solo);
}

static void progressed(void *listener, struct probe *probe, const struct probe_progress *progress)
{
    struct solo *solo = listener;
    bool stopping = solo->stop_at > 0 && solo->saves >= solo->stop_at;

    (void)probe;
    assert_true(progress->share >= 0 && progress->share <= 1);
    assert_true(progress->pieces >= solo->statements);
    solo->statements = progress->pieces;
    solo->doing = progress->doing;
    if (progress->asked_us != 0) {
        assert_int_equal(progress->asked_us, now_monotonic_us());
        if (!stopping)
            begin_tick(solo);
        return;
    }
    now_advance(4 * US_PER_SECOND);
    if (solo->on_statement != NULL)
        solo->on_statement(solo->statements, solo->arg);
}

static void cost(void *listener, struct probe *probe, const struct probe_cost *what)
{
    struct solo *solo = listener;

    (void)probe;
    solo->cost = *what;
    solo->costs++;
}

/* ---- The play ---- */

static void took_too_long(void *arg)
{
    (void)arg;
    print_message("Bail out! a pass takes longer than %d ms\n", LONGEST_MS);
    abort();
}

void solo_init(struct solo *solo, const struct db_config *config)
{
    *solo = (struct solo){.us_per_ms = 1000};
    solo->loop = loop_new();
    solo->db = db_new(solo->loop, config);
    solo->arena = arena_new();
    str_init(&solo->saved);
}

void solo_release(struct solo *solo)
{
    db_free(solo->db);
    loop_free(solo->loop);
    arena_free(solo->arena);
    str_release(&solo->saved);
}

static void forget(struct solo *solo, unsigned stop_at)
{
    solo->answers = solo->saves = solo->statements = solo->costs = 0;
    solo->stop_at = stop_at;
    solo->stopped = false;
    str_clear(&solo->saved);
}

bool solo_play(struct solo *solo, const struct pass *pass, const struct str *saved_bytes,
               unsigned stop_at)
{
    static const struct probe_listener listener = {answered, done, saved, progressed, cost};
    static const struct database_facts facts = {.name = "main", .role = "tester"};
    struct source_settings settings = {
        .piece_target_ms = TARGET_MS,
        .statement_timeout_ms = 15000,
    };
    struct pass_run_context context = {
        .loop = solo->loop, .db = solo->db, .facts = &facts, .settings = &settings, .duty = 1};
    struct probe probe = {.name = pass->name,
                          .metrics = pass->metrics,
                          .metric_count = pass->item_count,
                          .spec = pass,
                          .to = &listener,
                          .listener = solo};
    struct loop_timer *limit = loop_after(solo->loop, LONGEST_MS, took_too_long, NULL);
    struct pass_run *run;

    forget(solo, stop_at);
    run = pass_run_begin(&context, &probe, pass, saved_bytes != NULL ? saved_bytes->text : NULL,
                         saved_bytes != NULL ? saved_bytes->length : 0);
    loop_run(solo->loop);
    if (solo->stopped)
        pass_run_cancel(run);
    loop_timer_cancel(solo->timer);
    solo->timer = NULL;
    loop_timer_cancel(limit);
    return solo->stopped;
}
