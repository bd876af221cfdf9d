#include "agent/store_inside.h"

#include "agent/store.h"

bool store_flush(struct store *store, struct error *err)
{
    return store_file_end(store->file, true, err);
}

bool store_begin(struct store *store, struct error *err)
{
    return store_flush(store, err) && store_file_begin(store->file, err);
}

bool store_change(struct store *store, struct statement *statement, struct error *err)
{
    return store_begin(store, err) &&
           store_file_end(store->file, statement_run(statement, err), err);
}

/* A journal with a hole is worse than a short one: after a failure nothing open is kept. */
static bool keep_open(struct store *store, bool done)
{
    if (!done)
        store_file_rollback(store->file);
    return done;
}

/* Whole numbers and flags stand as integers, all else as text. */
static void put_value(struct statement *statement, int at, const struct value *value)
{
    if (value->kind == VALUE_COUNT)
        statement_put_integer(statement, at, value->count);
    else if (value->kind == VALUE_FLAG)
        statement_put_integer(statement, at, value->flag ? 1 : 0);
    else
        statement_put_text(statement, at, value->text);
}

bool store_outcome(struct store *store, int64_t run_id, const char *key_path,
                   const struct outcome *outcome, struct error *err)
{
    struct statement *add;

    if (!store_file_begin(store->file, err))
        return false;
    add = statement_of(store->file,
                       "INSERT OR REPLACE INTO outcomes (run_id, key_path, status, kind, value,"
                       " reason, method, error_bound, took_us)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    statement_put_integer(add, 1, run_id);
    statement_put_text(add, 2, key_path);
    statement_put_text(add, 3, status_name(outcome->status));
    statement_put_text(add, 4, value_kind_name(outcome->value.kind));
    put_value(add, 5, &outcome->value);
    statement_put_text(add, 6, outcome->reason);
    statement_put_text(add, 7, outcome->method);
    statement_put_text(add, 8, outcome->error_bound);
    statement_put_integer(add, 9, outcome->took_us);
    return keep_open(store, statement_run(add, err));
}

bool store_outcome_forget(struct store *store, int64_t run_id, const char *key_path,
                          struct error *err)
{
    struct statement *forget;

    if (!store_file_begin(store->file, err))
        return false;
    forget = statement_of(store->file, "DELETE FROM outcomes WHERE run_id = ?1 AND key_path = ?2");
    statement_put_integer(forget, 1, run_id);
    statement_put_text(forget, 2, key_path);
    return keep_open(store, statement_run(forget, err));
}

bool store_probe_state(struct store *store, int64_t run_id, const char *probe, const void *bytes,
                       size_t length, struct error *err)
{
    struct statement *add;

    if (!store_file_begin(store->file, err))
        return false;
    add = statement_of(store->file,
                       "INSERT OR REPLACE INTO probes (run_id, name, state) VALUES (?1, ?2, ?3)");
    statement_put_integer(add, 1, run_id);
    statement_put_text(add, 2, probe);
    statement_put_bytes(add, 3, bytes, length);
    return keep_open(store, statement_run(add, err));
}

static bool read_value(struct statement *row, int first, struct outcome *outcome)
{
    const char *status = statement_text(row, first), *kind = statement_text(row, first + 1);

    if (status == NULL || kind == NULL || !status_from_name(status, &outcome->status) ||
        !value_kind_from_name(kind, &outcome->value.kind))
        return false;
    if (outcome->value.kind == VALUE_COUNT)
        outcome->value.count = statement_integer(row, first + 2);
    else if (outcome->value.kind == VALUE_FLAG)
        outcome->value.flag = statement_integer(row, first + 2) != 0;
    else
        outcome->value.text = statement_text(row, first + 2);
    return true;
}

bool store_outcome_read(struct statement *row, int first, struct outcome *outcome)
{
    *outcome = (struct outcome){
        .reason = statement_text(row, first + 3),
        .method = statement_text(row, first + 4),
        .error_bound = statement_text(row, first + 5),
        .took_us = statement_integer(row, first + 6),
    };
    return read_value(row, first, outcome);
}

bool store_outcomes(struct store *store, int64_t run_id, store_each_outcome *each, void *arg,
                    struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT key_path, status, kind, value, reason, method,"
                                  " error_bound, took_us FROM outcomes WHERE run_id = ?1"
                                  " ORDER BY key_path");
    bool row;

    statement_put_integer(ask, 1, run_id);
    for (;;) {
        struct outcome outcome;

        if (!statement_step(ask, &row, err))
            return false;
        if (!row)
            return true;
        if (!store_outcome_read(ask, 1, &outcome)) {
            (void)error_set(err, ERROR_INVALID,
                            "the store has an outcome of %.200s that this version cannot read; "
                            "collect again",
                            statement_text(ask, 0));
            statement_end(ask);
            return false;
        }
        each(statement_text(ask, 0), &outcome, arg);
    }
}

bool store_probe_saved(struct store *store, int64_t run_id, const char *probe, struct arena *arena,
                       struct store_bytes *saved, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT state FROM probes WHERE run_id = ?1 AND name = ?2");
    const char *state;
    bool row;

    *saved = (struct store_bytes){0};
    statement_put_integer(ask, 1, run_id);
    statement_put_text(ask, 2, probe);
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    state = statement_bytes(ask, 0, &saved->length);
    saved->bytes = arena_copy_bytes(arena, state, saved->length);
    statement_end(ask);
    return true;
}
