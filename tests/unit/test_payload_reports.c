/* What goes beside a ping under GitLab's protocol, byte for byte. */
#include "agent/payload_reports.h"

#include "tests/support/test.h"

static void expect(struct str *found, const char *expected)
{
    assert_string_equal(found->text, expected);
    str_release(found);
}

static void metadata_has_seconds_and_reasons_in_the_order_of_the_payload(void **state)
{
    static const struct payload_item items[] = {
        {"metric_group.metric_b",
         {.status = STATUS_ERROR, .reason = "Error \"x\"", .took_us = 123000000}},
        {"metric_a", {.value = {VALUE_COUNT, 1, NULL, false}, .took_us = 123456}},
        {"metric_group.metric_a", {.status = STATUS_ABSENT}},
    };
    struct str out;

    (void)state;
    str_init(&out);
    payload_write_metadata("0000-1", items, COUNT_OF(items), &out);
    expect(&out, "{\"metadata\":{\"uuid\":\"0000-1\",\"metrics\":["
                 "{\"name\":\"metric_a\",\"time_elapsed\":0.123456},"
                 "{\"name\":\"metric_group.metric_a\",\"time_elapsed\":0.000000,"
                 "\"error\":\"absent\"},"
                 "{\"name\":\"metric_group.metric_b\",\"time_elapsed\":123.000000,"
                 "\"error\":\"Error \\\"x\\\"\"}]}}");
}

static void metadata_of_nothing_is_an_empty_list(void **state)
{
    struct str out;

    (void)state;
    str_init(&out);
    payload_write_metadata("u", NULL, 0, &out);
    expect(&out, "{\"metadata\":{\"uuid\":\"u\",\"metrics\":[]}}");
}

static const struct {
    const char *name;
    int64_t elapsed_us;
    const char *elapsed;
} tenths[] = {
    {"nothing", 0, "0.0"},
    {"just below half a tenth", 49999, "0.0"},
    {"half a tenth", 50000, "0.1"},
    {"ten seconds but a little", 9960000, "10.0"},
    {"hours", INT64_C(7200340000), "7200.3"},
};

static void a_failure_says_who_when_why_and_how_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tenths); i++) {
        const struct payload_failure failure = {
            .at_us = INT64_C(1795255445123999),
            .elapsed_us = tenths[i].elapsed_us,
            .uuid = "u",
            .hostname = "git.example.com",
            .message = "no route",
        };
        struct str out, expected;

        str_init(&out);
        str_init(&expected);
        str_add_format(&expected,
                       "{\"error\":{\"time\":\"2026-11-21T10:04:05.123Z\",\"uuid\":\"u\","
                       "\"hostname\":\"git.example.com\",\"version\":null,"
                       "\"message\":\"no route\",\"elapsed\":%s}}",
                       tenths[i].elapsed);
        payload_write_failure(&failure, &out);
        expect(&out, expected.text);
        str_release(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_has_seconds_and_reasons_in_the_order_of_the_payload),
        cmocka_unit_test(metadata_of_nothing_is_an_empty_list),
        cmocka_unit_test(a_failure_says_who_when_why_and_how_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
