#include "agent/base/words.h"

#include "tests/support/test.h"

static const char *const colours[] = {"red", "green", "blue", NULL};
static const char *const one[] = {"red", NULL};

static void finds_words(void **state)
{
    (void)state;
    assert_int_equal(words_find(colours, "green"), 1);
    assert_int_equal(words_find(colours, "Green"), -1);
    assert_int_equal(words_find(colours, ""), -1);
    assert_int_equal(words_find_any_case(colours, "BLUE"), 2);
    assert_int_equal(words_find_any_case(colours, "blu"), -1);
}

static void joins_words(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(words_join(colours, arena), "red, green or blue");
    assert_string_equal(words_join(one, arena), "red");
    assert_string_equal(words_join(one + 1, arena), "");
    arena_free(arena);
}

static const struct {
    const char *name, *word, *found;
} cases[] = {
    {"a letter too few", "endpoit", "endpoint"},
    {"a letter too many", "endpoinnt", "endpoint"},
    {"a wrong letter", "endpaint", "endpoint"},
    {"two letters swapped", "endpiont", "endpoint"},
    {"two slips in a long word", "statemant_timeuot", "statement_timeout"},
    {"the nearer of two", "timeouts", "timeout"},
    {"the word itself", "timeout", "timeout"},
    {"another word", "colour", NULL},
    {"a word longer than anybody's slip",
     "endpointendpointendpointendpointendpointendpointendpointendpointendpointendpointendpoint",
     NULL},
};

static void guesses_what_was_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nearest nearest;

        print_message("# %s\n", cases[i].name);
        nearest_init(&nearest, cases[i].word);
        nearest_try(&nearest, "endpoint");
        nearest_try(&nearest, "statement_timeout");
        nearest_try(&nearest, "timeout");
        if (cases[i].found == NULL)
            assert_null(nearest.found);
        else
            assert_string_equal(nearest.found, cases[i].found);
    }
}

static void hints_only_if_something_is_near(void **state)
{
    struct arena *arena = arena_new();
    struct nearest nearest;

    (void)state;
    nearest_init(&nearest, "timeotu");
    assert_string_equal(nearest_hint(&nearest, arena), "");
    nearest_try(&nearest, "timeout");
    assert_string_equal(nearest_hint(&nearest, arena), "; did you mean 'timeout'?");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_words),
        cmocka_unit_test(joins_words),
        cmocka_unit_test(guesses_what_was_meant),
        cmocka_unit_test(hints_only_if_something_is_near),
    };

    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
