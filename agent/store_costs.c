#include "agent/base/clock.h"
#include "agent/store.h"
#include "agent/store_inside.h"

/* More probes than a run has; what no run has had for so many others is forgotten. */
#define COSTS_KEPT "4000"

static bool add_busy(struct store *store, int64_t run_id, int64_t busy_us, struct error *err)
{
    struct statement *add = statement_of(
        store->file, "UPDATE runs SET busy_us = busy_us + ?2 WHERE id = ?1 AND state = 'open'");

    statement_put_integer(add, 1, run_id);
    statement_put_integer(add, 2, busy_us);
    return statement_run(add, err);
}

static bool put_cost(struct store *store, const char *probe, const struct store_cost *cost,
                     struct error *err)
{
    struct statement *put = statement_of(
        store->file, "INSERT OR REPLACE INTO costs (probe, busy_us, rows_read, rows_expected,"
                     " at_us) VALUES (?1, ?2, ?3, ?4, ?5)");

    statement_put_text(put, 1, probe);
    statement_put_integer(put, 2, cost->busy_us);
    statement_put_integer(put, 3, cost->rows_read);
    statement_put_integer(put, 4, cost->rows_expected);
    statement_put_integer(put, 5, now_wall_us());
    return statement_run(put, err);
}

bool store_probe_cost(struct store *store, int64_t run_id, const char *probe,
                      const struct store_cost *cost, bool whole, struct error *err)
{
    if (!store_file_begin(store->file, err))
        return false;
    if (add_busy(store, run_id, cost->busy_us, err) &&
        (!whole || put_cost(store, probe, cost, err)))
        return true;
    store_file_rollback(store->file);
    return false;
}

bool store_probe_cost_of(struct store *store, const char *probe, struct store_cost *cost,
                         bool *found, struct error *err)
{
    struct statement *ask = statement_of(
        store->file, "SELECT busy_us, rows_read, rows_expected FROM costs WHERE probe = ?1");

    *cost = (struct store_cost){0};
    statement_put_text(ask, 1, probe);
    if (!statement_step(ask, found, err))
        return false;
    if (!*found)
        return true;
    cost->busy_us = statement_integer(ask, 0);
    cost->rows_read = statement_integer(ask, 1);
    cost->rows_expected = statement_integer(ask, 2);
    statement_end(ask);
    return true;
}

bool store_forget_costs(struct store *store, struct error *err)
{
    return store_file_run(store->file,
                          "DELETE FROM costs WHERE at_us <"
                          " (SELECT at_us FROM costs ORDER BY at_us DESC LIMIT 1 OFFSET " COSTS_KEPT
                          ")",
                          err);
}
