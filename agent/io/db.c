#include "agent/io/db.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/db_binary.h"
#include "agent/io/db_fault.h"
#include "agent/io/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define CONNECT_TIMEOUT_MS 10000
/* How much longer than the server we wait, before the session is given up. */
#define GUARD_MS 5000
/* Of resolving a name, which libpq 15 does while everything else waits. */
#define SLOW_START_US (US_PER_SECOND / 2)

enum state { CLOSED, CONNECTING, IDLE, ASKING, CLEANING };

struct db_query {
    struct db *db; /* NULL while its callback runs */
    char *sql;
    const char **params;
    int param_count;
    unsigned timeout_ms, lock_timeout_ms;
    bool writes;
    bool refused; /* it stood in line when connecting failed: db->refusal is its answer */
    db_done *done;
    void *arg;
    TAILQ_ENTRY(db_query) others;
};

struct db_result {
    const PGresult *rows;
    int64_t took_us;
};

/* The commands of one pipeline, in the order of their answers. */
enum command { COMMAND_BEGIN, COMMAND_SETTINGS, COMMAND_STATEMENT, COMMAND_COMMIT, COMMANDS };

/* What is known of the statement that is being asked. */
struct progress {
    int answered; /* commands whose answer is complete */
    int64_t sent_us, took_us;
    PGresult *rows;
    struct db_failure failure; /* the first; ERROR_NONE: all is well so far */
};

struct db {
    struct loop *loop;
    const struct db_config *config;
    enum state state;
    PGconn *session;
    struct event *event;         /* of the session's socket, while it is waited for */
    struct loop_timer *limit;    /* of the time in the present state */
    struct loop_timer *next;     /* advance() is on its way */
    TAILQ_HEAD(, db_query) line; /* while ASKING, the first is the one that is asked */
    struct progress progress;
    struct db_failure refusal; /* why connecting failed, for the queries that are marked */
    struct db_failure last;    /* what was answered last */
    int server_version;
};

static void advance(void *arg);

static void enter(struct db *db, enum state state)
{
    static const char *const names[] = {"closed", "connecting", "idle", "asking", "cleaning"};

    log_debug("db", "%s: %s, was %s", db->config->name, names[state], names[db->state]);
    loop_timer_cancel(db->limit);
    db->limit = NULL;
    db->state = state;
}

static void advance_soon(struct db *db)
{
    if (db->next == NULL)
        db->next = loop_after(db->loop, 0, advance, db);
}

static void stop_waiting(struct db *db)
{
    if (db->event != NULL)
        event_free(db->event);
    db->event = NULL;
}

static void forget_progress(struct db *db)
{
    PQclear(db->progress.rows);
    db->progress = (struct progress){0};
}

static void close_session(struct db *db)
{
    stop_waiting(db); /* before libpq closes the socket under it */
    forget_progress(db);
    PQfinish(db->session);
    db->session = NULL;
    enter(db, CLOSED);
}

/* Since 14 a server looks now and then whether its client is still there; an older one is told. */
static void abandon_session(struct db *db)
{
    char ignored[256];
    PGcancel *cancel;

    if (db->state == ASKING && db->server_version < 140000) {
        cancel = PQgetCancel(db->session);
        (void)PQcancel(cancel, ignored, sizeof(ignored));
        PQfreeCancel(cancel);
    }
    close_session(db);
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
    free(query);
}

/* ---- Waiting for the socket ---- */

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

/* ---- Connecting ---- */

/* All that stand in line get the same answer, one by one: each of them trying again would add up to
 * many times the time limit. */
static void refuse_line(struct db *db)
{
    struct db_query *query;

    close_session(db);
    (void)error_add_context(&db->refusal.err, "database %s", db->config->name);
    TAILQ_FOREACH(query, &db->line, others)
    query->refused = true;
    advance_soon(db);
}

static void connecting_failed(struct db *db)
{
    bool needs_password = PQconnectionNeedsPassword(db->session) != 0;

    db_fault_of_connecting(PQerrorMessage(db->session), &db->refusal);
    if (needs_password)
        db->refusal.err.kind = ERROR_DENIED;
    refuse_line(db);
}

static void connecting_expired(void *arg)
{
    struct db *db = arg;

    db->limit = NULL;
    db->refusal = (struct db_failure){0};
    (void)error_set(&db->refusal.err, ERROR_UNAVAILABLE, "no session within the connect timeout");
    refuse_line(db);
}

static void connected(struct db *db)
{
    stop_waiting(db);
    if (PQsetnonblocking(db->session, 1) != 0 || PQenterPipelineMode(db->session) != 1) {
        connecting_failed(db);
        return;
    }
    db->server_version = PQserverVersion(db->session);
    enter(db, IDLE);
    advance_soon(db);
}

/* libpq may go on with another socket after each poll (another address, or without TLS). */
static void step_connecting(struct db *db)
{
    PostgresPollingStatusType next;

    stop_waiting(db);
    next = PQconnectPoll(db->session);
    if (next == PGRES_POLLING_OK)
        connected(db);
    else if (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING)
        wait_for(db, next == PGRES_POLLING_READING ? EV_READ : EV_WRITE);
    else
        connecting_failed(db);
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

static void ignore_notice(void *arg, const PGresult *notice)
{
    (void)arg;
    (void)notice;
}

static bool start_session(struct db *db, struct arena *arena, struct error *err)
{
    const char *secret = NULL;
    const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding",
                                    "password", NULL};
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
        keywords, (const char *const[]){db->config->conninfo, "service-ping", "UTF8", secret, NULL},
        1);
    if (db->session == NULL)
        memory_exhausted();
    if (now_monotonic_us() - began_us > SLOW_START_US)
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
    (void)PQsetNoticeReceiver(db->session, ignore_notice, NULL);
    enter(db, CONNECTING);
    db->limit =
        loop_after(db->loop, limit_ms > 0 ? limit_ms : CONNECT_TIMEOUT_MS, connecting_expired, db);
    wait_for(db, EV_WRITE);
}

/* ---- Asking ---- */

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

/* False if the session is of no use any more. Takes the result over. */
static bool take_result(struct progress *progress, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    if (good && progress->answered == COMMAND_STATEMENT && progress->rows == NULL) {
        progress->rows = result;
        progress->took_us = now_monotonic_us() - progress->sent_us;
        return true;
    }
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
        note_fault(progress, result);
    else if (!good && status != PGRES_PIPELINE_ABORTED)
        (void)error_set(&progress->failure.err, ERROR_REFUSED,
                        "only one statement that answers with rows can be asked, not %s",
                        PQresStatus(status));
    PQclear(result);
    /* COPY does not end by itself in a pipeline. */
    return good || status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED ||
           status == PGRES_EMPTY_QUERY;
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

/* What the server said last may still be in libpq's buffer: why it ended the session. */
static void read_last_words(struct db *db)
{
    for (int i = 0; i < 2 * COMMANDS && db->progress.failure.err.kind == ERROR_NONE; i++) {
        PGresult *result = PQgetResult(db->session);

        if (result != NULL && !take_result(&db->progress, result))
            break;
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

static void cleaning_expired(void *arg)
{
    struct db *db = arg;

    db->limit = NULL;
    close_session(db);
    advance_soon(db);
}

/* A statement that failed leaves a failed transaction behind. */
static void clean_up(struct db *db)
{
    forget_progress(db);
    enter(db, CLEANING);
    db->limit = loop_after(db->loop, GUARD_MS, cleaning_expired, db);
    if (PQsendQueryParams(db->session, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 1) != 1 ||
        PQpipelineSync(db->session) != 1 || !flush(db)) {
        close_session(db);
        advance_soon(db);
    }
}

static void step_cleaning(struct db *db)
{
    bool alive = PQconsumeInput(db->session) == 1 && flush(db);
    enum reading reading = alive ? read_results(db) : READING_BROKEN;

    if (reading == READING_ON)
        return;
    if (reading == READING_ENDED && PQtransactionStatus(db->session) == PQTRANS_IDLE) {
        stop_waiting(db);
        forget_progress(db);
        enter(db, IDLE);
    } else {
        close_session(db);
    }
    advance_soon(db);
}

/* Makes the session ready for the next statement, then answers. */
static void answer_asked(struct db *db, bool session_is_good)
{
    struct progress end = db->progress;
    struct db_result result = {.rows = end.rows, .took_us = end.took_us};
    PGTransactionStatusType transaction = PQtransactionStatus(db->session);

    db->progress = (struct progress){0};
    if (!session_is_good || transaction == PQTRANS_UNKNOWN) {
        close_session(db);
    } else if (transaction != PQTRANS_IDLE) {
        clean_up(db);
    } else {
        stop_waiting(db);
        enter(db, IDLE);
    }
    if (end.failure.err.kind == ERROR_NONE && end.rows == NULL)
        (void)error_set(&end.failure.err, ERROR_UNAVAILABLE, "the session ended without an answer");
    answer(db, end.failure.err.kind == ERROR_NONE ? &result : NULL, &end.failure);
    PQclear(end.rows);
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

static void asking_expired(void *arg)
{
    struct db *db = arg;
    struct db_failure failure = {0};

    db->limit = NULL;
    abandon_session(db);
    (void)error_set(&failure.err, ERROR_TIMEOUT,
                    "no answer, although the server's own statement_timeout of %u ms is over",
                    TAILQ_FIRST(&db->line)->timeout_ms);
    answer(db, NULL, &failure);
}

/*
 * The settings are one SELECT: several SET LOCAL cost as much, but pg_stat_statements of the server
 * would keep one entry for every timeout that occurs.
 */
static void add_settings(const struct db *db, const struct db_query *query, struct str *sql)
{
    static const char format[] = ", pg_catalog.set_config('%s', '%u', true)";

    str_add_format(sql, "SELECT pg_catalog.set_config('statement_timeout', '%u', true)",
                   query->timeout_ms);
    if (query->lock_timeout_ms > 0)
        str_add_format(sql, format, "lock_timeout", query->lock_timeout_ms);
    if (!query->writes)
        str_add_format(sql, format, "max_parallel_workers_per_gather", 0U);
    if (db->server_version >= 140000)
        str_add_format(sql, format, "client_connection_check_interval", 500U);
}

static bool send_text(struct db *db, const char *sql)
{
    return PQsendQueryParams(db->session, sql, 0, NULL, NULL, NULL, NULL, 1) == 1;
}

static bool send_pipeline(struct db *db, const struct db_query *query)
{
    struct str settings;
    bool sent;

    str_init(&settings);
    add_settings(db, query, &settings);
    sent = send_text(db, query->writes ? "BEGIN" : "BEGIN READ ONLY") &&
           send_text(db, settings.text) &&
           PQsendQueryParams(db->session, query->sql, query->param_count, NULL, query->params, NULL,
                             NULL, 1) == 1 &&
           send_text(db, "COMMIT") && PQpipelineSync(db->session) == 1 && flush(db);
    str_release(&settings);
    return sent;
}

/* Two looks: the first may find the server's farewell, only the second that it is gone. */
static bool session_is_alive(struct db *db)
{
    return PQconsumeInput(db->session) == 1 && PQisBusy(db->session) == 0 &&
           PQconsumeInput(db->session) == 1 && PQstatus(db->session) == CONNECTION_OK;
}

static void ask(struct db *db)
{
    const struct db_query *query = TAILQ_FIRST(&db->line);

    enter(db, ASKING);
    db->limit = loop_after(db->loop, (int64_t)query->timeout_ms + GUARD_MS, asking_expired, db);
    db->progress.sent_us = now_monotonic_us();
    if (send_pipeline(db, query))
        return;
    read_last_words(db);
    answer_asked(db, false);
}

static void step(evutil_socket_t socket, short what, void *arg)
{
    static void (*const steps[])(struct db *) = {
        [CONNECTING] = step_connecting,
        [ASKING] = step_asking,
        [CLEANING] = step_cleaning,
    };
    struct db *db = arg;

    (void)socket;
    (void)what;
    steps[db->state](db);
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
    if (db->state == IDLE && !session_is_alive(db))
        close_session(db);
    if (db->state == CLOSED)
        connect_begin(db);
    else if (db->state == IDLE)
        ask(db);
}

/* ---- The outside ---- */

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
    struct db_query *query;

    if (db == NULL)
        return;
    abandon_session(db);
    loop_timer_cancel(db->next);
    while ((query = TAILQ_FIRST(&db->line)) != NULL) {
        TAILQ_REMOVE(&db->line, query, others);
        free(query);
    }
    free(db);
}

static char *copy_to(char **room, const char *text)
{
    char *copy = *room;

    *room = stpcpy(copy, text) + 1;
    return copy;
}

/* One block: the query, its list of parameters, and all texts. */
static struct db_query *query_new(const struct db_statement *statement)
{
    size_t list = sizeof(char *) * (size_t)statement->param_count;
    size_t size = sizeof(struct db_query) + list + strlen(statement->sql) + 1;
    struct db_query *query;
    char *room;

    for (int i = 0; i < statement->param_count; i++)
        size += statement->params[i] != NULL ? strlen(statement->params[i]) + 1 : 0;
    query = memory_alloc(size);
    query->params = (const char **)(query + 1);
    room = (char *)(query + 1) + list;
    query->sql = copy_to(&room, statement->sql);
    query->param_count = statement->param_count;
    for (int i = 0; i < statement->param_count; i++)
        if (statement->params[i] != NULL)
            query->params[i] = copy_to(&room, statement->params[i]);
    query->timeout_ms = statement->timeout_ms;
    query->lock_timeout_ms = statement->lock_timeout_ms;
    query->writes = statement->writes;
    return query;
}

struct db_query *db_query(struct db *db, const struct db_statement *statement, db_done *done,
                          void *arg)
{
    struct db_query *query;

    assert(statement->timeout_ms > 0 && statement->param_count >= 0);
    query = query_new(statement);
    query->db = db;
    query->done = done;
    query->arg = arg;
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
    free(query);
}

int db_server_version(const struct db *db)
{
    return db->server_version;
}

const char *db_sqlstate(const struct db *db)
{
    return db->last.sqlstate;
}

/* ---- Results ---- */

int db_rows(const struct db_result *result)
{
    return PQntuples(result->rows);
}

bool db_is_null(const struct db_result *result, int row, int column)
{
    return PQgetisnull(result->rows, row, column) != 0;
}

const char *db_bytes(const struct db_result *result, int row, int column, size_t *length)
{
    *length = (size_t)PQgetlength(result->rows, row, column);
    return PQgetvalue(result->rows, row, column);
}

int64_t db_took_us(const struct db_result *result)
{
    return result->took_us;
}

bool db_integer(const struct db_result *result, int row, int column, int64_t *out,
                struct error *err)
{
    size_t length;
    const char *bytes = db_bytes(result, row, column, &length);

    *out = 0;
    return db_is_null(result, row, column) ||
           db_binary_integer(PQftype(result->rows, column), bytes, length, out, err);
}

bool db_array(const struct db_result *result, int row, int column, db_each *each, void *arg,
              struct error *err)
{
    size_t length;
    const char *bytes = db_bytes(result, row, column, &length);

    return db_is_null(result, row, column) ||
           db_binary_list(PQftype(result->rows, column), bytes, length, each, arg, err);
}
