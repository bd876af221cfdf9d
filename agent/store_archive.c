#include "agent/store_archive.h"

#include "agent/base/clock.h"
#include "agent/store_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* ---- What waits ---- */

bool store_ping_wait(struct store *store, const char *id, struct error *err)
{
    struct statement *want =
        statement_of(store->file, "UPDATE pings SET wanted = 1 WHERE id = ?1 AND state = 'sealed'");

    statement_put_text(want, 1, id);
    return store_change(store, want, err);
}

static bool note_withheld(struct store *store, const char *id, struct error *err)
{
    struct statement *note = statement_of(
        store->file, "INSERT INTO attempts (ping_id, at_us, http_status, said)"
                     " SELECT id, ?2, 0, ?3 FROM pings WHERE id = ?1 AND state = 'sealed'");

    statement_put_text(note, 1, id);
    statement_put_integer(note, 2, now_wall_us());
    statement_put_text(note, 3, STORE_WITHHELD);
    return statement_run(note, err);
}

static bool run_with_id(struct store *store, const char *sql, const char *id, struct error *err)
{
    struct statement *change_one = statement_of(store->file, sql);

    statement_put_text(change_one, 1, id);
    return statement_run(change_one, err);
}

/* The state last: what is before it goes by it. */
static bool withhold(struct store *store, const char *id, struct error *err)
{
    static const char add_gap[] =
        "INSERT INTO gaps (first, last, reason) SELECT r.slot, r.slot, 'more was permitted when"
        " the ping of this slot was sealed than later on, so it was not sent'"
        " FROM pings p JOIN runs r ON r.id = p.run_id"
        " WHERE p.id = ?1 AND p.state = 'sealed' AND r.slot <> 0";
    static const char keep[] =
        "UPDATE pings SET state = 'kept', wanted = 0 WHERE id = ?1 AND state = 'sealed'";

    return note_withheld(store, id, err) && run_with_id(store, add_gap, id, err) &&
           run_with_id(store, keep, id, err);
}

bool store_ping_withhold(struct store *store, const char *id, struct error *err)
{
    if (!store_flush(store, err) || !store_file_begin(store->file, err))
        return false;
    return store_file_end(store->file, withhold(store, id, err), err);
}

bool store_ping_waiting(struct store *store, struct arena *arena, struct store_ping *ping,
                        unsigned *count, bool *found, struct error *err)
{
    struct statement *all =
        statement_of(store->file, "SELECT count(*) FROM pings WHERE state = 'sealed' AND wanted");
    struct statement *oldest =
        statement_of(store->file, "SELECT " PING_COLUMNS " FROM pings WHERE state = 'sealed'"
                                  " AND wanted ORDER BY seq LIMIT 1");
    int64_t number;

    if (!statement_number(all, &number, err))
        return false;
    *count = (unsigned)number;
    return store_ping_ask(oldest, arena, ping, found, err);
}

/* ---- Looking up ---- */

static bool none_such(const char *which, int64_t fitting, struct error *err)
{
    if (fitting > 1)
        return error_set(err, ERROR_INVALID,
                         "%" PRId64 " pings begin with '%.80s': give more of the id, or the "
                         "number of the ping",
                         fitting, which);
    return error_set(err, ERROR_MISSING,
                     "no ping is '%.80s': 'service-ping history' lists those there are", which);
}

static bool find_by_number(struct store *store, const char *which, struct arena *arena,
                           struct store_ping *ping, bool *found, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT " PING_COLUMNS " FROM pings WHERE seq = ?1");

    *found = false;
    if (which[0] == '\0' || which[strspn(which, DIGITS)] != '\0')
        return true;
    statement_put_integer(ask, 1, strtoll(which, NULL, 10));
    return store_ping_ask(ask, arena, ping, found, err);
}

/* The beginning of an id is compared as it is: no sign of it means anything else. */
bool store_ping_find(struct store *store, const char *which, struct arena *arena,
                     struct store_ping *ping, struct error *err)
{
    struct statement *fitting =
        statement_of(store->file, "SELECT count(*) FROM pings WHERE substr(id, 1, length(?1)) = ?1"
                                  " AND length(?1) > 0");
    struct statement *ask = statement_of(store->file, "SELECT " PING_COLUMNS " FROM pings"
                                                      " WHERE substr(id, 1, length(?1)) = ?1");
    int64_t count;
    bool found;

    if (!find_by_number(store, which, arena, ping, &found, err))
        return false;
    if (found)
        return true;
    statement_put_text(fitting, 1, which);
    if (!statement_number(fitting, &count, err))
        return false;
    if (count != 1)
        return none_such(which, count, err);
    statement_put_text(ask, 1, which);
    return store_ping_ask(ask, arena, ping, &found, err);
}

/* ---- Lists ---- */

/* An attempt, and no note. */
#define TRIED "coalesce(said, '') NOT IN ('" STORE_EXPORTED "', '" STORE_WITHHELD "')"
#define NOTED(what)                                                                                \
    "(SELECT max(at_us) FROM attempts a WHERE a.ping_id = p.id AND a.said = '" what "')"

#define LINE_COLUMNS                                                                               \
    "p.id, p.seq, p.previous_id, p.run_id, p.sealed_us, CASE WHEN p.state = 'sealed' AND "         \
    "p.wanted THEN 'waiting' ELSE p.state END, length(p.bytes), p.digest, r.recorded_at, "         \
    "(SELECT count(*) FROM attempts a WHERE a.ping_id = p.id AND " TRIED "), l.at_us, "            \
    "l.http_status, l.said, c.at_us, c.body, " NOTED(STORE_EXPORTED) ", " NOTED(STORE_WITHHELD)

static bool read_line(struct statement *row, struct store_ping_line *line)
{
    *line = (struct store_ping_line){
        .ping = {.seq = statement_integer(row, 1),
                 .run_id = statement_integer(row, 3),
                 .sealed_us = statement_integer(row, 4),
                 .length = (size_t)statement_integer(row, 6)},
        .recorded_at = statement_integer(row, 8),
        .attempts = (unsigned)statement_integer(row, 9),
        .last_attempt_us = statement_integer(row, 10),
        .last_status = (int)statement_integer(row, 11),
        .last_said = statement_text(row, 12),
        .receipt_us = statement_integer(row, 13),
        .receipt = statement_text(row, 14),
        .exported_us = statement_integer(row, 15),
        .withheld_us = statement_integer(row, 16),
    };
    copy_text(line->ping.id, sizeof(line->ping.id), statement_text(row, 0));
    copy_text(line->ping.previous_id, sizeof(line->ping.previous_id), statement_text(row, 2));
    copy_text(line->digest, sizeof(line->digest), statement_text(row, 7));
    return ping_state_from_name(statement_text(row, 5), &line->ping.state);
}

bool store_pings(struct store *store, size_t most, store_each_ping *each, void *arg,
                 struct error *err)
{
    struct statement *ask = statement_of(
        store->file,
        "SELECT " LINE_COLUMNS " FROM pings p JOIN runs r ON r.id = p.run_id"
        " LEFT JOIN attempts l ON l.id = (SELECT max(id) FROM attempts WHERE ping_id = p.id"
        " AND " TRIED ")"
        " LEFT JOIN receipts c ON c.ping_id = p.id ORDER BY p.seq DESC LIMIT ?1");
    bool row;

    statement_put_integer(ask, 1, (int64_t)most);
    while (statement_step(ask, &row, err)) {
        struct store_ping_line line;

        if (!row)
            return true;
        if (!read_line(ask, &line)) {
            statement_end(ask);
            return error_set(err, ERROR_INVALID, "the stored ping %s is in no known state",
                             line.ping.id);
        }
        each(&line, arg);
    }
    return false;
}

bool store_attempts(struct store *store, const char *ping_id, store_each_attempt *each, void *arg,
                    struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT at_us, http_status, said FROM attempts"
                                  " WHERE ping_id = ?1 ORDER BY id");
    bool row;

    statement_put_text(ask, 1, ping_id);
    while (statement_step(ask, &row, err)) {
        struct store_attempt attempt = {.ping_id = ping_id};

        if (!row)
            return true;
        attempt.at_us = statement_integer(ask, 0);
        attempt.http_status = (int)statement_integer(ask, 1);
        attempt.said = statement_text(ask, 2);
        each(&attempt, arg);
    }
    return false;
}

bool store_tries_within(struct store *store, int64_t from_us, int64_t to_us, unsigned *tries,
                        struct error *err)
{
    struct statement *ask = statement_of(
        store->file, "SELECT count(*) FROM attempts WHERE at_us BETWEEN ?1 AND ?2 AND " TRIED);
    int64_t number;

    statement_put_integer(ask, 1, from_us);
    statement_put_integer(ask, 2, to_us);
    if (!statement_number(ask, &number, err))
        return false;
    *tries = (unsigned)number;
    return true;
}

bool store_history(struct store *store, const char *key_path, size_t most, store_each_past *each,
                   void *arg, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT r.recorded_at, o.status, o.kind, o.value, o.reason,"
                                  " o.method, o.error_bound, o.took_us FROM outcomes o"
                                  " JOIN runs r ON r.id = o.run_id WHERE o.key_path = ?1"
                                  " AND r.state = 'finished' ORDER BY r.id DESC LIMIT ?2");
    bool row;

    statement_put_text(ask, 1, key_path);
    statement_put_integer(ask, 2, (int64_t)most);
    while (statement_step(ask, &row, err)) {
        struct outcome outcome;

        if (!row)
            return true;
        if (store_outcome_read(ask, 1, &outcome))
            each(statement_integer(ask, 0), &outcome, arg);
    }
    return false;
}

/* ---- Bounds ---- */

/* The newest ping and those that wait stay whole. */
#define MAY_GO                                                                                     \
    "length(bytes) > 0 AND NOT (state = 'sealed' AND wanted) AND seq < (SELECT max(seq) FROM "     \
    "pings)"

static bool forget_old_runs(struct store *store, int64_t before_us, struct error *err)
{
    struct statement *forget = statement_of(
        store->file, "DELETE FROM outcomes WHERE run_id IN (SELECT r.id FROM runs r LEFT JOIN"
                     " pings p ON p.run_id = r.id WHERE r.state <> 'open'"
                     " AND coalesce(p.sealed_us, r.started_us) < ?1"
                     " AND (p.id IS NULL OR length(p.bytes) = 0))");

    statement_put_integer(forget, 1, before_us);
    return statement_run(forget, err);
}

static bool trim_by_age(struct store *store, int64_t before_us, struct error *err)
{
    struct statement *empty =
        statement_of(store->file, "UPDATE pings SET bytes = x'' WHERE sealed_us < ?1 AND " MAY_GO);

    statement_put_integer(empty, 1, before_us);
    return statement_run(empty, err) && forget_old_runs(store, before_us, err);
}

static bool used_bytes(struct store *store, int64_t *bytes, struct error *err)
{
    return statement_number(statement_of(store->file,
                                         "SELECT (p.page_count - f.freelist_count) * s.page_size"
                                         " FROM pragma_page_count p, pragma_freelist_count f,"
                                         " pragma_page_size s"),
                            bytes, err);
}

/* The oldest ping that may go, with its run's outcomes; `*gone` false: none may. */
static bool trim_oldest(struct store *store, bool *gone, struct error *err)
{
    struct statement *oldest = statement_of(store->file, "SELECT sealed_us FROM pings WHERE " MAY_GO
                                                         " ORDER BY seq LIMIT 1");
    int64_t sealed_us;

    if (!statement_number(oldest, &sealed_us, err))
        return false;
    *gone = sealed_us != 0;
    return !*gone || trim_by_age(store, sealed_us + 1, err);
}

static bool trim_by_size(struct store *store, int64_t most_bytes, struct error *err)
{
    int64_t bytes;
    bool gone = true;

    while (gone) {
        if (!used_bytes(store, &bytes, err))
            return false;
        if (bytes <= most_bytes)
            return true;
        if (!trim_oldest(store, &gone, err))
            return false;
    }
    return true;
}

bool store_trim(struct store *store, int64_t before_us, int64_t most_bytes, struct error *err)
{
    if (!store_begin(store, err))
        return false;
    return store_file_end(
        store->file, trim_by_age(store, before_us, err) && trim_by_size(store, most_bytes, err),
        err);
}
