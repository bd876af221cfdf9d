#include "agent/receiver/receiver.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/http_server.h"
#include "agent/receiver/intake.h"
#include "agent/receiver/reply.h"
#include "agent/receiver/reports.h"
#include "agent/receiver/rows.h"
#include "agent/receiver/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* What waits for the database is held in memory; beyond this, senders are asked to come back. */
enum { MOST_WAITING_BYTES = 64 * 1024 * 1024, MOST_STEPS = 8 };

/* Outside of these a recorded_at is a broken clock, and would make partitions without end. */
static const int64_t earliest_us = INT64_C(1262304000) * US_PER_SECOND; /* 2010-01-01 */
static const int64_t ahead_us = INT64_C(31) * 86400 * US_PER_SECOND;

/* What is posted, by its path. */
struct post_kind {
    const char *path;
    const char *report; /* the object that a report has; NULL: this is a ping */
    struct db_query *(*store)(struct db *db, const struct intake_ping *ping, const char *json,
                              db_done *done, void *arg);
};

static const struct post_kind kinds[] = {
    {"/v1/pings", NULL, rows_store},
    {"/usage_data", NULL, rows_store},
    {"/", NULL, rows_store},
    {"/usage_ping_metadata", "metadata", reports_store_metadata},
    {"/usage_ping_errors", "error", reports_store_failure},
};

/* One post on its way into the database. */
struct reception {
    TAILQ_ENTRY(reception) link;
    struct receiver *receiver;
    const struct post_kind *kind;
    struct http_call *call;
    struct db_query *query;
    struct intake_ping ping;
    struct str json;
    unsigned steps;
    int refused;         /* the status to answer once the dead letter is kept; 0: it is a ping */
    struct error reason; /* why it was refused */
};

struct receiver {
    struct receiver_config config;
    struct http_server *server;
    struct db *db;
    struct db_query *preparing; /* the tables, asked for at the start */
    bool prepared;
    int64_t *weeks; /* those that have their partition */
    size_t week_count;
    size_t waiting_bytes, answered;
    TAILQ_HEAD(reception_list, reception) receptions;
};

static void advance(struct reception *reception);

static void reception_free(struct reception *reception)
{
    struct receiver *receiver = reception->receiver;

    TAILQ_REMOVE(&receiver->receptions, reception, link);
    receiver->waiting_bytes -= reception->json.length;
    db_query_cancel(reception->query);
    str_release(&reception->json);
    free(reception);
}

/* One line a ping; the names in it were checked by the intake. */
static void log_answer(const struct reception *reception, int status, int64_t rows, const char *why)
{
    const struct intake_ping *ping = &reception->ping;

    log_write(status < 300 ? LEVEL_INFO : LEVEL_WARNING, "receive",
              "status=%d ping=%s instance=%s bytes=%zu rows=%" PRId64 "%s%s", status,
              ping->ping_id[0] != '\0' ? ping->ping_id : "-",
              ping->instance_id[0] != '\0' ? ping->instance_id : "-", reception->json.length, rows,
              why != NULL ? ": " : "", why != NULL ? why : "");
}

static void count_answer(struct receiver *receiver)
{
    receiver->answered++;
    if (receiver->config.answered != NULL)
        receiver->config.answered(receiver->answered, receiver->config.arg);
}

/* The end of a reception; it is gone afterwards. Trouble on this side is for the log, not for the
 * sender. */
static void answer_error(struct reception *reception, int status, const char *why)
{
    static const char later[] = "The ping could not be stored just now; please send it again.";
    struct receiver *receiver = reception->receiver;

    log_answer(reception, status, 0, why);
    reply_error(reception->call, status, status == 503 ? later : why);
    reception_free(reception);
    count_answer(receiver);
}

static void answer_receipt(struct reception *reception, const struct rows_receipt *receipt)
{
    struct receiver *receiver = reception->receiver;
    int status = receipt->fresh ? 201 : 200;

    log_answer(reception, status, receipt->rows, NULL);
    if (reception->kind->report)
        reply_report(reception->call, receipt);
    else
        reply_receipt(reception->call, &reception->ping, receipt);
    reception_free(reception);
    count_answer(receiver);
}

/* What will never be a ping is kept as a dead letter before it is answered. */
static void refuse(struct reception *reception, int status, const struct error *why)
{
    reception->refused = status;
    reception->reason = *why;
    advance(reception);
}

/*
 * Data that PostgreSQL cannot hold (classes 22 and 54: a zero sign in a text, a number beyond
 * numeric, a path beyond an index) will not get better. All else is this side's trouble: the sender
 * keeps the ping and comes back. Tables that went missing, or a partition (23514), are made anew.
 */
static void database_failed(struct reception *reception, const struct error *err)
{
    struct receiver *receiver = reception->receiver;
    const char *state = db_sqlstate(receiver->db);
    struct error why = *err;

    if (reception->refused == 0 && (strncmp(state, "22", 2) == 0 || strncmp(state, "54", 2) == 0)) {
        (void)error_add_context(&why, "The document cannot be stored");
        refuse(reception, 400, &why);
        return;
    }
    if (err->kind == ERROR_MISSING || strcmp(state, "23514") == 0) {
        receiver->prepared = false;
        receiver->week_count = 0;
    }
    answer_error(reception, 503, err->text);
}

static void tables_made(const struct db_result *result, const struct error *err, void *arg)
{
    struct reception *reception = arg;

    (void)result;
    reception->query = NULL;
    if (err != NULL) {
        database_failed(reception, err);
        return;
    }
    reception->receiver->prepared = true;
    advance(reception);
}

static void note_week(struct receiver *receiver, int64_t week)
{
    receiver->weeks =
        memory_resize(receiver->weeks, (receiver->week_count + 1) * sizeof(receiver->weeks[0]));
    receiver->weeks[receiver->week_count++] = week;
}

static bool week_is_made(const struct receiver *receiver, int64_t week)
{
    for (size_t i = 0; i < receiver->week_count; i++)
        if (receiver->weeks[i] == week)
            return true;
    return false;
}

static void week_made(const struct db_result *result, const struct error *err, void *arg)
{
    struct reception *reception = arg;

    (void)result;
    reception->query = NULL;
    if (err != NULL) {
        database_failed(reception, err);
        return;
    }
    note_week(reception->receiver, schema_week(reception->ping.recorded_us));
    advance(reception);
}

static void post_stored(const struct db_result *result, const struct error *err, void *arg)
{
    struct reception *reception = arg;
    struct rows_receipt receipt;
    struct error why;

    reception->query = NULL;
    if (err != NULL) {
        database_failed(reception, err);
    } else if (!rows_receipt(result, &reception->ping, &receipt, &why)) {
        if (why.kind == ERROR_UNAVAILABLE)
            advance(reception);
        else
            database_failed(reception, &why);
    } else if (!receipt.same) {
        (void)error_set(&why, ERROR_REFUSED,
                        "Another ping with this ping_id and other bytes is stored already.");
        refuse(reception, 409, &why);
    } else {
        answer_receipt(reception, &receipt);
    }
}

static void letter_kept(const struct db_result *result, const struct error *err, void *arg)
{
    struct reception *reception = arg;

    (void)result;
    reception->query = NULL;
    if (err != NULL)
        database_failed(reception, err);
    else
        answer_error(reception, reception->refused, reception->reason.text);
}

/* Asks the database for the next thing that this reception needs. */
static void advance(struct reception *reception)
{
    struct receiver *receiver = reception->receiver;
    struct intake_ping *ping = &reception->ping;
    int64_t week = schema_week(ping->recorded_us);

    if (++reception->steps > MOST_STEPS)
        answer_error(reception, 503, "it was asked too often, and it is still not stored");
    else if (!receiver->prepared)
        reception->query = schema_create(receiver->db, tables_made, reception);
    else if (reception->refused != 0)
        reception->query = rows_bury(receiver->db, reception->reason.text, reception->json.text,
                                     reception->json.length, letter_kept, reception);
    else if (reception->kind->report == NULL && !week_is_made(receiver, week))
        reception->query = schema_create_week(receiver->db, week, week_made, reception);
    else
        reception->query = reception->kind->store(receiver->db, ping, reception->json.text,
                                                  post_stored, reception);
}

static bool check_time(const struct intake_ping *ping, struct error *err)
{
    if (ping->recorded_us >= earliest_us && ping->recorded_us <= now_wall_us() + ahead_us)
        return true;
    return error_set(
        err, ERROR_INVALID,
        "The recorded_at is before 2010 or more than 31 days ahead of the clock here.");
}

static bool read_post(const struct intake_post *post, struct reception *reception,
                      struct error *err)
{
    const char *report = reception->kind->report;

    if (report != NULL)
        return intake_read_report(post, report, &reception->json, &reception->ping, err);
    return intake_read(post, &reception->json, &reception->ping, err) &&
           check_time(&reception->ping, err);
}

static void take_post(struct receiver *receiver, const struct post_kind *kind,
                      struct http_call *call)
{
    struct intake_post post = {
        .encoding = http_call_header(call, "Content-Encoding"),
        .ping_id = http_call_header(call, "Service-Ping-Id"),
        .instance_id = http_call_header(call, "Service-Ping-Instance"),
    };
    struct reception *reception;
    struct error err;

    post.body = http_call_body(call, &post.length);
    if (receiver->waiting_bytes > MOST_WAITING_BYTES) {
        reply_error(call, 503, "Too much is waiting to be stored; please send it again later.");
        return;
    }
    reception = memory_alloc(sizeof(*reception));
    reception->receiver = receiver;
    reception->kind = kind;
    reception->call = call;
    str_init(&reception->json);
    TAILQ_INSERT_TAIL(&receiver->receptions, reception, link);
    if (read_post(&post, reception, &err)) {
        receiver->waiting_bytes += reception->json.length;
        advance(reception);
        return;
    }
    receiver->waiting_bytes += reception->json.length;
    refuse(reception, 400, &err);
}

static const struct post_kind *find_kind(const char *path)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(path, kinds[i].path) == 0)
            return &kinds[i];
    return NULL;
}

static void handle(struct http_call *call, void *arg)
{
    const char *path = http_call_path(call), *method = http_call_method(call);
    const struct post_kind *kind = find_kind(path);

    if (strcmp(path, "/healthz") == 0)
        http_reply(call, 200, NULL, "ok\n", 3);
    else if (kind == NULL)
        reply_error(call, 404, "Pings are posted to /v1/pings.");
    else if (strcmp(method, "POST") != 0)
        reply_error(call, 405, "Pings are posted.");
    else
        take_post(arg, kind, call);
}

static void tables_made_at_start(const struct db_result *result, const struct error *err, void *arg)
{
    struct receiver *receiver = arg;

    (void)result;
    receiver->preparing = NULL;
    if (err == NULL)
        receiver->prepared = true;
    else
        log_error("receive", "%s; pings are answered 503 until the tables can be made", err->text);
}

struct receiver *receiver_new(struct loop *loop, const struct receiver_config *config,
                              struct error *err)
{
    struct receiver *receiver = memory_alloc(sizeof(*receiver));

    receiver->config = *config;
    TAILQ_INIT(&receiver->receptions);
    receiver->server = http_server_new(loop, config->listen, INTAKE_LARGEST, handle, receiver, err);
    if (receiver->server == NULL) {
        free(receiver);
        return NULL;
    }
    receiver->db = db_new(loop, config->database);
    receiver->preparing = schema_create(receiver->db, tables_made_at_start, receiver);
    return receiver;
}

void receiver_free(struct receiver *receiver)
{
    if (receiver == NULL)
        return;
    db_query_cancel(receiver->preparing);
    for (struct reception *next, *each = TAILQ_FIRST(&receiver->receptions); each != NULL;
         each = next) {
        next = TAILQ_NEXT(each, link);
        reception_free(each);
    }
    http_server_free(receiver->server);
    db_free(receiver->db);
    free(receiver->weeks);
    free(receiver);
}

unsigned receiver_port(const struct receiver *receiver)
{
    return http_server_port(receiver->server);
}
