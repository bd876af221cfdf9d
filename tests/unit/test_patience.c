#include "metrics/patience.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* What is to be done after each failure in a row: the pause in ms with + (again) or - (smaller);
 * "apart" or "over". */
static const struct {
    const char *name, *sqlstate, *course;
} cases[] = {
    {"a server that is away gets three more chances", "57P01", "1000+ 2000+ 4000+ over"},
    {"so does one that says nothing", "", "1000+ 2000+ 4000+ over"},
    {"or one that is starting", "57P03", "1000+ 2000+ 4000+ over"},
    {"or one without room for a session", "53300", "1000+ 2000+ 4000+ over"},
    {"a lock: growing pauses, then the guilty are told apart", "55P03",
     "250+ 500+ 1000+ 2000+ apart apart apart apart apart apart apart apart apart apart over over"},
    {"a conflict with recovery: twice the same, then less and less", "40001",
     "100+ 200+ 400- 800- 1600- 3000- 3000- 3000- over"},
    {"a deadlock with recovery likewise", "40P01",
     "100+ 200+ 400- 800- 1600- 3000- 3000- 3000- over over"},
};

static void tell(struct patience_choice choice, char *out, size_t size)
{
    if (choice.step == PATIENCE_APART || choice.step == PATIENCE_OVER)
        (void)snprintf(out, size, "%s", choice.step == PATIENCE_APART ? "apart" : "over");
    else
        (void)snprintf(out, size, "%u%c", choice.wait_ms,
                       choice.step == PATIENCE_AGAIN ? '+' : '-');
}

static void test_courses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct patience patience = {0};
        const char *at = cases[i].course;

        print_message("  %s\n", cases[i].name);
        while (*at != '\0') {
            size_t length = strcspn(at, " ");
            char said[16];

            tell(patience_after(&patience, cases[i].sqlstate), said, sizeof(said));
            assert_int_equal(strlen(said), length);
            assert_memory_equal(said, at, length);
            at += length + (at[length] == ' ');
        }
    }
}

/* A lock says nothing about how often recovery may still cancel the statement. */
static void test_troubles_are_counted_apart(void **state)
{
    struct patience patience = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        (void)patience_after(&patience, "55P03");
    assert_int_equal(patience_after(&patience, "40001").wait_ms, 100);
    assert_int_equal(patience_after(&patience, "08006").wait_ms, 1000);
    assert_int_equal(patience_after(&patience, "55P03").step, PATIENCE_APART);
}

static const struct {
    const char *sqlstate, *said;
} sentences[] = {
    {"55P03", "a table of it all 3 times it was asked"},
    {"55P03", "plan.lock_timeout"},
    {"40001", "the standby cancelled it 3"},
    {"40001", "hot_standby_feedback = on"},
    {"40P01", "max_standby_streaming_delay"},
    {"57P01", "the server's own words"},
    {"40001", ": the server's own words"},
};

static void test_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sentences); i++) {
        struct patience patience = {0};
        struct error err = {0};

        (void)error_set(&err, ERROR_UNAVAILABLE, "the server's own words");
        for (int n = 0; n < 3; n++)
            (void)patience_after(&patience, sentences[i].sqlstate);
        patience_explain(&patience, sentences[i].sqlstate, &err);
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
        if (strstr(err.text, sentences[i].said) == NULL)
            fail_msg("it says: %s", err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_courses),
        cmocka_unit_test(test_troubles_are_counted_apart),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
