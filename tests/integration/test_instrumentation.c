/*
 * What definitions/instrumentation.yml says of GitLab's classes and key paths, put to a real
 * PostgreSQL: each plain statement is explained on empty tables that have the columns of GitLab's
 * (tests/support/sample/gitlab_columns.sql), so that no name or type can be wrong unseen.
 */
#include "agent/base/file.h"
#include "agent/base/str.h"
#include "metrics/database_spec.h"
#include "metrics/metric_sql.h"
#include "tests/support/instrumented.h"
#include "tests/support/test.h"

#include <libpq-fe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-21 12:00:00 UTC */
#define RECORDED_AT INT64_C(1795262400)

static PGconn *connection;
static struct arena *arena;

/* The server's complaint about these statements, "" if there is none; the line of it is enough. */
static const char *complaint_of(const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    bool good =
        PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK;
    const char *primary = good ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *text = good ? "" : arena_copy(arena, primary != NULL ? primary : "no answer");

    PQclear(result);
    return text;
}

static int set_up(void **state)
{
    const char *conninfo = getenv("TEST_DATABASE"), *text;
    struct error err = {0};
    size_t length;

    (void)state;
    if (conninfo == NULL) {
        (void)fputs("run it under tests/support/with-services\n", stderr);
        return -1;
    }
    arena = arena_new();
    connection = PQconnectdb(conninfo);
    assert_int_equal(PQstatus(connection), CONNECTION_OK);
    assert_string_equal(complaint_of("CREATE SCHEMA gitlab; SET search_path = gitlab"), "");
    if (!file_read("tests/support/sample/gitlab_columns.sql", arena, &text, &length, &err))
        fail_msg("%s", err.text);
    assert_string_equal(complaint_of(text), "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    PQfinish(connection);
    arena_free(arena);
    return 0;
}

struct tally {
    struct complaints complaints;
    unsigned explained, refused, timeless;
};

/* Tables without created_at have no window, in GitLab as here. */
static bool is_timeless(const struct instrumentation_entry *entry,
                        const struct instrumentation_question *question, const char *complaint)
{
    return question->windowed && doc_get(entry->node, "timestamp_column") == NULL &&
           strstr(complaint, "created_at") != NULL && strstr(complaint, "does not exist") != NULL;
}

static void explain(const struct instrumentation_entry *entry,
                    const struct instrumentation_question *question,
                    const struct instrumentation_answer *answer, void *arg)
{
    struct tally *tally = arg;
    struct definition definition = {
        .file = entry->file, .options = answer->options, .instrumentation_class = entry->name};
    struct metric metric = {
        .key_path = entry->name,
        .value_type = TYPE_NUMBER,
        .time_frame = question->windowed ? TIME_FRAME_28D : TIME_FRAME_ALL,
        .definition = &definition,
    };
    const char *complaint;
    struct str sql;

    if (answer->outcome != INSTRUMENTATION_MAPPED)
        return;
    database_spec_parse(&definition, &metric, arena, &tally->complaints);
    assert_non_null(metric.spec);
    str_init(&sql);
    str_add(&sql, "EXPLAIN ");
    metric_sql_add_statement(&metric, RECORDED_AT, &sql);
    complaint = complaint_of(sql.text);
    tally->explained++;
    if (is_timeless(entry, question, complaint)) {
        tally->timeless++;
    } else if (complaint[0] != '\0') {
        print_message("# %s: %s: %s\n", entry->name, complaint, sql.text);
        tally->refused++;
    }
    str_release(&sql);
}

static void test_explained(void **state)
{
    struct instrumentation_map *map;
    struct tally tally = {.explained = 0};

    (void)state;
    complaints_init(&tally.complaints, arena);
    map = instrumented_map(arena, &tally.complaints);
    instrumented_each(map, arena, explain, &tally);
    print_message("# %u statements explained, %u windows on tables without created_at\n",
                  tally.explained, tally.timeless);
    assert_int_equal(tally.complaints.count, 0);
    assert_int_equal(tally.refused, 0);
    assert_true(tally.explained > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_explained)};

    return cmocka_run_group_tests_name("instrumentation", tests, set_up, tear_down);
}
