/* How a plan is shown: for people on wide and narrow terminals, and for programs. */
#include "agent/verbs/plan_show.h"

#include "agent/base/json.h"
#include "agent/verbs/figures.h"
#include "tests/support/golden.h"
#include "tests/support/test.h"

#include <string.h>

enum { METRICS = 4 };

static const struct metric metrics[METRICS] = {
    {.key_path = "counts.issues"},
    {.key_path = "counts.labels"},
    {.key_path = "counts.notes"},
    {.key_path = "counts.gone"},
};
static const struct metric *const chosen[METRICS] = {&metrics[0], &metrics[1], &metrics[2],
                                                     &metrics[3]};

/* Three passes; the last one is the dearest. */
static struct shown_plan three_passes(struct arena *arena)
{
    struct plan_line *lines = ARENA_ARRAY(arena, struct plan_line, 3);
    struct outcome *outcomes = ARENA_ARRAY(arena, struct outcome, METRICS);

    lines[0] = (struct plan_line){
        .source = "redis",
        .name = "redis keys",
        .description = {.text = "A", .method = "1 key", .brief = "in batches", .service = "redis"},
        .metrics = chosen,
        .metric_count = 1,
    };
    lines[1] = (struct plan_line){
        .source = "database",
        .name = "main: labels by id",
        .description = {.text = "SELECT 1",
                        .method = "one walk over labels by id",
                        .brief = "walk",
                        .service = "database main"},
        .metrics = chosen + 1,
        .metric_count = 1,
        .rows = 4000,
        .seconds = 0.0004,
    };
    lines[2] = (struct plan_line){
        .source = "database",
        .name = "main: merge_request_diff_commits_b5377a7a34 with projects by created_at, window",
        .description = {.text = "SELECT 2",
                        .method = "one walk",
                        .brief = "window",
                        .service = "database main",
                        .unindexed = "notes.a has no index, so it is slow; notes.b has no index, "
                                     "so it is slow; notes.a has no index, so it is slow"},
        .metrics = chosen + 2,
        .metric_count = 1,
        .rows = 12345678,
        .seconds = 75,
    };
    outcomes[3] = outcome_without(STATUS_ABSENT, "there is no table gone");
    return (struct shown_plan){
        .arena = arena,
        .lines = lines,
        .line_count = 3,
        .metrics = chosen,
        .outcomes = outcomes,
        .metric_count = METRICS,
    };
}

static void leave_out_the_last(struct shown_plan *plan)
{
    struct outcome *outcomes = ARENA_ARRAY(plan->arena, struct outcome, METRICS);

    memcpy(outcomes, plan->outcomes, METRICS * sizeof(outcomes[0]));
    outcomes[2] = outcome_without(STATUS_BUDGET, "too dear");
    plan->outcomes = outcomes;
    plan->lines[2].left_out = true;
    plan->budget_s = 60;
}

static void add_title(struct str *out, const char *title)
{
    str_add_format(out, "%s---- %s\n", out->length > 0 ? "\n" : "", title);
}

static void shows_plans(void **state)
{
    struct arena *arena = arena_new();
    struct shown_plan plan = three_passes(arena);
    struct str out;

    (void)state;
    str_init(&out);
    add_title(&out, "estimates alone, 100 columns");
    plan_write_table(&plan, 100, &out);
    add_title(&out, "the store cannot be read");
    plan.unmeasured = "what earlier runs took cannot be read (permission denied)";
    plan_write_table(&plan, 100, &out);
    add_title(&out, "one pass was measured, the budget has room, 160 columns");
    plan.lines[2].measured = true;
    plan.budget_s = 3600;
    plan_write_table(&plan, 160, &out);
    add_title(&out, "the budget leaves one out, 80 columns");
    leave_out_the_last(&plan);
    plan_write_table(&plan, 80, &out);
    add_title(&out, "all were measured");
    plan.lines[1].measured = true;
    plan_write_table(&plan, 80, &out);
    add_title(&out, "nothing at all");
    plan_write_table(&(struct shown_plan){.arena = arena}, 80, &out);
    add_title(&out, "JSON");
    plan_write_json(&plan, &out);
    golden_expect("plan.txt", out.text);
    str_release(&out);
    arena_free(arena);
}

static void fits_the_terminal(void **state)
{
    static const size_t widths[] = {80, 100, 160};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        struct arena *arena = arena_new();
        struct shown_plan plan = three_passes(arena);
        const char *end;
        struct str out;

        str_init(&out);
        leave_out_the_last(&plan);
        plan_write_table(&plan, widths[i], &out);
        assert_non_null(strstr(out.text, "left out"));
        end = strstr(out.text, "~ is an estimate");
        assert_non_null(end);
        out.text[end - out.text] = '\0';
        for (const char *line = out.text; *line != '\0'; line += strcspn(line, "\n") + 1)
            assert_true(figure_width(arena_format(arena, "%.*s", (int)strcspn(line, "\n"), line)) <=
                        widths[i]);
        str_release(&out);
        arena_free(arena);
    }
}

static void its_json_is_json(void **state)
{
    struct arena *arena = arena_new();
    struct shown_plan plan = three_passes(arena);
    struct js_value *root;
    struct error err;
    struct str out;

    (void)state;
    str_init(&out);
    leave_out_the_last(&plan);
    plan_write_json(&plan, &out);
    root = js_parse(out.text, out.length, &err);
    assert_non_null(root);
    assert_int_equal(js_integer(js_get(js_get(root, "total"), "rows")), 4000);
    assert_int_equal(js_integer(js_get(js_get(root, "total"), "metrics")), 2);
    js_free(root);
    str_release(&out);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_plans),
        cmocka_unit_test(fits_the_terminal),
        cmocka_unit_test(its_json_is_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
