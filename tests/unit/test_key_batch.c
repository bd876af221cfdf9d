#include "metrics/key_batch.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

/* What PFADD of one, of two and of both elements leaves in Redis. */
#define HEAD "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80"

static struct {
    const struct key_question *question;
    struct outcome outcome;
    char value[512];
    char reason[512];
} answers[256];
static size_t answer_count;

static void answered(const struct key_question *question, const struct outcome *outcome, void *arg)
{
    struct str json;

    assert_ptr_equal(&answers, arg);
    str_init(&json);
    value_write_json(&outcome->value, &json);
    answers[answer_count].question = question;
    answers[answer_count].outcome = *outcome;
    (void)snprintf(answers[answer_count].value, sizeof answers[0].value, "%s", json.text);
    (void)snprintf(answers[answer_count].reason, sizeof answers[0].reason, "%s",
                   outcome->reason != NULL ? outcome->reason : "");
    answer_count++;
    str_release(&json);
}

static struct key_batch batch;

static int batch_begin(void **state)
{
    (void)state;
    answer_count = 0;
    key_batch_init(&batch, answered, &answers);
    return 0;
}

static int batch_end(void **state)
{
    (void)state;
    key_batch_release(&batch);
    return 0;
}

static const struct wanted_key *wanted(const char *name)
{
    for (size_t i = 0; i < batch.key_count; i++)
        if (strcmp(batch.keys[i].name, name) == 0)
            return &batch.keys[i];
    fail_msg("the key %s is not wanted", name);
    return NULL;
}

static void give(const char *name, const char *text)
{
    const struct wanted_key *key = wanted(name);

    if (text != NULL)
        key_batch_add(&batch, key, text, strlen(text));
    key_batch_close(&batch, key);
}

static const char *const a_b[] = {"a", "b"}, *const b_c[] = {"b", "c"}, *const only_c[] = {"c"};

static void a_shared_key_is_wanted_once(void **state)
{
    const struct key_question questions[] = {
        {.fold = FOLD_COUNT, .count = 2, .keys = a_b},
        {.fold = FOLD_COUNT, .count = 2, .keys = b_c},
    };

    (void)state;
    assert_int_equal(2, key_batch_fill(&batch, questions, 2));
    assert_int_equal(3, batch.key_count);
    give("b", "10");
    assert_int_equal(0, answer_count);
    give("a", "1");
    assert_int_equal(1, answer_count);
    assert_ptr_equal(&questions[0], answers[0].question);
    assert_string_equal("11", answers[0].value);
    give("c", NULL);
    assert_string_equal("10", answers[1].value);
    assert_null(answers[1].outcome.method);
}

static void the_same_name_in_two_forms_is_two_keys(void **state)
{
    const struct key_question questions[] = {
        {.fold = FOLD_COUNT, .count = 1, .keys = only_c},
        {.fold = FOLD_UNION, .count = 1, .keys = only_c},
        {.fold = FOLD_SUM, .count = 1, .keys = only_c},
    };

    (void)state;
    assert_int_equal(3, key_batch_fill(&batch, questions, 3));
    assert_int_equal(2, batch.key_count); /* counts and sums are read alike */
    assert_int_equal(FORM_SKETCH, batch.keys[0].form);
    assert_int_equal(FORM_COUNTER, batch.keys[1].form);
    key_batch_add(&batch, &batch.keys[1], "2.5", 3);
    key_batch_close(&batch, &batch.keys[1]);
    assert_int_equal(2, answer_count);
    assert_string_equal("2.5", answers[1].value);
    assert_int_equal(STATUS_ERROR, answers[0].outcome.status);
}

static void a_fault_fails_only_who_needs_the_key(void **state)
{
    const struct key_question questions[] = {
        {.fold = FOLD_COUNT, .count = 2, .keys = a_b},
        {.fold = FOLD_COUNT, .count = 2, .keys = b_c},
        {.fold = FOLD_COUNT, .count = 1, .keys = only_c},
    };
    struct error err;

    (void)state;
    assert_int_equal(3, key_batch_fill(&batch, questions, 3));
    (void)error_set(&err, ERROR_DENIED, "the key a is not for us");
    key_batch_fail(&batch, wanted("a"), &err);
    give("a", NULL);
    give("b", "5");
    give("c", "seven");
    assert_int_equal(3, answer_count);
    assert_int_equal(STATUS_DENIED, answers[0].outcome.status);
    assert_string_equal("the key a is not for us", answers[0].reason);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(STATUS_ERROR, answers[i].outcome.status);
        assert_string_equal("the key c: 'seven' is not a whole number of 64 bits",
                            answers[i].reason);
    }
}

/* T4 and T5 of GitLab's tests */
static void sums_and_totals(void **state)
{
    static const char *const labels[] = {"label", "label"};
    const struct key_question questions[] = {
        {.fold = FOLD_SUM, .count = 2, .keys = a_b},
        {.fold = FOLD_TOTALS, .count = 2, .keys = a_b, .identifiers = labels},
    };
    static const char *const fields[][3] = {
        {"a", "label1", "3"}, {"a", "label2", "5"}, {"b", "label3", "7"}, {"b", "label2", "2"}};

    (void)state;
    assert_int_equal(2, key_batch_fill(&batch, questions, 2));
    assert_int_equal(4, batch.key_count);
    give("a", "11.1");
    give("b", "20.2");
    assert_string_equal("31.3", answers[0].value);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        key_batch_add_field(&batch, &batch.keys[fields[i][0][0] == 'a' ? 2 : 3], fields[i][1],
                            fields[i][2], 1);
    key_batch_close(&batch, &batch.keys[3]);
    key_batch_close(&batch, &batch.keys[2]);
    assert_string_equal("{\"label\":{\"label1\":3,\"label2\":7,\"label3\":7}}", answers[1].value);
    assert_int_equal(VALUE_JSON, answers[1].outcome.value.kind);
}

static void nothing_comes_to_nothing(void **state)
{
    static const char *const identifiers[] = {"user", "label"};
    static const char *const values[] = {"0", "0", "0", "0", "{\"label\":{},\"user\":{}}"};
    struct key_question questions[COUNT_OF(values)];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        questions[i] = (struct key_question){.fold = (enum key_fold)i, .count = 2, .keys = a_b};
    questions[FOLD_TOTALS].identifiers = identifiers;
    assert_int_equal(COUNT_OF(values), key_batch_fill(&batch, questions, COUNT_OF(values)));
    for (size_t i = 0; i < batch.key_count; i++)
        key_batch_close(&batch, &batch.keys[i]);
    assert_int_equal(COUNT_OF(values), answer_count);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        assert_string_equal(values[answers[i].question->fold], answers[i].value);
}

static const struct {
    const char *name;
    enum key_fold fold;
    const char *texts[2];
    const char *value; /* NULL: an error */
} numbers[] = {
    {"the largest and the smallest",
     FOLD_COUNT,
     {"9223372036854775807", "-9223372036854775808"},
     "-1"},
    {"a counter too large", FOLD_COUNT, {"9223372036854775808", "0"}, NULL},
    {"a counter too small", FOLD_COUNT, {"-9223372036854775809", "0"}, NULL},
    {"a sum of counters too large", FOLD_COUNT, {"9223372036854775807", "1"}, NULL},
    {"an empty text", FOLD_COUNT, {"", "1"}, NULL},
    {"a minus alone", FOLD_COUNT, {"-", "1"}, NULL},
    {"a decimal counter", FOLD_COUNT, {"1.0", "1"}, NULL},
    {"a counter with blanks", FOLD_COUNT, {" 1", "1"}, NULL},
    {"whole sums have no point", FOLD_SUM, {"11.5", "19.50"}, "31"},
    {"sums never pass through a double", FOLD_SUM, {"0.1", "0.2"}, "0.3"},
    {"digits that a double drops",
     FOLD_SUM,
     {"9007199254740993", "0.00000000000000001"},
     "9007199254740993.00000000000000001"},
    {"a sum that is no number", FOLD_SUM, {"nan", "1"}, NULL},
    {"an infinite sum", FOLD_SUM, {"inf", "1"}, NULL},
    {"text instead of a HyperLogLog", FOLD_UNION, {"42", "43"}, NULL},
};

static void values_that_add_up_or_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const struct key_question question = {.fold = numbers[i].fold, .count = 2, .keys = a_b};

        print_message("# %s\n", numbers[i].name);
        answer_count = 0;
        assert_int_equal(1, key_batch_fill(&batch, &question, 1));
        give("a", numbers[i].texts[0]);
        give("b", numbers[i].texts[1]);
        assert_int_equal(1, answer_count);
        if (numbers[i].value != NULL) {
            assert_string_equal(numbers[i].value, answers[0].value);
            continue;
        }
        assert_int_equal(STATUS_ERROR, answers[0].outcome.status);
        assert_non_null(strstr(answers[0].reason, "the key "));
    }
}

static void unions_say_how_they_were_estimated(void **state)
{
    const struct key_question question = {.fold = FOLD_UNION, .count = 2, .keys = a_b};

    (void)state;
    assert_int_equal(1, key_batch_fill(&batch, &question, 1));
    key_batch_add(&batch, wanted("a"), HEAD "\x80\x7f\xfe", 19);
    key_batch_close(&batch, wanted("a"));
    key_batch_add(&batch, wanted("b"), HEAD "\x00\x84\x7f\xfd", 20);
    key_batch_close(&batch, wanted("b"));
    assert_string_equal("2", answers[0].value);
    assert_string_equal("hyperloglog", answers[0].outcome.method);
    assert_string_equal("0.81% (standard error)", answers[0].outcome.error_bound);
}

static void batches_are_bounded(void **state)
{
    enum { MANY = 250, WIDE = 700 };
    static struct key_question questions[MANY];
    static char names[WIDE][8];
    static const char *keys[WIDE];
    size_t taken = 0;

    (void)state;
    for (size_t i = 0; i < WIDE; i++) {
        (void)snprintf(names[i], sizeof names[i], "k%zu", i);
        keys[i] = names[i];
    }
    for (size_t i = 0; i < MANY; i++)
        questions[i] = (struct key_question){.fold = FOLD_COUNT, .count = 1, .keys = &keys[i]};
    while (taken < MANY) {
        size_t more = key_batch_fill(&batch, questions + taken, MANY - taken);

        assert_in_range(more, 1, 100);
        for (size_t i = 0; i < batch.key_count; i++)
            key_batch_close(&batch, &batch.keys[i]);
        taken += more;
    }
    assert_int_equal(MANY, answer_count);
    for (size_t i = 0; i < 3; i++)
        questions[i] = (struct key_question){.fold = FOLD_UNION, .count = WIDE, .keys = keys};
    assert_int_equal(1, key_batch_fill(&batch, questions, 3));
    assert_int_equal(WIDE, batch.key_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_shared_key_is_wanted_once, batch_begin, batch_end),
        cmocka_unit_test_setup_teardown(the_same_name_in_two_forms_is_two_keys, batch_begin,
                                        batch_end),
        cmocka_unit_test_setup_teardown(a_fault_fails_only_who_needs_the_key, batch_begin,
                                        batch_end),
        cmocka_unit_test_setup_teardown(sums_and_totals, batch_begin, batch_end),
        cmocka_unit_test_setup_teardown(nothing_comes_to_nothing, batch_begin, batch_end),
        cmocka_unit_test_setup_teardown(values_that_add_up_or_do_not, batch_begin, batch_end),
        cmocka_unit_test_setup_teardown(unions_say_how_they_were_estimated, batch_begin, batch_end),
        cmocka_unit_test_setup_teardown(batches_are_bounded, batch_begin, batch_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
