#include "agent/store_trends.h"

#include "agent/store_inside.h"

bool store_trends(struct store *store, size_t most, store_each_point *each, void *arg,
                  struct error *err)
{
    /* Run by run is the order of the table, so that nothing is sorted. */
    struct statement *ask = statement_of(
        store->file, "SELECT o.key_path, r.id, r.recorded_at, o.kind = 'count', o.value FROM"
                     " (SELECT id, recorded_at FROM runs WHERE state = 'finished'"
                     " ORDER BY id DESC LIMIT ?1) r CROSS JOIN outcomes o ON o.run_id = r.id"
                     " WHERE o.kind IN ('count', 'decimal') AND o.status = 'ok'"
                     " ORDER BY r.id DESC, o.key_path");
    bool row;

    statement_put_integer(ask, 1, (int64_t)most);
    while (statement_step(ask, &row, err)) {
        struct store_point point;

        if (!row)
            return true;
        point = (struct store_point){
            .key_path = statement_text(ask, 0),
            .run_id = statement_integer(ask, 1),
            .recorded_at = statement_integer(ask, 2),
            .whole = statement_integer(ask, 3) != 0,
        };
        if (point.whole)
            point.count = statement_integer(ask, 4);
        else
            point.decimal = statement_text(ask, 4);
        each(&point, arg);
    }
    return false;
}

bool store_status_counts(struct store *store, int64_t run_id, size_t counts[STATUS_OFF + 1],
                         struct error *err)
{
    struct statement *ask = statement_of(
        store->file, "SELECT status, count(*) FROM outcomes WHERE run_id = ?1 GROUP BY status");
    bool row;

    for (int i = 0; i <= STATUS_OFF; i++)
        counts[i] = 0;
    statement_put_integer(ask, 1, run_id);
    while (statement_step(ask, &row, err)) {
        enum outcome_status status;

        if (!row)
            return true;
        if (status_from_name(statement_text(ask, 0), &status))
            counts[status] = (size_t)statement_integer(ask, 1);
    }
    return false;
}

static bool count_states(struct store *store, struct store_ping_counts *counts, struct error *err)
{
    struct statement *ask = statement_of(
        store->file, "SELECT CASE WHEN state = 'sealed' AND wanted THEN 'waiting' ELSE state END s,"
                     " count(*), sum(length(bytes)) FROM pings GROUP BY s");
    bool row;

    while (statement_step(ask, &row, err)) {
        enum ping_state state;

        if (!row)
            return true;
        if (!ping_state_from_name(statement_text(ask, 0), &state))
            continue;
        counts->pings[state] = (size_t)statement_integer(ask, 1);
        counts->bytes[state] = statement_integer(ask, 2);
    }
    return false;
}

bool store_ping_counts(struct store *store, struct store_ping_counts *counts, struct error *err)
{
    struct statement *ask = statement_of(
        store->file, "SELECT coalesce((SELECT length(bytes) FROM pings ORDER BY seq DESC LIMIT 1),"
                     " 0), coalesce((SELECT max(at_us) FROM receipts), 0), count(*),"
                     " count(said) FROM attempts");
    bool row;

    *counts = (struct store_ping_counts){0};
    if (!count_states(store, counts, err) || !statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    counts->newest_bytes = statement_integer(ask, 0);
    counts->last_sent_us = statement_integer(ask, 1);
    counts->tries = (size_t)statement_integer(ask, 2);
    counts->failures = (size_t)statement_integer(ask, 3);
    statement_end(ask);
    return true;
}
