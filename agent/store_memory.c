#include "agent/store_memory.h"

#include "agent/store_inside.h"

#include <stdio.h>
#include <string.h>

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* ---- The schedule ---- */

bool store_schedule(struct store *store, int64_t *next, int64_t *last, struct error *err)
{
    struct statement *ask = statement_of(store->file, "SELECT next, last FROM schedule");
    bool row;

    *next = *last = 0;
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    *next = statement_integer(ask, 0);
    *last = statement_integer(ask, 1);
    statement_end(ask);
    return true;
}

static bool keep_slots(struct store *store, int64_t next, int64_t last, struct error *err)
{
    struct statement *keep = statement_of(
        store->file, "INSERT OR REPLACE INTO schedule (one, next, last) VALUES (1, ?1, ?2)");

    statement_put_integer(keep, 1, next);
    statement_put_integer(keep, 2, last);
    return statement_run(keep, err);
}

static bool add_gap(struct store *store, const struct store_gap *gap, struct error *err)
{
    struct statement *add =
        statement_of(store->file, "INSERT INTO gaps (first, last, reason) VALUES (?1, ?2, ?3)");

    statement_put_integer(add, 1, gap->from);
    statement_put_integer(add, 2, gap->to);
    statement_put_text(add, 3, gap->reason);
    return statement_run(add, err);
}

bool store_schedule_keep(struct store *store, int64_t next, int64_t last,
                         const struct store_gap *gap, struct error *err)
{
    return store_begin(store, err) && store_file_end(store->file,
                                                     keep_slots(store, next, last, err) &&
                                                         (gap == NULL || add_gap(store, gap, err)),
                                                     err);
}

bool store_gaps_of_runs(struct store *store, const char *reason, struct error *err)
{
    struct statement *add = statement_of(
        store->file,
        "INSERT INTO gaps (first, last, reason) SELECT r.slot, r.slot, ?1 FROM runs r"
        " WHERE r.slot <> 0 AND (r.state = 'abandoned' OR (r.state = 'finished' AND r.id <"
        " (SELECT max(run_id) FROM pings)))"
        " AND NOT EXISTS (SELECT 1 FROM pings p WHERE p.run_id = r.id)"
        " AND NOT EXISTS (SELECT 1 FROM gaps g WHERE g.first <= r.slot AND r.slot <= g.last)");

    statement_put_text(add, 1, reason);
    return store_change(store, add, err);
}

bool store_gaps_untold(struct store *store, store_each_gap *each, void *arg, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT first, last, reason FROM gaps WHERE ping_id IS NULL"
                                  " ORDER BY first, last");
    bool row;

    while (statement_step(ask, &row, err)) {
        struct store_gap gap;

        if (!row)
            return true;
        gap = (struct store_gap){.from = statement_integer(ask, 0),
                                 .to = statement_integer(ask, 1),
                                 .reason = statement_text(ask, 2)};
        each(&gap, arg);
    }
    return false;
}

bool store_gaps_told(struct store *store, const char *ping_id, struct error *err)
{
    struct statement *told =
        statement_of(store->file, "UPDATE gaps SET ping_id = ?1 WHERE ping_id IS NULL");

    statement_put_text(told, 1, ping_id);
    return statement_run(told, err);
}

/* ---- Consent ---- */

bool store_consent(struct store *store, struct store_consent *consent, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT mode, categories, changed_us, changed_by FROM consent");
    bool row;

    *consent = (struct store_consent){0};
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    copy_text(consent->mode, sizeof(consent->mode), statement_text(ask, 0));
    copy_text(consent->categories, sizeof(consent->categories), statement_text(ask, 1));
    consent->changed_us = statement_integer(ask, 2);
    copy_text(consent->changed_by, sizeof(consent->changed_by), statement_text(ask, 3));
    statement_end(ask);
    return true;
}

bool store_consent_give(struct store *store, const struct store_consent *consent, struct error *err)
{
    struct statement *keep = statement_of(
        store->file, "INSERT OR REPLACE INTO consent (one, mode, categories, changed_us,"
                     " changed_by) VALUES (1, ?1, ?2, ?3, ?4)");

    statement_put_text(keep, 1, consent->mode);
    statement_put_text(keep, 2, consent->categories);
    statement_put_integer(keep, 3, consent->changed_us);
    statement_put_text(keep, 4, consent->changed_by);
    return store_change(store, keep, err);
}

/* ---- Definitions ---- */

bool store_definition_keep(struct store *store, const char *digest, const char *text,
                           struct error *err)
{
    struct statement *keep = statement_of(
        store->file, "INSERT OR IGNORE INTO definitions (digest, text) VALUES (?1, ?2)");

    statement_put_text(keep, 1, digest);
    statement_put_text(keep, 2, text);
    return store_file_begin(store->file, err) && statement_run(keep, err);
}

bool store_definition(struct store *store, const char *digest, struct arena *arena,
                      const char **text, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT text FROM definitions WHERE digest = ?1");
    bool row;

    *text = NULL;
    statement_put_text(ask, 1, digest);
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    *text = arena_copy(arena, statement_text(ask, 0));
    statement_end(ask);
    return true;
}

/* ---- The courier ---- */

bool store_courier(struct store *store, struct store_courier *courier, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT next_try_us, failing_since_us, tries FROM courier");
    bool row;

    *courier = (struct store_courier){0};
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    courier->next_try_us = statement_integer(ask, 0);
    courier->failing_since_us = statement_integer(ask, 1);
    courier->tries = (unsigned)statement_integer(ask, 2);
    statement_end(ask);
    return true;
}

bool store_courier_keep(struct store *store, const struct store_courier *courier, struct error *err)
{
    struct statement *keep = statement_of(
        store->file, "INSERT OR REPLACE INTO courier (one, next_try_us, failing_since_us, tries)"
                     " VALUES (1, ?1, ?2, ?3)");

    statement_put_integer(keep, 1, courier->next_try_us);
    statement_put_integer(keep, 2, courier->failing_since_us);
    statement_put_integer(keep, 3, courier->tries);
    return store_change(store, keep, err);
}

void store_rest(struct store *store)
{
    struct error ignored;

    (void)(store_flush(store, &ignored) &&
           store_file_run(store->file, "PRAGMA shrink_memory", &ignored));
}
