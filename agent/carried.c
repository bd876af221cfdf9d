#include "agent/carried.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FORM = 1 };

static const char meta_what[] = "a ping of service-ping, to be posted by 'service-ping upload'";
static const char receipt_what[] = "the answer to a ping, to be kept by 'service-ping import'";

/* ---- Writing ---- */

void carried_write_meta(const struct carried_meta *meta, struct str *out)
{
    char sealed_at[TIME_TEXT_SIZE];
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "what", meta_what);
    js_put_integer(&writer, "form", FORM);
    js_put_text(&writer, "ping_id", meta->ping_id);
    js_put_text(&writer, "instance_id", meta->instance_id);
    js_put_integer(&writer, "seq", meta->seq);
    js_put_text(&writer, "sealed_at", time_text(meta->sealed_us, sealed_at));
    js_put_integer(&writer, "schema_version", meta->schema);
    js_put_integer(&writer, "bytes", meta->length);
    js_put_text(&writer, "digest", meta->digest);
    js_close_object(&writer);
    str_add_char(out, '\n');
}

void carried_write_receipt(const struct carried_receipt *receipt, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "what", receipt_what);
    js_put_integer(&writer, "form", FORM);
    js_put_text(&writer, "ping_id", receipt->ping_id);
    js_put_text(&writer, "instance_id", receipt->instance_id);
    js_put_text(&writer, "digest", receipt->digest);
    js_put_text(&writer, "endpoint", receipt->endpoint);
    js_put_text(&writer, "answered_at", receipt->answered_at);
    js_put_integer(&writer, "http_status", receipt->http_status);
    js_put_text(&writer, "body", receipt->body);
    js_close_object(&writer);
    str_add_char(out, '\n');
}

/* ---- Reading ---- */

/* A text of exactly so many signs, of those that ids and digests are made of. */
static bool read_name(const struct js_value *root, const char *key, char *out, size_t size)
{
    const char *text = js_text(js_get(root, key));

    if (text == NULL || strlen(text) != size - 1 || strspn(text, "0123456789abcdef-") != size - 1)
        return false;
    (void)memcpy(out, text, size);
    return true;
}

static struct js_value *parse(const char *path, const char *text, size_t length, const char *what,
                              struct error *err)
{
    struct error reason;
    struct js_value *root = js_parse(text, length, &reason);
    const char *said = js_text(js_get(root, "what"));

    if (root == NULL) {
        (void)error_set(err, ERROR_INVALID, "%s: this is not JSON: %.200s", path, reason.text);
    } else if (said == NULL || strcmp(said, what) != 0) {
        (void)error_set(err, ERROR_INVALID, "%s: this is not %s", path, what);
    } else if (js_integer(js_get(root, "form")) != FORM) {
        (void)error_set(err, ERROR_INVALID,
                        "%s: another version of service-ping wrote it (form %" PRId64
                        ", this one knows %d)",
                        path, js_integer(js_get(root, "form")), FORM);
    } else {
        return root;
    }
    js_free(root);
    return NULL;
}

bool carried_read_meta(const char *path, const char *text, size_t length, struct carried_meta *meta,
                       struct error *err)
{
    struct js_value *root = parse(path, text, length, meta_what, err);
    bool whole;

    *meta = (struct carried_meta){0};
    if (root == NULL)
        return false;
    whole = read_name(root, "ping_id", meta->ping_id, sizeof(meta->ping_id)) &&
            read_name(root, "instance_id", meta->instance_id, sizeof(meta->instance_id)) &&
            read_name(root, "digest", meta->digest, sizeof(meta->digest));
    meta->seq = js_integer(js_get(root, "seq"));
    meta->schema = js_integer(js_get(root, "schema_version"));
    meta->length = js_integer(js_get(root, "bytes"));
    js_free(root);
    return whole ||
           error_set(err, ERROR_INVALID,
                     "%s: the ping's id, its instance's or its digest is not in it as it was "
                     "written; export the ping again",
                     path);
}

static const char *copy_text(struct arena *arena, const struct js_value *value)
{
    return arena_copy(arena, js_text(value) != NULL ? js_text(value) : "");
}

bool carried_read_receipt(const char *path, const char *text, size_t length, struct arena *arena,
                          struct carried_receipt *receipt, struct error *err)
{
    struct js_value *root = parse(path, text, length, receipt_what, err);
    bool whole;

    *receipt = (struct carried_receipt){0};
    if (root == NULL)
        return false;
    whole = read_name(root, "ping_id", receipt->ping_id, sizeof(receipt->ping_id)) &&
            read_name(root, "instance_id", receipt->instance_id, sizeof(receipt->instance_id)) &&
            read_name(root, "digest", receipt->digest, sizeof(receipt->digest));
    receipt->http_status = js_integer(js_get(root, "http_status"));
    receipt->endpoint = copy_text(arena, js_get(root, "endpoint"));
    receipt->answered_at = copy_text(arena, js_get(root, "answered_at"));
    receipt->body = copy_text(arena, js_get(root, "body"));
    js_free(root);
    return whole ||
           error_set(err, ERROR_INVALID,
                     "%s: the ping's id, its instance's or its digest is not in it as it was "
                     "written; upload the ping again",
                     path);
}

/* ---- Checking ---- */

bool carried_check_bytes(const struct carried_meta *meta, const char *path, const char *bytes,
                         size_t length, struct error *err)
{
    char digest[DIGEST_TEXT_SIZE];

    if ((int64_t)length == meta->length &&
        strcmp(digest_text(bytes, length, digest), meta->digest) == 0)
        return true;
    return error_set(err, ERROR_INVALID,
                     "%s: these are not the bytes that were exported as ping %s (%zu of %" PRId64
                     " bytes, and another SHA-256): something changed them on the way; export "
                     "the ping again and carry it as it is",
                     path, meta->ping_id, length, meta->length);
}

bool carried_check_body(const char *ping_id, const char *digest, const char *body,
                        struct error *err)
{
    struct error ignored;
    struct js_value *root = js_parse(body, strlen(body), &ignored);
    const struct js_value *receipt = js_get(root, "receipt");
    const char *stored = js_text(js_get(receipt, "digest"));
    const char *id = js_text(js_get(receipt, "ping_id"));
    bool right =
        (stored == NULL || strcmp(stored, digest) == 0) && (id == NULL || strcmp(id, ping_id) == 0);

    if (!right)
        (void)error_set(err, ERROR_REFUSED,
                        "the endpoint's answer is for other bytes than those of ping %s (ping "
                        "%.36s, SHA-256 %.64s): something on the way changes them",
                        ping_id, id != NULL ? id : "?", stored != NULL ? stored : "?");
    js_free(root);
    return right;
}

/* ---- A receipt comes back ---- */

struct search {
    const char *id;
    bool found, sent;
    int64_t seq;
    char digest[DIGEST_TEXT_SIZE];
};

static void look_at(const struct store_ping_line *line, void *arg)
{
    struct search *search = arg;

    if (strcmp(line->ping.id, search->id) != 0)
        return;
    search->found = true;
    search->sent = line->ping.state == PING_SENT;
    search->seq = line->ping.seq;
    (void)memcpy(search->digest, line->digest, sizeof(search->digest));
}

static bool check_receipt(const struct store *store, const struct search *search,
                          const struct carried_receipt *receipt, struct error *err)
{
    if (strcmp(receipt->instance_id, store_instance_id(store)) != 0)
        return error_set(err, ERROR_REFUSED,
                         "the receipt is for a ping of another instance, %s; this is %s",
                         receipt->instance_id, store_instance_id(store));
    if (!search->found)
        return error_set(err, ERROR_REFUSED,
                         "the receipt is for ping %s, which this instance does not have",
                         receipt->ping_id);
    if (strcmp(receipt->digest, search->digest) != 0)
        return error_set(err, ERROR_REFUSED,
                         "the receipt is for other bytes than those of ping %s (SHA-256 %s "
                         "instead of %s)",
                         receipt->ping_id, receipt->digest, search->digest);
    if (receipt->http_status < 200 || receipt->http_status > 299)
        return error_set(err, ERROR_REFUSED,
                         "the receipt says HTTP %" PRId64 ": the endpoint did not take the ping",
                         receipt->http_status);
    return carried_check_body(receipt->ping_id, receipt->digest, receipt->body, err);
}

bool carried_take_receipt(struct store *store, const struct carried_receipt *receipt, int64_t *seq,
                          bool *fresh, struct error *err)
{
    struct search search = {.id = receipt->ping_id};
    const struct store_attempt attempt = {
        .ping_id = receipt->ping_id,
        .at_us = now_wall_us(),
        .http_status = (int)receipt->http_status,
        .receipt = receipt->body,
        .state = PING_SENT,
    };

    if (!store_pings(store, SIZE_MAX >> 1, look_at, &search, err) ||
        !check_receipt(store, &search, receipt, err))
        return false;
    *seq = search.seq;
    *fresh = !search.sent;
    return search.sent || store_attempt(store, &attempt, err);
}
