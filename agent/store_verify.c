#include "agent/store_archive.h"

#include "agent/base/json.h"
#include "agent/store_inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One ping as it is stored; texts until the next row. */
struct stored {
    const char *id, *previous_id, *digest, *bytes, *receipt; /* receipt NULL: none */
    int64_t seq;
    size_t length; /* 0: deleted, as old pings are */
    bool sent;
};

struct verifying {
    const struct store *store;
    store_each_fault *each;
    void *arg;
    int64_t next_seq;
    char previous_id[UUID_TEXT_SIZE], previous_digest[DIGEST_TEXT_SIZE]; /* "": not known */
};

static void fault(const struct verifying *verifying, const struct stored *ping, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

static void fault(const struct verifying *verifying, const struct stored *ping, const char *format,
                  ...)
{
    char text[400], sentence[512];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    (void)snprintf(sentence, sizeof(sentence), "Ping %" PRId64 " (%s) %s.", ping->seq, ping->id,
                   text);
    verifying->each(sentence, verifying->arg);
}

static void tell_gap(const struct verifying *verifying, int64_t seq)
{
    char sentence[128];

    (void)snprintf(sentence, sizeof(sentence),
                   "Between ping %" PRId64 " and ping %" PRId64 " others are missing.",
                   verifying->next_seq - 1, seq);
    verifying->each(sentence, verifying->arg);
}

static bool same(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* ---- What a ping says of itself ---- */

static void verify_seq(const struct verifying *verifying, const struct stored *ping,
                       const struct js_value *said)
{
    if (js_integer(js_get(said, "seq")) != ping->seq)
        fault(verifying, ping, "says that its number is %" PRId64, js_integer(js_get(said, "seq")));
}

static void verify_name(const struct verifying *verifying, const struct stored *ping,
                        const struct js_value *said, const char *key, const char *expected)
{
    const char *name = js_text(js_get(said, key));

    if (!same(name, expected))
        fault(verifying, ping, "says that its %s is %.100s, but it is %s", key,
              name != NULL ? name : "none", expected[0] != '\0' ? expected : "none");
}

/* GitLab's bare form says nothing. The digest of a ping that is missing is not known. */
static void verify_words(const struct verifying *verifying, const struct stored *ping)
{
    struct error ignored;
    struct js_value *root = js_parse(ping->bytes, ping->length, &ignored);
    const struct js_value *said = js_get(root, "service_ping");

    if (js_kind(said) == JS_OBJECT) {
        verify_name(verifying, ping, said, "ping_id", ping->id);
        verify_name(verifying, ping, said, "instance_id", store_instance_id(verifying->store));
        verify_seq(verifying, ping, said);
        verify_name(verifying, ping, said, "previous_ping_id", ping->previous_id);
        if (verifying->previous_digest[0] != '\0' && js_get(said, "previous_digest") != NULL)
            verify_name(verifying, ping, said, "previous_digest", verifying->previous_digest);
    }
    js_free(root);
}

static void verify_bytes(const struct verifying *verifying, const struct stored *ping)
{
    char digest[DIGEST_TEXT_SIZE];

    if (ping->length == 0)
        return;
    if (same(digest_text(ping->bytes, ping->length, digest), ping->digest))
        verify_words(verifying, ping);
    else
        fault(verifying, ping, "is not what was sealed: its bytes have changed");
}

/* ---- Its place in the chain ---- */

static void verify_link(struct verifying *verifying, const struct stored *ping)
{
    if (ping->seq != verifying->next_seq) {
        tell_gap(verifying, ping->seq);
        verifying->previous_digest[0] = '\0';
    } else if (!same(ping->previous_id, verifying->previous_id)) {
        fault(verifying, ping, "does not follow on the one before it");
    }
}

static void go_on(struct verifying *verifying, const struct stored *ping)
{
    verifying->next_seq = ping->seq + 1;
    (void)snprintf(verifying->previous_id, sizeof(verifying->previous_id), "%s", ping->id);
    (void)snprintf(verifying->previous_digest, sizeof(verifying->previous_digest), "%s",
                   ping->digest);
}

/* ---- Its receipt ---- */

/* Other endpoints answer what they like; ours says what it stored. */
static void verify_receipt_words(const struct verifying *verifying, const struct stored *ping)
{
    struct error ignored;
    struct js_value *root = js_parse(ping->receipt, strlen(ping->receipt), &ignored);
    const struct js_value *receipt = js_get(root, "receipt");
    const char *digest = js_text(js_get(receipt, "digest"));
    const char *id = js_text(js_get(receipt, "ping_id"));

    if (digest != NULL && !same(digest, ping->digest))
        fault(verifying, ping, "has a receipt for other bytes (%.64s instead of %s)", digest,
              ping->digest);
    if (id != NULL && !same(id, ping->id))
        fault(verifying, ping, "has the receipt of ping %.36s", id);
    js_free(root);
}

/* What was sent has a receipt, and nothing else has one. */
static void verify_receipt(const struct verifying *verifying, const struct stored *ping)
{
    if (ping->sent && ping->receipt == NULL)
        fault(verifying, ping, "is marked as sent and has no receipt");
    if (!ping->sent && ping->receipt != NULL)
        fault(verifying, ping, "has a receipt and is not marked as sent");
    if (ping->receipt != NULL)
        verify_receipt_words(verifying, ping);
}

static const char *text_or_nothing(struct statement *row, int column)
{
    const char *text = statement_text(row, column);

    return text != NULL ? text : "";
}

static void verify_row(struct verifying *verifying, struct statement *row)
{
    struct stored ping = {
        .id = text_or_nothing(row, 0),
        .seq = statement_integer(row, 1),
        .previous_id = text_or_nothing(row, 2),
        .digest = text_or_nothing(row, 4),
        .sent = same(statement_text(row, 5), "sent"),
        .receipt = statement_text(row, 6),
    };

    ping.bytes = statement_bytes(row, 3, &ping.length);
    verify_link(verifying, &ping);
    verify_bytes(verifying, &ping);
    verify_receipt(verifying, &ping);
    go_on(verifying, &ping);
}

static void tell_damage(const struct verifying *verifying, const char *said)
{
    char sentence[600];

    (void)snprintf(sentence, sizeof(sentence), "The file is damaged: %s.", said);
    verifying->each(sentence, verifying->arg);
}

/* The file itself, as SQLite sees it; of some damage it says no more than that. */
static bool verify_file(const struct verifying *verifying, struct statement *ask, struct error *err)
{
    bool row;

    while (statement_step(ask, &row, err)) {
        if (!row)
            return true;
        if (!same(statement_text(ask, 0), "ok"))
            tell_damage(verifying, statement_text(ask, 0));
    }
    if (err->kind == ERROR_INVALID)
        tell_damage(verifying, err->text);
    return err->kind == ERROR_INVALID;
}

bool store_verify(struct store *store, store_each_fault *each, void *arg, struct error *err)
{
    struct statement *ask =
        statement_of(store->file, "SELECT p.id, p.seq, p.previous_id, p.bytes, p.digest, p.state,"
                                  " c.body FROM pings p LEFT JOIN receipts c ON c.ping_id = p.id"
                                  " ORDER BY p.seq");
    struct verifying verifying = {.store = store, .each = each, .arg = arg, .next_seq = 1};
    bool row;

    if (!verify_file(&verifying, statement_of(store->file, "PRAGMA integrity_check(10)"), err))
        return false;
    while (statement_step(ask, &row, err)) {
        if (!row)
            return true;
        verify_row(&verifying, ask);
    }
    return false;
}
