#include "agent/io/db.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/db_fault.h"
#include "agent/io/db_result_inside.h"
#include "agent/io/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CONNECT_TIMEOUT_MS 10000
#define GUARD_MS           5000 /* how much longer than the server we wait */

enum state { CLOSED, CONNECTING, IDLE, ASKING, CLEANING };

struct db_query {
    struct db *db; /* NULL while its callback runs */
    struct db_statement *statement;
    bool refused; /* it stood in line when connecting failed: db->refusal is its answer */
    db_done *done;
    void *arg;
    TAILQ_ENTRY(db_query) others;
};

/* The commands of one pipeline, in the order of their answers. */
enum command { COMMAND_BEGIN, COMMAND_SETTINGS, COMMAND_STATEMENT, COMMAND_COMMIT, COMMANDS };

/* What is known of the statement that is being asked. */
struct progress {
    int answered; /* commands whose answer is complete */
    int64_t sent_us;
    struct db_result result;
    struct db_failure failure; /* the first; ERROR_NONE: all is well so far */
};

struct db {
    struct loop *loop;
    const struct db_config *config;
    enum state state;
    PGconn *session;
    struct event *event;                   /* of the session's socket, while it is waited for */
    struct loop_timer *limit;              /* of the time in the present state */
    struct loop_timer *next;               /* advance() is on its way */
    TAILQ_HEAD(query_line, db_query) line; /* while ASKING, the first is the one that is asked */
    struct progress progress;
    struct db_failure refusal; /* why connecting failed, for the queries that are marked */
    struct db_failure last;    /* what was answered last */
    int server_version;
    bool ending; /* the server said so */
};

static void advance(void *arg);
static void limit_passed(void *arg);

static void query_free(struct db_query *query)
{
    free(query->statement);
    free(query);
}

static void stop_waiting(struct db *db)
{
    if (db->event != NULL)
        event_free(db->event);
    db->event = NULL;
}

/* The one door between states. What the old one waited for is let go; 0 is no limit. */
static void enter(struct db *db, enum state state, int64_t limit_ms)
{
    static const char *const names[] = {"closed", "connecting", "idle", "asking", "cleaning"};

    log_debug("db", "%s: %s, was %s", db->config->name, names[state], names[db->state]);
    stop_waiting(db);
    loop_timer_cancel(db->limit);
    db->limit = limit_ms > 0 ? loop_after(db->loop, limit_ms, limit_passed, db) : NULL;
    db->state = state;
}

static void advance_soon(struct db *db)
{
    if (db->next == NULL)
        db->next = loop_after(db->loop, 0, advance, db);
}

static void forget_progress(struct db *db)
{
    PQclear(db->progress.result.rows);
    db->progress = (struct progress){0};
}

static void close_session(struct db *db)
{
    enter(db, CLOSED, 0); /* first, because libpq closes the socket that is waited for */
    forget_progress(db);
    PQfinish(db->session);
    db->session = NULL;
}

/* Since 14 a server looks now and then whether its client is still there; an older one is told. */
static void abandon_session(struct db *db)
{
    if (db->state == ASKING && db->server_version < 140000) {
        PGcancel *cancel = PQgetCancel(db->session);
        char ignored[256];

        (void)PQcancel(cancel, ignored, sizeof(ignored));
        PQfreeCancel(cancel);
    }
    close_session(db);
}

static void reopen_for_next(struct db *db)
{
    close_session(db);
    advance_soon(db);
}

/* The callback may free the db or cancel queries: after it nothing of the db is touched. */
static void answer(struct db *db, const struct db_result *result, const struct db_failure *failure)
{
    struct db_query *query = TAILQ_FIRST(&db->line);
    struct error err = failure->err;

    TAILQ_REMOVE(&db->line, query, others);
    query->db = NULL;
    db->last = *failure;
    if (!TAILQ_EMPTY(&db->line))
        advance_soon(db);
    query->done(result, result != NULL ? NULL : &err, query->arg);
    query_free(query);
}

static void step(evutil_socket_t socket, short what, void *arg);

/*
 * A TLS session may hold bytes that it has decrypted and libpq has not read; the socket does not
 * announce those, so it is also looked at from time to time.
 */
static void wait_for(struct db *db, short what)
{
    static const struct timeval look_again = {.tv_usec = 100000};
    bool encrypted = PQsslInUse(db->session) != 0 || PQgssEncInUse(db->session) != 0;
    int socket = PQsocket(db->session);

    if (db->event != NULL && event_get_fd(db->event) == socket &&
        event_get_events(db->event) == (what | EV_PERSIST))
        return;
    stop_waiting(db);
    db->event = event_new(loop_base(db->loop), socket, (short)(what | EV_PERSIST), step, db);
    if (db->event == NULL || event_add(db->event, encrypted ? &look_again : NULL) != 0)
        memory_exhausted();
}

/* All that stand in line get the same answer, one by one: each of them trying again would add up to
 * many times the time limit. */
static void refuse_line(struct db *db)
{
    (void)error_add_context(&db->refusal.err, "database %s", db->config->name);
    for (struct db_query *query = TAILQ_FIRST(&db->line); query != NULL;
         query = TAILQ_NEXT(query, others))
        query->refused = true;
    reopen_for_next(db);
}

static void connecting_failed(struct db *db)
{
    db_fault_of_connecting(PQerrorMessage(db->session), &db->refusal);
    if (PQconnectionNeedsPassword(db->session) != 0)
        db->refusal.err.kind = ERROR_DENIED;
    refuse_line(db);
}

static void connecting_expired(struct db *db)
{
    (void)error_set(&db->refusal.err, ERROR_UNAVAILABLE, "no session within the connect timeout");
    refuse_line(db);
}

/* libpq may go on with another socket after each poll (another address, or without TLS). */
static void step_connecting(struct db *db)
{
    PostgresPollingStatusType next;

    stop_waiting(db);
    next = PQconnectPoll(db->session);
    if (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        wait_for(db, next == PGRES_POLLING_READING ? EV_READ : EV_WRITE);
    } else if (next == PGRES_POLLING_OK && PQsetnonblocking(db->session, 1) == 0 &&
               PQenterPipelineMode(db->session) == 1) {
        db->server_version = PQserverVersion(db->session);
        enter(db, IDLE, 0);
        advance_soon(db);
    } else {
        connecting_failed(db);
    }
}

/* A malformed conninfo is the operator's mistake, and libpq's words for it may quote a password. */
static bool check_conninfo(const char *conninfo, struct error *err)
{
    bool has_form = strchr(conninfo, '=') != NULL || strstr(conninfo, "://") != NULL;
    PQconninfoOption *options = has_form ? PQconninfoParse(conninfo, NULL) : NULL;

    PQconninfoFree(options);
    if (has_form && options == NULL)
        return error_set(err, ERROR_INVALID,
                         "the connection settings are not in libpq's form "
                         "(keyword=value or postgresql://...)");
    return true;
}

/* An idle session hears of its end (57P01 admin_shutdown, ...) as a notice. All others are noise.
 */
static void take_notice(void *arg, const PGresult *notice)
{
    const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    struct db *db = arg;

    if (sqlstate != NULL && strncmp(sqlstate, "57P", 3) == 0)
        db->ending = true;
}

static bool start_session(struct db *db, struct arena *arena, struct error *err)
{
    const char *secret = NULL;
    int64_t began_us = now_monotonic_us();

    if (!check_conninfo(db->config->conninfo, err))
        return false;
    if (db->config->password_file != NULL &&
        !file_read_secret(db->config->password_file, arena, &secret, err)) {
        err->kind = ERROR_INVALID; /* a setting is wrong; nothing is missing in the database */
        return false;
    }
    /* A keyword whose value is NULL is left out. */
    db->session = PQconnectStartParams(
        (const char *[]){"dbname", "fallback_application_name", "client_encoding", "password",
                         NULL},
        (const char *[]){db->config->conninfo, "service-ping", "UTF8", secret, NULL}, 1);
    if (db->session == NULL)
        memory_exhausted();
    /* libpq 15 resolves names while everything else waits. */
    if (now_monotonic_us() - began_us > US_PER_SECOND / 2)
        log_warning("db", "%s: resolving the host's name took %" PRId64 " ms; 'hostaddr' avoids it",
                    db->config->name, (now_monotonic_us() - began_us) / 1000);
    return true;
}

static void connect_begin(struct db *db)
{
    unsigned limit_ms = db->config->connect_timeout_ms;
    struct arena *arena = arena_new();
    bool started;

    db->refusal = (struct db_failure){0};
    db->ending = false;
    started = start_session(db, arena, &db->refusal.err);
    arena_free(arena);
    if (!started) {
        refuse_line(db);
        return;
    }
    if (PQstatus(db->session) == CONNECTION_BAD) {
        connecting_failed(db);
        return;
    }
    (void)PQsetErrorVerbosity(db->session, PQERRORS_VERBOSE);
    (void)PQsetNoticeReceiver(db->session, take_notice, db);
    enter(db, CONNECTING, limit_ms > 0 ? limit_ms : CONNECT_TIMEOUT_MS);
    wait_for(db, EV_WRITE);
}

static void note_fault(struct progress *progress, const PGresult *result)
{
    struct db_fault fault = {
        .sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE),
        .message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY),
        .detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
        .hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT),
    };

    if (progress->failure.err.kind != ERROR_NONE)
        return;
    if (fault.message == NULL)
        fault.message = PQresultErrorMessage(result); /* libpq's own */
    db_fault_of_statement(&fault, &progress->failure);
}

/* False if the session is of no use any more: COPY does not end by itself in a pipeline. */
static bool take_result(struct progress *progress, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    bool expected = good || status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED;

    if (good && progress->answered == COMMAND_STATEMENT && progress->result.rows == NULL) {
        progress->result.rows = result;
        progress->result.took_us = now_monotonic_us() - progress->sent_us;
        return true;
    }
    if (status == PGRES_FATAL_ERROR)
        note_fault(progress, result);
    if (!expected)
        (void)error_set(&progress->failure.err, ERROR_REFUSED,
                        "not one statement that answers with rows, but %s", PQresStatus(status));
    PQclear(result);
    return expected;
}

enum reading { READING_ON, READING_ENDED, READING_BROKEN };

/* Each command answers with results and a NULL; the pipeline ends with its Sync. */
static enum reading read_results(struct db *db)
{
    while (db->progress.answered <= COMMANDS && PQisBusy(db->session) == 0) {
        PGresult *result = PQgetResult(db->session);

        if (result == NULL) {
            db->progress.answered++;
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return READING_ENDED;
        } else if (!take_result(&db->progress, result)) {
            return READING_BROKEN;
        }
    }
    return db->progress.answered <= COMMANDS ? READING_ON : READING_BROKEN;
}

/*
 * What the server said last may still be in libpq's buffer: why it ended the session. Only then is
 * PQgetResult sure not to wait.
 */
static void read_last_words(struct db *db)
{
    bool more = PQstatus(db->session) == CONNECTION_BAD;

    for (int i = 0; more && i < 2 * COMMANDS && db->progress.failure.err.kind == ERROR_NONE; i++) {
        PGresult *result = PQgetResult(db->session);

        more = result == NULL || take_result(&db->progress, result);
    }
    if (db->progress.failure.err.kind == ERROR_NONE)
        db_fault_of_statement(&(struct db_fault){.message = PQerrorMessage(db->session)},
                              &db->progress.failure);
}

static bool flush(struct db *db)
{
    int left = PQflush(db->session);

    if (left >= 0)
        wait_for(db, left > 0 ? EV_READ | EV_WRITE : EV_READ);
    return left >= 0;
}

static bool send_text(struct db *db, const char *sql)
{
    return PQsendQueryParams(db->session, sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
}

/* A statement that failed leaves a failed transaction behind. */
static void clean_up(struct db *db)
{
    enter(db, CLEANING, GUARD_MS);
    if (!send_text(db, "ROLLBACK") || PQpipelineSync(db->session) != 1 || !flush(db))
        reopen_for_next(db);
}

static void step_cleaning(struct db *db)
{
    bool alive = PQconsumeInput(db->session) == 1 && flush(db);
    enum reading reading = alive ? read_results(db) : READING_BROKEN;

    if (reading == READING_ON)
        return;
    forget_progress(db);
    if (reading == READING_BROKEN || PQtransactionStatus(db->session) != PQTRANS_IDLE)
        close_session(db);
    else
        enter(db, IDLE, 0);
    advance_soon(db);
}

/* Makes the session ready for the next statement, then answers. */
static void answer_asked(struct db *db, bool session_is_good)
{
    struct progress end = db->progress;
    PGTransactionStatusType transaction = PQtransactionStatus(db->session);

    db->progress = (struct progress){0};
    if (!session_is_good || transaction == PQTRANS_UNKNOWN)
        close_session(db);
    else if (transaction != PQTRANS_IDLE)
        clean_up(db);
    else
        enter(db, IDLE, 0);
    if (end.failure.err.kind == ERROR_NONE && end.result.rows == NULL)
        (void)error_set(&end.failure.err, ERROR_UNAVAILABLE, "the session ended without an answer");
    db_result_hand_out(&end.result);
    answer(db, end.failure.err.kind == ERROR_NONE ? &end.result : NULL, &end.failure);
    db_result_let_go(&end.result);
}

static void step_asking(struct db *db)
{
    enum reading reading = READING_BROKEN;

    if (PQconsumeInput(db->session) == 1 && flush(db))
        reading = read_results(db);
    else
        read_last_words(db);
    if (reading != READING_ON)
        answer_asked(db, reading == READING_ENDED);
}

static void asking_expired(struct db *db)
{
    struct db_failure failure = {0};

    abandon_session(db);
    (void)error_set(&failure.err, ERROR_TIMEOUT,
                    "no answer, although the server's own statement_timeout of %u ms is over",
                    TAILQ_FIRST(&db->line)->statement->timeout_ms);
    answer(db, NULL, &failure);
}

static bool send_pipeline(struct db *db, const struct db_statement *statement)
{
    struct str settings;
    bool sent;

    str_init(&settings);
    db_statement_settings(statement, db->server_version, &settings);
    sent = send_text(db, statement->writes ? "BEGIN" : "BEGIN READ ONLY") &&
           send_text(db, settings.text) &&
           PQsendQueryParams(db->session, statement->sql, statement->param_count, NULL,
                             statement->params, NULL, NULL, 1) == 1 &&
           send_text(db, "COMMIT") && PQpipelineSync(db->session) == 1 && flush(db);
    str_release(&settings);
    return sent;
}

static void ask(struct db *db, const struct db_statement *statement)
{
    enter(db, ASKING, (int64_t)statement->timeout_ms + GUARD_MS);
    db->progress.sent_us = now_monotonic_us();
    if (send_pipeline(db, statement))
        return;
    read_last_words(db);
    answer_asked(db, false);
}

/* What a state does when its socket is ready, and when it has lasted too long. */
static const struct {
    void (*step)(struct db *db);
    void (*expired)(struct db *db);
} states[] = {
    [CONNECTING] = {step_connecting, connecting_expired},
    [ASKING] = {step_asking, asking_expired},
    [CLEANING] = {step_cleaning, reopen_for_next},
};

static void step(evutil_socket_t socket, short what, void *arg)
{
    struct db *db = arg;

    (void)socket;
    (void)what;
    states[db->state].step(db);
}

static void limit_passed(void *arg)
{
    struct db *db = arg;

    db->limit = NULL;
    states[db->state].expired(db);
}

/* Whatever comes next for the first in line; the one door through which work begins. */
static void advance(void *arg)
{
    struct db *db = arg;
    const struct db_query *query = TAILQ_FIRST(&db->line);

    db->next = NULL;
    if (query == NULL)
        return;
    if (query->refused) {
        answer(db, NULL, &db->refusal);
        return;
    }
    if (db->state == IDLE &&
        (PQconsumeInput(db->session) != 1 || PQisBusy(db->session) != 0 || db->ending))
        close_session(db); /* it ended while nobody looked */
    if (db->state == CLOSED)
        connect_begin(db);
    else if (db->state == IDLE)
        ask(db, query->statement);
}

struct db *db_new(struct loop *loop, const struct db_config *config)
{
    struct db *db = memory_alloc(sizeof(*db));

    db->loop = loop;
    db->config = config;
    TAILQ_INIT(&db->line);
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    abandon_session(db);
    loop_timer_cancel(db->next);
    while (!TAILQ_EMPTY(&db->line)) {
        struct db_query *query = TAILQ_FIRST(&db->line);

        TAILQ_REMOVE(&db->line, query, others);
        query_free(query);
    }
    free(db);
}

struct db_query *db_query(struct db *db, const struct db_statement *statement, db_done *done,
                          void *arg)
{
    struct db_query *query = memory_alloc(sizeof(*query));

    assert(statement->timeout_ms > 0 && statement->param_count >= 0);
    *query = (struct db_query){
        .db = db, .statement = db_statement_copy(statement), .done = done, .arg = arg};
    TAILQ_INSERT_TAIL(&db->line, query, others);
    advance_soon(db);
    return query;
}

void db_query_cancel(struct db_query *query)
{
    struct db *db;

    if (query == NULL || query->db == NULL)
        return;
    db = query->db;
    if (db->state == ASKING && query == TAILQ_FIRST(&db->line)) {
        abandon_session(db);
        advance_soon(db);
    }
    TAILQ_REMOVE(&db->line, query, others);
    query_free(query);
}

int db_server_version(const struct db *db)
{
    return db->server_version;
}

const char *db_sqlstate(const struct db *db)
{
    return db->last.sqlstate;
}
