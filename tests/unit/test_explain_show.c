/* What `explain` prints of one metric: wrapped for people, as JSON for programs. */
#include "agent/verbs/explain_show.h"

#include "agent/base/json.h"
#include "tests/support/test.h"

#include <string.h>

static const struct definition definition = {.file = "a.yml"};
static const struct source_ops redis = {.name = "redis"}, database = {.name = "database"};

static struct metric metric_of(const struct source_ops *source)
{
    return (struct metric){
        .key_path = "counts.a",
        .description = "What a person who reads this would like to know of the number, in words "
                       "that take more than one line of a terminal.",
        .product_group = "testing",
        .definition = &definition,
        .source = source,
    };
}

static const struct explained counted = {
    .origin = {.text = "SELECT 1", .method = "as this statement", .service = "database main"},
    .pass = {.name = "main: a by id",
             .is_method = true,
             .others = 2,
             .rows = 1234567,
             .seconds = 61,
             .description = {.text = "SELECT :from",
                             .method = "a walk",
                             .service = "database main",
                             .unindexed = "an index on b would help"}},
    .server_plan = "Line one\n  Line two\n",
};

static const struct explained estimated = {
    .origin = {.text = "k1\nk2", .method = "a union", .error_bound = "0.81%", .service = "redis"},
    .pass = {.name = "redis keys", .description = {.text = "not shown", .method = "in batches"}},
};

static const struct explained by_blocks = {
    .origin = {.text = "SELECT 1", .method = "m", .error_bound = "rows may be missed"},
};

static const struct explained without = {
    .origin = {.text = "SELECT 1", .method = "m"},
    .gap = "denied: permission denied for table a",
};

static const struct explained unknown = {
    .origin = {.text = "SELECT 1", .method = "m"},
    .not_known = "How it would be counted is not known: it is down",
};

static const struct {
    const char *name;
    const struct explained *explained;
    const struct source_ops *source;
    const char *line;  /* that must be there */
    const char *never; /* that must not; NULL: nothing */
} rows[] = {
    {"descriptions are wrapped", &counted, &database, "in words that\n  take", NULL},
    {"the definition is named", &counted, &database, "  definition     a.yml\n", NULL},
    {"the method is the pass's", &counted, &database, "  method         a walk\n",
     "as this statement"},
    {"the pass and its company", &counted, &database,
     "  pass           main: a by id, with 2 other metrics\n", NULL},
    {"what it costs", &counted, &database, "1,234,567 rows, 1 min 1 s for the whole pass", NULL},
    {"an index that would help", &counted, &database, "  index          an index on b", NULL},
    {"numbers are exact", &counted, &database, "  precision      exact\n", NULL},
    {"what it means", &counted, &database, "\nWhat it means, in SQL:\n  SELECT 1\n", NULL},
    {"its part of a piece", &counted, &database,
     "\nIts part of what the pass asks:\n  SELECT :from\n", NULL},
    {"the server's plan keeps its indentation", &counted, &database,
     "EXPLAIN, without execution):\n  Line one\n    Line two\n", NULL},
    {"an estimate says its bound", &estimated, &redis,
     "  precision      \xc2\xb1"
     "0.81%\n",
     NULL},
    {"a bound in words is no number", &by_blocks, &database,
     "  precision      rows may be missed\n", "\xc2\xb1"},
    {"keys stand a line each", &estimated, &redis, "\nIts keys in Redis:\n  k1\n  k2\n",
     "not shown"},
    {"of keys the metric's method counts", &estimated, &redis, "  method         a union\n",
     "in batches"},
    {"who is alone", &estimated, &redis, "  pass           redis keys, alone\n", NULL},
    {"a gap stands for the way", &without, &database,
     "  no value       denied: permission denied for table a\n", "method"},
    {"what is not known is the end", &unknown, &database, "not known: it is down\n", "pass"},
};

static void test_text(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        const struct metric metric = metric_of(rows[row].source);
        struct explained explained = *rows[row].explained;
        struct str out;

        print_message("# %s\n", rows[row].name);
        explained.metric = &metric;
        explained.arena = arena_new();
        str_init(&out);
        explain_write_text(&explained, 80, &out);
        if (strstr(out.text, rows[row].line) == NULL)
            fail_msg("no '%s' in:\n%s", rows[row].line, out.text);
        if (rows[row].never != NULL && strstr(out.text, rows[row].never) != NULL)
            fail_msg("'%s' in:\n%s", rows[row].never, out.text);
        for (const char *at = out.text; *at != '\0'; at += strcspn(at, "\n") + 1)
            assert_true(strcspn(at, "\n") <= 80);
        str_release(&out);
        arena_free(explained.arena);
    }
}

static const char *text_of(const struct js_value *document, const char *key)
{
    const char *text = js_text(js_get(document, key));

    return text != NULL ? text : "";
}

static void test_json(void **state)
{
    const struct metric metric = metric_of(&database);
    struct explained explained = counted;
    struct js_value *document;
    struct error err;
    struct str out;

    (void)state;
    explained.metric = &metric;
    explained.arena = arena_new();
    str_init(&out);
    explain_write_json(&explained, &out);
    document = js_parse(out.text, out.length, &err);
    assert_non_null(document);
    assert_string_equal(text_of(document, "key_path"), "counts.a");
    assert_string_equal(text_of(document, "means"), "SELECT 1");
    assert_string_equal(text_of(document, "pass"), "main: a by id");
    assert_string_equal(text_of(document, "asked"), "SELECT :from");
    assert_int_equal(js_integer(js_get(document, "rows")), 1234567);
    assert_int_equal(js_count(js_get(document, "explain")), 2);
    assert_int_equal(js_kind(js_get(document, "error_bound")), JS_NULL);
    js_free(document);
    str_release(&out);
    arena_free(explained.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_json)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
