#include "agent/store_inside.h"

#include "agent/base/clock.h"
#include "agent/store.h"

#include <stdio.h>

/* Outcomes of so many of the newest runs are kept after their pings were sent or replaced. */
#define RUNS_KEPT "30"

#define RUN_COLUMNS                                                                                \
    "r.id, r.recorded_at, r.started_us, r.finished_us, r.resumed, r.definitions_digest, p.id,"     \
    " r.busy_us, r.slot, r.state = 'abandoned', r.wanted"
#define RUN_TABLES "runs r LEFT JOIN pings p ON p.run_id = r.id"

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

static void read_run(struct statement *row, struct store_run *run)
{
    *run = (struct store_run){
        .id = statement_integer(row, 0),
        .recorded_at = statement_integer(row, 1),
        .started_us = statement_integer(row, 2),
        .finished_us = statement_integer(row, 3),
        .resumed = statement_integer(row, 4) != 0,
        .busy_us = statement_integer(row, 7),
        .slot = statement_integer(row, 8),
        .abandoned = statement_integer(row, 9) != 0,
        .wanted = statement_integer(row, 10) != 0,
    };
    copy_text(run->definitions_digest, sizeof(run->definitions_digest), statement_text(row, 5));
    copy_text(run->ping_id, sizeof(run->ping_id), statement_text(row, 6));
}

/* The first run that `ask` gives, if any. */
static bool ask_run(struct statement *ask, struct store_run *run, bool *found, struct error *err)
{
    if (!statement_step(ask, found, err))
        return false;
    if (!*found)
        return true;
    read_run(ask, run);
    statement_end(ask);
    return true;
}

static bool run_with(struct store *store, const char *sql, int64_t run_id, struct error *err)
{
    struct statement *change = statement_of(store->file, sql);

    statement_put_integer(change, 1, run_id);
    return statement_run(change, err);
}

bool store_forget_runs(struct store *store, struct error *err)
{
    static const char condition[] =
        " WHERE run_id <= (SELECT max(id) - " RUNS_KEPT " FROM runs) AND run_id IN"
        " (SELECT r.id FROM " RUN_TABLES " WHERE r.state = 'abandoned' OR p.state <> 'sealed')";
    char sql[2 * sizeof(condition) + 64];

    (void)snprintf(sql, sizeof(sql), "DELETE FROM outcomes%s; DELETE FROM probes%s", condition,
                   condition);
    return store_file_run(store->file, sql, err);
}

/* Only one run is open at a time: what was open before it will not be continued. */
static bool abandon_but(struct store *store, int64_t run_id, struct error *err)
{
    return run_with(store, "UPDATE runs SET state = 'abandoned' WHERE state = 'open' AND id <> ?1",
                    run_id, err) &&
           run_with(store,
                    "DELETE FROM probes WHERE run_id <> ?1 AND run_id IN"
                    " (SELECT id FROM runs WHERE state <> 'open')",
                    run_id, err) &&
           store_forget_runs(store, err);
}

static bool insert_run(struct store *store, const char *definitions_digest, struct store_run *run,
                       struct error *err)
{
    struct statement *add =
        statement_of(store->file, "INSERT INTO runs (recorded_at, started_us, definitions_digest,"
                                  " slot, wanted) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id");
    bool row;

    statement_put_integer(add, 1, run->recorded_at);
    statement_put_integer(add, 2, run->started_us);
    statement_put_text(add, 3, definitions_digest);
    statement_put_integer(add, 4, run->slot);
    statement_put_integer(add, 5, run->wanted ? 1 : 0);
    if (!statement_step(add, &row, err))
        return false;
    run->id = statement_integer(add, 0);
    statement_end(add);
    return true;
}

static bool begin_run(struct store *store, const char *definitions_digest, struct store_run *run,
                      struct error *err)
{
    copy_text(run->definitions_digest, sizeof(run->definitions_digest), definitions_digest);
    if (!store_begin(store, err))
        return false;
    return store_file_end(
        store->file,
        insert_run(store, definitions_digest, run, err) && abandon_but(store, run->id, err), err);
}

bool store_run_begin(struct store *store, int64_t recorded_at, const char *definitions_digest,
                     struct store_run *run, struct error *err)
{
    *run = (struct store_run){.recorded_at = recorded_at, .started_us = now_wall_us()};
    return begin_run(store, definitions_digest, run, err);
}

bool store_run_abandon(struct store *store, struct error *err)
{
    if (!store_begin(store, err))
        return false;
    return store_file_end(store->file, abandon_but(store, 0, err), err);
}

bool store_run_newest_finished(struct store *store, struct store_run *run, bool *found,
                               struct error *err)
{
    *run = (struct store_run){0};
    return ask_run(statement_of(store->file, "SELECT " RUN_COLUMNS " FROM " RUN_TABLES
                                             " WHERE r.state = 'finished'"
                                             " ORDER BY r.id DESC LIMIT 1"),
                   run, found, err);
}

bool store_run_want(struct store *store, struct store_run *run, struct error *err)
{
    if (!store_flush(store, err) || !store_file_begin(store->file, err) ||
        !store_file_end(store->file,
                        run_with(store, "UPDATE runs SET wanted = 1 WHERE id = ?1", run->id, err),
                        err))
        return false;
    run->wanted = true;
    return true;
}

bool store_run_open(struct store *store, struct store_run *run, bool *found, struct error *err)
{
    *run = (struct store_run){0};
    return ask_run(statement_of(store->file, "SELECT " RUN_COLUMNS " FROM " RUN_TABLES
                                             " WHERE r.state = 'open' AND r.wanted"
                                             " ORDER BY r.id DESC LIMIT 1"),
                   run, found, err);
}

static bool is_free(struct store *store, int64_t slot, struct error *err)
{
    struct statement *ask = statement_of(store->file, "SELECT 1 FROM runs WHERE slot = ?1");
    bool row;

    statement_put_integer(ask, 1, slot);
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    statement_end(ask);
    return error_set(err, ERROR_REFUSED, "there is a collection for this slot already");
}

bool store_run_begin_slot(struct store *store, int64_t slot, int64_t recorded_at,
                          const char *definitions_digest, struct store_run *run, struct error *err)
{
    *run = (struct store_run){
        .recorded_at = recorded_at, .started_us = now_wall_us(), .slot = slot, .wanted = true};
    return is_free(store, slot, err) && begin_run(store, definitions_digest, run, err);
}

static bool find_open(struct store *store, const char *definitions_digest, int64_t not_before,
                      struct store_run *run, bool *found, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT " RUN_COLUMNS " FROM " RUN_TABLES
                                  " WHERE r.state = 'open' AND r.definitions_digest = ?1"
                                  " AND r.recorded_at >= ?2 ORDER BY r.id DESC LIMIT 1");

    statement_put_text(ask, 1, definitions_digest);
    statement_put_integer(ask, 2, not_before);
    return ask_run(ask, run, found, err);
}

static bool mark_resumed(struct store *store, struct store_run *run, struct error *err)
{
    run->resumed = true;
    return run_with(store, "UPDATE runs SET resumed = 1 WHERE id = ?1", run->id, err);
}

bool store_run_resume(struct store *store, const char *definitions_digest, int64_t not_before,
                      struct store_run *run, bool *found, struct error *err)
{
    *run = (struct store_run){0};
    *found = false;
    if (!store_begin(store, err))
        return false;
    return store_file_end(store->file,
                          find_open(store, definitions_digest, not_before, run, found, err) &&
                              (!*found || mark_resumed(store, run, err)) &&
                              abandon_but(store, run->id, err),
                          err);
}

static bool close_run(struct store *store, const struct store_run *run, struct error *err)
{
    struct statement *change =
        statement_of(store->file, "UPDATE runs SET state = 'finished', finished_us = ?2"
                                  " WHERE id = ?1 AND state = 'open'");

    statement_put_integer(change, 1, run->id);
    statement_put_integer(change, 2, run->finished_us);
    return statement_run(change, err) &&
           run_with(store, "DELETE FROM probes WHERE run_id = ?1", run->id, err) &&
           store_forget_costs(store, err);
}

bool store_run_finish(struct store *store, struct store_run *run, struct error *err)
{
    if (run->finished_us == 0)
        run->finished_us = now_wall_us();
    if (!store_file_begin(store->file, err))
        return false;
    return store_file_end(store->file, close_run(store, run, err), err);
}

bool store_run_unsealed(struct store *store, struct store_run *run, bool *found, struct error *err)
{
    *run = (struct store_run){0};
    return ask_run(statement_of(store->file, "SELECT " RUN_COLUMNS " FROM " RUN_TABLES
                                             " WHERE r.state = 'finished' AND r.id >"
                                             " (SELECT coalesce(max(run_id), 0) FROM pings)"
                                             " ORDER BY r.id DESC LIMIT 1"),
                   run, found, err);
}
