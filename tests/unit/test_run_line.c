/* What `systemctl status` shows of the agent. */
#include "agent/verbs/run_line.h"

#include "tests/support/test.h"

static const struct {
    const char *name, *line;
    struct daemon_status status;
} cases[] = {
    {"an idle agent names its next collection",
     "next collection Mon 2026-11-23 04:12 UTC; consent on; 0 pings waiting",
     {.next_run = 1795407120, .consent.mode = CONSENT_ON}},
    {"a schedule that never comes",
     "next collection never; consent local; 1 ping waiting",
     {.consent.mode = CONSENT_LOCAL, .courier.waiting = 1}},
    {"a collection shows how far it is",
     "collecting: 2,140 of 3,981 metrics; consent on; 2 pings waiting",
     {.state = DAEMON_COLLECTING,
      .next_run = 1795407120,
      .consent.mode = CONSENT_ON,
      .progress = {.metrics = 3981, .answered = 2140},
      .courier.waiting = 2}},
    {"what waits for the admin, and what is wrong",
     "next collection never; consent off; 0 pings waiting; 3 metrics held; The disk is full.",
     {.consent.mode = CONSENT_OFF, .held = 3, .trouble = "The disk is full."}},
};

static void test_lines(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("  %s\n", cases[i].name);
        assert_string_equal(run_line(&cases[i].status, arena), cases[i].line);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
