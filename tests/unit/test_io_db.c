/* What db.c needs no server for: errors, binary forms, quoting, settings. */
#include "agent/base/str.h"
#include "agent/io/db.h"
#include "agent/io/db_binary.h"
#include "agent/io/db_fault.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    struct db_fault fault;
    enum error_kind kind;
    const char *text;
} faults[] = {
    {"a timeout",
     {"57014", "canceling statement due to statement timeout", NULL, NULL},
     ERROR_TIMEOUT,
     "canceling statement due to statement timeout (SQLSTATE 57014)"},
    {"a conflict on a standby, with its detail",
     {"40001", "canceling statement due to conflict with recovery",
      "User query might have needed to see row versions that must be removed.", NULL},
     ERROR_UNAVAILABLE,
     "canceling statement due to conflict with recovery; User query might have needed to see row "
     "versions that must be removed. (SQLSTATE 40001)"},
    {"a deadlock", {"40P01", "deadlock", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"a full disk", {"53100", "disk", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"too many connections", {"53300", "many", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"a shutdown", {"57P01", "bye", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"starting up", {"57P03", "soon", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"a broken connection", {"08006", "broken", NULL, NULL}, ERROR_UNAVAILABLE, NULL},
    {"no table", {"42P01", "no", NULL, NULL}, ERROR_MISSING, "no (SQLSTATE 42P01)"},
    {"no column", {"42703", "no", NULL, NULL}, ERROR_MISSING, NULL},
    {"no schema", {"3F000", "no", NULL, NULL}, ERROR_MISSING, NULL},
    {"no privilege", {"42501", "no", NULL, NULL}, ERROR_DENIED, NULL},
    {"another of the class", {"42601", "syntax", NULL, NULL}, ERROR_REFUSED, NULL},
    {"an unknown one", {"XX000", "oops", NULL, NULL}, ERROR_REFUSED, NULL},
    {"libpq's own, of which the first line is enough",
     {NULL, "server closed the connection unexpectedly\n\tThis probably means ...\n", NULL, NULL},
     ERROR_UNAVAILABLE,
     "server closed the connection unexpectedly"},
    {"nothing at all", {NULL, NULL, NULL, NULL}, ERROR_UNAVAILABLE, "no reason"},
    {"several lines",
     {"42601", "a\n\tb  c \n", "d\ne", "f"},
     ERROR_REFUSED,
     "a b c ; d e; f (SQLSTATE 42601)"},
    {"values are hidden",
     {"22P02", "invalid input syntax for type integer: \"Paris\"", "x", "y"},
     ERROR_REFUSED,
     "invalid input syntax for type integer: \"...\" (SQLSTATE 22P02)"},
    {"values with quotes are hidden",
     {"22007", "bad \"a\" \"b\" end", NULL, NULL},
     ERROR_REFUSED,
     "bad \"...\" end (SQLSTATE 22007)"},
    {"short values are hidden",
     {"22003", "value \"7\"", NULL, NULL},
     ERROR_REFUSED,
     "value \".\" (SQLSTATE 22003)"},
    {"keys are hidden",
     {"23505", "duplicate key value violates unique constraint \"users_email\"",
      "Key (email)=(a@b.c) already exists.", NULL},
     ERROR_REFUSED,
     "duplicate key value violates unique constraint \"...\" (SQLSTATE 23505)"},
};

static void faults_become_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct db_failure failure = {0};

        print_message("# %s\n", faults[i].name);
        db_fault_of_statement(&faults[i].fault, &failure);
        assert_string_equal(error_kind_name(failure.err.kind), error_kind_name(faults[i].kind));
        assert_string_equal(failure.sqlstate,
                            faults[i].fault.sqlstate != NULL ? faults[i].fault.sqlstate : "");
        if (faults[i].text != NULL)
            assert_string_equal(failure.err.text, faults[i].text);
    }
}

static void long_faults_are_cut_but_keep_the_sqlstate(void **state)
{
    char longest[2000];
    struct db_failure failure = {0};

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    db_fault_of_statement(&(struct db_fault){"42601", longest, longest, longest}, &failure);
    assert_non_null(strstr(failure.err.text, "xxx (SQLSTATE 42601)"));
    db_fault_of_statement(&(struct db_fault){"42601", "short", longest, "hint"}, &failure);
    assert_string_equal(failure.err.text, "short; hint (SQLSTATE 42601)");
}

static const struct {
    const char *name, *report;
    enum error_kind kind;
    const char *sqlstate, *text;
} reports[] = {
    {"refused by the server",
     "connection to server on socket \"/s\" failed: FATAL:  28P01: password authentication failed "
     "for user \"x\"\nLOCATION:  auth_failed, auth.c:334\n",
     ERROR_DENIED, "28P01",
     "connection to server on socket \"/s\" failed: FATAL: password authentication failed for user "
     "\"x\" (SQLSTATE 28P01)"},
    {"in another language",
     "connection to server at \"h\" failed: FATAL:  3D000: Datenbank \"x\" existiert nicht\n",
     ERROR_MISSING, "3D000",
     "connection to server at \"h\" failed: FATAL: Datenbank \"x\" existiert nicht (SQLSTATE "
     "3D000)"},
    {"several hosts: the last one's",
     "a: FATAL:  57P03: starting\nLOCATION:  x, y.c:1\nb: FATAL:  28000: no role\nLOCATION:  z",
     ERROR_DENIED, "28000", NULL},
    {"no server", "could not connect: Connection refused\n\tIs the server running?\n",
     ERROR_UNAVAILABLE, "", "could not connect: Connection refused Is the server running?"},
    {"something alike", "x:  ABCDE is no code\n", ERROR_UNAVAILABLE, "", NULL},
};

static void reports_of_connecting_become_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reports); i++) {
        struct db_failure failure = {0};

        print_message("# %s\n", reports[i].name);
        db_fault_of_connecting(reports[i].report, &failure);
        assert_string_equal(error_kind_name(failure.err.kind), error_kind_name(reports[i].kind));
        assert_string_equal(failure.sqlstate, reports[i].sqlstate);
        assert_null(strstr(failure.err.text, "LOCATION"));
        if (reports[i].text != NULL)
            assert_string_equal(failure.err.text, reports[i].text);
    }
}

static const struct {
    const char *name, *quoted;
} names[] = {
    {"abc", "abc"},
    {"_a1", "_a1"},
    {"schema.relation", "schema.relation"},
    {"Ab c", "\"Ab c\""},
    {"a\"b", "\"a\"\"b\""},
    {"1a", "\"1a\""},
    {"a-b", "\"a-b\""},
    {"gr\xc3\xbc", "\"gr\xc3\xbc\""},
    {"user", "\"user\""},
    {"public.order", "public.\"order\""},
    {"current_date", "\"current_date\""},
    {"orders", "orders"},
    {"use", "use"},
    {"xmltable", "\"xmltable\""},
    {"all", "\"all\""},
    {"a$b", "\"a$b\""},
    {"", "\"\""},
    {"a; DROP TABLE x", "\"a; DROP TABLE x\""},
};

static void names_are_quoted_where_needed(void **state)
{
    struct str out;

    (void)state;
    str_init(&out);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str_clear(&out);
        db_quote_name(names[i].name, &out);
        assert_string_equal(out.text, names[i].quoted);
    }
    str_release(&out);
}

static void texts_are_quoted(void **state)
{
    struct str out;

    (void)state;
    str_init(&out);
    db_quote_text("", &out);
    db_quote_text("it's", &out);
    db_quote_text("a\\'b", &out);
    assert_string_equal(out.text, "'''it''s'E'a\\\\''b'");
    str_release(&out);
}

#define LIST_HEAD_OF(dimensions, type) "\0\0\0" dimensions "\0\0\0\0\0\0\0" type
#define ONE_DIMENSION                  "\0\0\0\x02\0\0\0\x01"

static const struct {
    const char *name;
    unsigned type;
    const char *bytes;
    size_t length;
    bool good;
    unsigned count;
    int64_t sum;
} lists[] = {
    {"int4[]", TYPE_INT4_LIST,
     LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION "\0\0\0\4\0\0\0\7\0\0\0\4\xff\xff\xff\xfe", 36, true,
     2, 5},
    {"a NULL", TYPE_INT4_LIST,
     LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION "\xff\xff\xff\xff\0\0\0\4\0\0\1\0", 32, true, 1, 256},
    {"nothing", TYPE_INT4_LIST, LIST_HEAD_OF("\0", "\x17"), 12, true, 0, 0},
    {"elements of another type", TYPE_INT4_LIST, LIST_HEAD_OF("\0", "\x19"), 12, false, 0, 0},
    {"no list", TYPE_INT4, "\0\0\0\1", 4, false, 0, 0},
    {"cut in the head", TYPE_INT4_LIST, LIST_HEAD_OF("\1", "\x17"), 11, false, 0, 0},
    {"cut in the dimensions", TYPE_INT4_LIST, LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION, 19, false,
     0, 0},
    {"cut in a length", TYPE_INT4_LIST, LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION "\0\0\0", 23,
     false, 0, 0},
    {"cut in an element", TYPE_INT4_LIST, LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION "\0\0\0\4\0\0\0",
     27, false, 0, 0},
    {"an element of another length", TYPE_INT4_LIST,
     LIST_HEAD_OF("\1", "\x17") ONE_DIMENSION "\0\0\0\x08\0\0\0\0\0\0\0\1", 32, false, 0, 0},
    {"too many dimensions", TYPE_INT4_LIST, "\xff\xff\xff\xff\0\0\0\0\0\0\0\x17", 12, false, 0, 0},
};

struct sum {
    unsigned count;
    int64_t sum;
};

static void add(int64_t element, void *arg)
{
    struct sum *sum = arg;

    sum->count++;
    sum->sum += element;
}

/* The bytes are copied to memory of just that length, so that a read beyond it is found. */
static void lists_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct error err = {0};
        struct sum sum = {0};
        char *bytes = malloc(lists[i].length);
        struct db_field field = {.type = lists[i].type, .bytes = bytes, .length = lists[i].length};

        print_message("# %s\n", lists[i].name);
        assert_non_null(bytes);
        memcpy(bytes, lists[i].bytes, lists[i].length);
        assert_int_equal(db_binary_list(&field, add, &sum, &err), lists[i].good);
        assert_int_equal(err.kind, lists[i].good ? ERROR_NONE : ERROR_INVALID);
        assert_int_equal(sum.count, lists[i].count);
        assert_true(sum.sum == lists[i].sum);
        free(bytes);
    }
}

static const struct {
    unsigned type;
    const char *bytes;
    size_t length;
    bool good;
    int64_t integer;
} integers[] = {
    {TYPE_INT2, "\xff\xfe", 2, true, -2},
    {TYPE_INT4, "\x7f\xff\xff\xff", 4, true, INT32_MAX},
    {TYPE_INT8, "\x80\0\0\0\0\0\0\0", 8, true, INT64_MIN},
    {TYPE_BOOL, "\x01", 1, true, 1},
    {TYPE_INT4, "\0\1", 2, false, 0},
    {TYPE_INT8, "", 0, false, 0},
    {25, "1234", 4, false, 0},
};

static void integers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(integers); i++) {
        struct error err = {0};
        int64_t integer = 0;
        struct db_field field = {
            .type = integers[i].type, .bytes = integers[i].bytes, .length = integers[i].length};

        assert_int_equal(db_binary_integer(&field, &integer, &err), integers[i].good);
        assert_true(integer == integers[i].integer);
        assert_int_equal(err.kind, integers[i].good ? ERROR_NONE : ERROR_INVALID);
    }
}

static void a_server_is_sent_only_what_it_knows(void **state)
{
    struct db_statement reading = {.sql = "SELECT 1", .timeout_ms = 500, .lock_timeout_ms = 70};
    struct db_statement writing = {.sql = "SELECT 1", .timeout_ms = 1, .writes = true};
    struct str sql;

    (void)state;
    str_init(&sql);
    db_statement_settings(&reading, 150020, &sql);
    assert_string_equal(sql.text,
                        "SELECT pg_catalog.set_config('statement_timeout', '500', true), "
                        "pg_catalog.set_config('lock_timeout', '70', true), "
                        "pg_catalog.set_config('max_parallel_workers_per_gather', '0', true), "
                        "pg_catalog.set_config('jit', 'off', true), "
                        "pg_catalog.set_config('datestyle', 'ISO', true), "
                        "pg_catalog.set_config('extra_float_digits', '1', true), "
                        "pg_catalog.set_config('client_connection_check_interval', '500', true)");
    str_clear(&sql);
    db_statement_settings(&writing, 130000, &sql);
    assert_string_equal(sql.text, "SELECT pg_catalog.set_config('statement_timeout', '1', true)");
    str_release(&sql);
}

static void statements_are_copied_with_their_texts(void **state)
{
    char text[] = "SELECT $1", first[] = "one";
    const char *const params[] = {first, NULL, ""};
    struct db_statement statement = {
        .sql = text, .params = params, .param_count = 3, .timeout_ms = 9};
    struct db_statement *copy = db_statement_copy(&statement);

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    memset(first, 'x', sizeof(first) - 1);
    assert_string_equal(copy->sql, "SELECT $1");
    assert_int_equal(copy->timeout_ms, 9);
    assert_string_equal(copy->params[0], "one");
    assert_null(copy->params[1]);
    assert_string_equal(copy->params[2], "");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_become_errors),
        cmocka_unit_test(long_faults_are_cut_but_keep_the_sqlstate),
        cmocka_unit_test(reports_of_connecting_become_errors),
        cmocka_unit_test(names_are_quoted_where_needed),
        cmocka_unit_test(texts_are_quoted),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(integers_are_read),
        cmocka_unit_test(a_server_is_sent_only_what_it_knows),
        cmocka_unit_test(statements_are_copied_with_their_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
