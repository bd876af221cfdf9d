#include "agent/store_inside.h"

#include "agent/store_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
    [PING_SEALED] = "sealed", [PING_WAITING] = "waiting",   [PING_KEPT] = "kept",
    [PING_SENT] = "sent",     [PING_REJECTED] = "rejected",
};

const char *ping_state_name(enum ping_state state)
{
    return state_names[state];
}

bool ping_state_from_name(const char *name, enum ping_state *state)
{
    for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++) {
        if (name == NULL || strcmp(name, state_names[i]) != 0)
            continue;
        *state = (enum ping_state)i;
        return true;
    }
    return false;
}

bool store_ping_next(struct store *store, struct store_chain *chain, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT seq, id, digest FROM pings ORDER BY seq DESC LIMIT 1");
    bool row;

    *chain = (struct store_chain){.seq = 1};
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    chain->seq = statement_integer(ask, 0) + 1;
    (void)snprintf(chain->previous_id, sizeof(chain->previous_id), "%s", statement_text(ask, 1));
    (void)snprintf(chain->previous_digest, sizeof(chain->previous_digest), "%s",
                   statement_text(ask, 2));
    statement_end(ask);
    return true;
}

static bool insert_ping(struct store *store, const struct store_ping *ping, struct error *err)
{
    struct statement *add =
        statement_of(store->file, "INSERT INTO pings (id, seq, previous_id, run_id, sealed_us,"
                                  " state, bytes, digest, wanted) VALUES (?1, ?2, ?3, ?4, ?5,"
                                  " 'sealed', ?6, ?7, ?8)");
    char digest[DIGEST_TEXT_SIZE];

    statement_put_text(add, 1, ping->id);
    statement_put_integer(add, 2, ping->seq);
    statement_put_text(add, 3, ping->previous_id);
    statement_put_integer(add, 4, ping->run_id);
    statement_put_integer(add, 5, ping->sealed_us);
    statement_put_bytes(add, 6, ping->bytes, ping->length);
    statement_put_text(add, 7, digest_text(ping->bytes, ping->length, digest));
    statement_put_integer(add, 8, ping->state == PING_WAITING ? 1 : 0);
    return statement_run(add, err);
}

/* The chain has no gap and no fork, whoever asks. */
static bool check_chain(struct store *store, const struct store_ping *ping, struct error *err)
{
    struct store_chain chain;

    if (!store_ping_next(store, &chain, err))
        return false;
    if (chain.seq == ping->seq && strcmp(chain.previous_id, ping->previous_id) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "ping %s has number %" PRId64 " but %" PRId64 " is the next; seal it again",
                     ping->id, ping->seq, chain.seq);
}

bool store_ping_seal(struct store *store, const struct store_ping *ping, struct error *err)
{
    if (!store_begin(store, err))
        return false;
    return store_file_end(
        store->file,
        check_chain(store, ping, err) &&
            statement_run(
                statement_of(
                    store->file,
                    "UPDATE pings SET state = 'kept' WHERE state = 'sealed' AND NOT wanted"),
                err) &&
            insert_ping(store, ping, err) && store_gaps_told(store, ping->id, err) &&
            store_forget_runs(store, err),
        err);
}

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text != NULL ? text : "");
}

/* What was shown is what is sent: bytes that changed on the disk go nowhere. */
static bool check_bytes(const struct store_ping *ping, const char *digest, struct error *err)
{
    char found[DIGEST_TEXT_SIZE];

    if (digest != NULL && strcmp(digest_text(ping->bytes, ping->length, found), digest) == 0)
        return true;
    return error_set(err, ERROR_INVALID,
                     "the stored ping %s is not what was sealed: its bytes have changed; put a "
                     "backup of the state folder in place, or collect again",
                     ping->id);
}

bool store_ping_read(struct statement *row, struct arena *arena, struct store_ping *ping,
                     struct error *err)
{
    const char *state = statement_text(row, 5);
    const char *bytes = statement_bytes(row, 6, &ping->length);

    copy_text(ping->id, sizeof(ping->id), statement_text(row, 0));
    ping->seq = statement_integer(row, 1);
    copy_text(ping->previous_id, sizeof(ping->previous_id), statement_text(row, 2));
    ping->run_id = statement_integer(row, 3);
    ping->sealed_us = statement_integer(row, 4);
    ping->bytes = arena_copy_bytes(arena, bytes, ping->length);
    if (!ping_state_from_name(state, &ping->state))
        return error_set(err, ERROR_INVALID, "the stored ping %s is in no known state", ping->id);
    if (ping->length == 0)
        return error_set(err, ERROR_MISSING,
                         "ping %s was deleted, because it was old or the store full; its number "
                         "and its digest are kept",
                         ping->id);
    return check_bytes(ping, statement_text(row, 7), err);
}

bool store_ping_ask(struct statement *ask, struct arena *arena, struct store_ping *ping,
                    bool *found, struct error *err)
{
    bool done = true;

    *ping = (struct store_ping){0};
    if (!statement_step(ask, found, err))
        return false;
    if (*found) {
        done = store_ping_read(ask, arena, ping, err);
        statement_end(ask);
    }
    return done;
}

bool store_ping_sealed(struct store *store, struct arena *arena, struct store_ping *ping,
                       bool *found, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT " PING_COLUMNS " FROM pings WHERE state = 'sealed'"
                                  " ORDER BY seq DESC LIMIT 1");

    return store_ping_ask(ask, arena, ping, found, err);
}

static bool insert_attempt(struct store *store, const struct store_attempt *attempt,
                           struct error *err)
{
    struct statement *add =
        statement_of(store->file, "INSERT INTO attempts (ping_id, at_us, http_status, said)"
                                  " VALUES (?1, ?2, ?3, ?4)");

    statement_put_text(add, 1, attempt->ping_id);
    statement_put_integer(add, 2, attempt->at_us);
    statement_put_integer(add, 3, attempt->http_status);
    statement_put_text(add, 4, attempt->said);
    return statement_run(add, err);
}

static bool insert_receipt(struct store *store, const struct store_attempt *attempt,
                           struct error *err)
{
    struct statement *add =
        statement_of(store->file, "INSERT OR REPLACE INTO receipts (ping_id, at_us, http_status,"
                                  " body) VALUES (?1, ?2, ?3, ?4)");

    statement_put_text(add, 1, attempt->ping_id);
    statement_put_integer(add, 2, attempt->at_us);
    statement_put_integer(add, 3, attempt->http_status);
    statement_put_text(add, 4, attempt->receipt);
    return statement_run(add, err);
}

/* A try that changes nothing says PING_SEALED or PING_WAITING; what was sent once stays sent. */
static bool change_state(struct store *store, const struct store_attempt *attempt,
                         struct error *err)
{
    struct statement *change =
        statement_of(store->file, "UPDATE pings SET state = ?2 WHERE id = ?1 AND state <> 'sent'"
                                  " AND ?2 NOT IN ('sealed', 'waiting')");

    statement_put_text(change, 1, attempt->ping_id);
    statement_put_text(change, 2, ping_state_name(attempt->state));
    return statement_run(change, err);
}

bool store_attempt(struct store *store, const struct store_attempt *attempt, struct error *err)
{
    if (!store_begin(store, err))
        return false;
    return store_file_end(store->file,
                          insert_attempt(store, attempt, err) &&
                              (attempt->receipt == NULL || insert_receipt(store, attempt, err)) &&
                              change_state(store, attempt, err),
                          err);
}
