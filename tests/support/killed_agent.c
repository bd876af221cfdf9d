#include "tests/support/killed_agent.h"

#include "agent/base/str.h"
#include "tests/support/require.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void killed_agent_init(struct killed_agent *agent)
{
    const char *given = getenv("AGENT");

    REQUIRE(realpath(given != NULL ? given : "build/release/service-ping", agent->program) != NULL);
    scratch_init(&agent->scratch);
}

void killed_agent_release(struct killed_agent *agent)
{
    scratch_release(&agent->scratch);
}

const char *agent_path(const struct killed_agent *agent, const char *name, const char *file,
                       char out[AGENT_PATH_SIZE])
{
    (void)snprintf(out, AGENT_PATH_SIZE, "%s/%s/%s", agent->scratch.folder, name, file);
    return out;
}

void agent_define(struct killed_agent *agent, const char *definitions,
                  const struct agent_metric *metric)
{
    struct str text;
    char name[96];

    str_init(&text);
    str_add_format(&text,
                   "key_path: %s\ndescription: A metric of this test\nproduct_group: testing\n"
                   "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                   "introduced_by_url: https://example.org/1\ntime_frame: %s\n"
                   "data_source: %s\ndata_category: optional\ntiers: [free]\noptions: %s\n",
                   metric->key_path, metric->time_frame, metric->data_source, metric->options);
    (void)snprintf(name, sizeof(name), "%s/metrics/%s.yml", definitions, metric->key_path);
    scratch_write(&agent->scratch, name, text.text);
    str_release(&text);
}

void agent_settle(struct killed_agent *agent, const char *name, const char *definitions,
                  double duty)
{
    struct str text;
    char file[96];

    str_init(&text);
    str_add_format(&text,
                   "consent: on\nstate: %s/%s/state\ndefinitions: [%s/%s]\n"
                   "databases: {main: {conninfo: \"%s options='-csearch_path=kill'\","
                   " duty: %.3f}}\nredis: {address: %s}\n"
                   "plan: {piece_target: 10ms, small_table_rows: 1000}\n",
                   agent->scratch.folder, name, agent->scratch.folder, definitions,
                   getenv("TEST_DATABASE"), duty, getenv("TEST_REDIS"));
    (void)snprintf(file, sizeof(file), "%s/settings.yml", name);
    scratch_write(&agent->scratch, file, text.text);
    str_release(&text);
}

struct killed agent_start(struct killed_agent *agent, const struct agent_start *start)
{
    char quiet[] = "--quiet", verb[] = "preview", format[] = "--format", json[] = "json";
    char sealed[] = "--sealed", settings[AGENT_PATH_SIZE], output[AGENT_PATH_SIZE],
         errors[AGENT_PATH_SIZE];
    char *words[] = {
        agent->program, quiet, verb, format, json, start->sealed ? sealed : NULL, NULL};
    struct killing killing = {
        .words = words,
        .output = agent_path(agent, start->name, "output", output),
        .errors = agent_path(agent, start->name, "errors", errors),
        .call = start->call,
        .at = start->at,
        .due = start->due,
        .later_us = start->later_us,
    };

    (void)setenv("SERVICE_PING_CONFIG", agent_path(agent, start->name, "settings.yml", settings),
                 1);
    return killing_run(&killing);
}

static bool copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out;
    char bytes[8192];
    size_t length;

    if (in == NULL)
        return false;
    out = fopen(to, "wb");
    REQUIRE(out != NULL);
    while ((length = fread(bytes, 1, sizeof(bytes), in)) > 0)
        REQUIRE(fwrite(bytes, 1, length, out) == length);
    (void)fclose(in);
    REQUIRE(fclose(out) == 0);
    return true;
}

bool agent_snapshot(const struct killed_agent *agent, const char *name, const char *snapshot)
{
    char from[AGENT_PATH_SIZE], to[AGENT_PATH_SIZE], wal[64];

    (void)snprintf(wal, sizeof(wal), "%s-wal", snapshot);
    (void)copy_file(agent_path(agent, name, AGENT_STORE "-wal", from),
                    agent_path(agent, name, wal, to));
    return copy_file(agent_path(agent, name, AGENT_STORE, from),
                     agent_path(agent, name, snapshot, to));
}

const char *agent_ask(const char *file, const char *sql, char out[AGENT_TEXT_SIZE])
{
    sqlite3_stmt *question = NULL;
    sqlite3 *db;

    out[0] = '\0';
    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &question, NULL) == SQLITE_OK &&
        sqlite3_step(question) == SQLITE_ROW && sqlite3_column_text(question, 0) != NULL)
        (void)snprintf(out, AGENT_TEXT_SIZE, "%s", (const char *)sqlite3_column_text(question, 0));
    (void)sqlite3_finalize(question);
    (void)sqlite3_close(db);
    return out;
}

double agent_duty_for(const struct killed_agent *agent, const char *name, int64_t wall_us)
{
    char file[AGENT_PATH_SIZE], found[AGENT_TEXT_SIZE];
    double busy_us = strtod(agent_ask(agent_path(agent, name, AGENT_STORE, file),
                                      "SELECT sum(took_us) FROM outcomes", found),
                            NULL);
    double duty = busy_us / (double)wall_us;

    if (duty < 0.01)
        return 0.01;
    return duty < 1 ? duty : 1;
}
