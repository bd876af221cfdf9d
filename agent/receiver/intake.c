#include "agent/receiver/intake.h"

#include "agent/base/clock.h"
#include "agent/base/gzip.h"
#include "agent/base/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A text that is read from left to right. */
struct cursor {
    const char *at;
    bool bad;
};

static int read_digits(struct cursor *cursor, int count)
{
    int number = 0;

    while (count-- > 0 && !cursor->bad) {
        if (*cursor->at < '0' || *cursor->at > '9') {
            cursor->bad = true;
            return 0;
        }
        number = number * 10 + (*cursor->at++ - '0');
    }
    return number;
}

static bool accept(struct cursor *cursor, const char *signs)
{
    if (cursor->bad || *cursor->at == '\0' || strchr(signs, *cursor->at) == NULL)
        return false;
    cursor->at++;
    return true;
}

static void expect(struct cursor *cursor, const char *signs)
{
    if (!accept(cursor, signs))
        cursor->bad = true;
}

/* Up to microseconds; further digits are read over. */
static int64_t read_fraction(struct cursor *cursor)
{
    int64_t scale = US_PER_SECOND, fraction = 0;

    if (!accept(cursor, "."))
        return 0;
    if (*cursor->at < '0' || *cursor->at > '9')
        cursor->bad = true;
    for (; *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        scale /= 10;
        fraction += scale * (*cursor->at - '0');
    }
    return fraction;
}

/* Seconds east of UTC. */
static int read_zone(struct cursor *cursor)
{
    int sign, hours, minutes;

    cursor->at += strspn(cursor->at, " ");
    if (*cursor->at == '\0' || accept(cursor, "Zz"))
        return 0;
    if (strcmp(cursor->at, "UTC") == 0) {
        cursor->at += 3;
        return 0;
    }
    sign = *cursor->at == '-' ? -1 : 1;
    expect(cursor, "+-");
    hours = read_digits(cursor, 2);
    (void)accept(cursor, ":");
    minutes = read_digits(cursor, 2);
    return sign * (hours * 3600 + minutes * 60);
}

bool intake_time(const char *text, int64_t *wall_us)
{
    struct cursor cursor = {.at = text};
    struct tm utc = {0}, again;
    int64_t fraction;
    time_t seconds;
    int zone;

    utc.tm_year = read_digits(&cursor, 4) - 1900;
    expect(&cursor, "-");
    utc.tm_mon = read_digits(&cursor, 2) - 1;
    expect(&cursor, "-");
    utc.tm_mday = read_digits(&cursor, 2);
    expect(&cursor, "Tt ");
    utc.tm_hour = read_digits(&cursor, 2);
    expect(&cursor, ":");
    utc.tm_min = read_digits(&cursor, 2);
    expect(&cursor, ":");
    utc.tm_sec = read_digits(&cursor, 2);
    fraction = read_fraction(&cursor);
    zone = read_zone(&cursor);
    if (cursor.bad || *cursor.at != '\0')
        return false;
    again = utc;
    seconds = timegm(&again);
    /* timegm makes the 31st of June the 1st of July; such a date was never meant. */
    if (again.tm_mon != utc.tm_mon || again.tm_mday != utc.tm_mday || again.tm_hour != utc.tm_hour)
        return false;
    *wall_us = ((int64_t)seconds - zone) * US_PER_SECOND + fraction;
    return true;
}

static bool is_uuid(const char *text)
{
    if (strlen(text) != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    }
    return true;
}

/* Names go into the log: nothing may stand in them that could pass for something else there. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length < INTAKE_NAME_SIZE &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "._:@+~/-") == length;
}

static void copy_lower(const char *text, char *out, size_t size)
{
    size_t i = 0;

    for (; text[i] != '\0' && i + 1 < size; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    out[i] = '\0';
}

static bool unpack(const struct intake_post *post, struct str *json, struct error *err)
{
    const char *encoding = post->encoding;

    if (encoding != NULL && strcasecmp(encoding, "gzip") == 0) {
        if (gzip_expand(post->body, post->length, INTAKE_LARGEST, json, err))
            return true;
        str_clear(json);
        str_add_bytes(json, post->body, post->length);
        return error_add_context(err, "The body cannot be unpacked");
    }
    str_add_bytes(json, post->body, post->length);
    if (encoding != NULL && *encoding != '\0' && strcasecmp(encoding, "identity") != 0)
        return error_set(err, ERROR_INVALID,
                         "The body is packed in a way that is not known here; gzip is.");
    return true;
}

/* One identity may stand in a header and in the document; where both are, they must agree. */
static bool agree(const char *what, const char *header, const char *inside, const char **value,
                  struct error *err)
{
    *value = inside != NULL ? inside : header;
    if (header != NULL && inside != NULL && strcasecmp(header, inside) != 0)
        return error_set(err, ERROR_INVALID,
                         "The %s of the header is not the one that stands in the document.", what);
    return true;
}

static bool set_ping_id(struct intake_ping *ping, const char *id, struct error *err)
{
    if (!is_uuid(id))
        return error_set(err, ERROR_INVALID, "The ping_id is not a UUID.");
    copy_lower(id, ping->ping_id, sizeof(ping->ping_id));
    return true;
}

static bool set_instance(struct intake_ping *ping, const char *instance, struct error *err)
{
    if (!is_name(instance))
        return error_set(err, ERROR_INVALID,
                         "The instance_id is empty, longer than %d signs, or has signs other than "
                         "letters, digits and ._:@+~/-.",
                         INTAKE_NAME_SIZE - 1);
    (void)snprintf(ping->instance_id, sizeof(ping->instance_id), "%s", instance);
    return true;
}

/*
 * GitLab's form has no id of its own: the same uuid and the same recorded_at are the same ping. So
 * the id is made of their digest, in the form of a UUID of version 8 (RFC 9562, section 5.8).
 */
static void derive_ping_id(const char *uuid, const char *recorded_at, struct intake_ping *ping)
{
    char digest[DIGEST_TEXT_SIZE];
    struct str both;

    str_init(&both);
    str_add_format(&both, "%s %s", uuid, recorded_at);
    (void)digest_text(both.text, both.length, digest);
    str_release(&both);
    (void)snprintf(ping->ping_id, sizeof(ping->ping_id), "%.8s-%.4s-8%.3s-8%.3s-%.12s", digest,
                   digest + 8, digest + 12, digest + 15, digest + 18);
}

static bool read_identity(const struct intake_post *post, const struct js_value *root,
                          struct intake_ping *ping, struct error *err)
{
    const struct js_value *meta = js_get(root, "service_ping");
    const char *uuid = js_text(js_get(root, "uuid"));
    const char *recorded_at = js_text(js_get(root, "recorded_at"));
    const char *id, *instance;

    if (!agree("ping_id", post->ping_id, js_text(js_get(meta, "ping_id")), &id, err) ||
        !agree("instance_id", post->instance_id, js_text(js_get(meta, "instance_id")), &instance,
               err))
        return false;
    if (instance == NULL)
        instance = uuid;
    if (instance == NULL)
        return error_set(err, ERROR_INVALID,
                         "The document does not say whose it is: it has neither "
                         "service_ping.instance_id nor uuid.");
    if (!set_instance(ping, instance, err))
        return false;
    if (recorded_at == NULL || !intake_time(recorded_at, &ping->recorded_us))
        return error_set(err, ERROR_INVALID,
                         "The document has no recorded_at, or it is not a time as ISO 8601 "
                         "writes it.");
    if (id != NULL)
        return set_ping_id(ping, id, err);
    if (meta != NULL)
        return error_set(err, ERROR_INVALID, "The document has no service_ping.ping_id.");
    derive_ping_id(instance, recorded_at, ping);
    return true;
}

static void copy_name(const struct js_value *text, char *out, size_t size)
{
    const char *name = js_text(text);

    if (name != NULL && is_name(name) && strlen(name) < size)
        (void)snprintf(out, size, "%s", name);
}

/* What the chain and the dictionary are followed by; a ping without them is still a ping. */
static void read_history(const struct js_value *meta, struct intake_ping *ping)
{
    const char *previous = js_text(js_get(meta, "previous_ping_id"));

    if (previous != NULL && is_uuid(previous))
        copy_lower(previous, ping->previous_ping_id, sizeof(ping->previous_ping_id));
    ping->seq = js_integer(js_get(meta, "seq"));
    ping->schema_version = js_integer(js_get(meta, "schema_version"));
    copy_name(js_get(js_get(meta, "agent"), "version"), ping->agent_version,
              sizeof(ping->agent_version));
    copy_name(js_get(meta, "definitions_digest"), ping->definitions_digest,
              sizeof(ping->definitions_digest));
}

static bool read_document(const struct intake_post *post, const struct js_value *root,
                          struct intake_ping *ping, struct error *err)
{
    const struct js_value *meta = js_get(root, "service_ping");

    if (js_kind(root) != JS_OBJECT)
        return error_set(err, ERROR_INVALID, "The body is JSON, but not an object.");
    if (meta != NULL && js_kind(meta) != JS_OBJECT)
        return error_set(err, ERROR_INVALID, "`service_ping` is not an object.");
    ping->bare = meta == NULL;
    read_history(meta, ping);
    return read_identity(post, root, ping, err);
}

/* The end of the JSON text that begins at this quote, or of everything. */
static const char *behind_text(const char *quote)
{
    const char *at = quote + 1;

    for (; *at != '\0' && *at != '"'; at++)
        if (*at == '\\' && at[1] != '\0')
            at++;
    return *at != '\0' ? at + 1 : at;
}

/*
 * A copy to find the identity in. Our reader refuses whole numbers that it could not keep exact;
 * here none is looked at, and PostgreSQL, which takes the document apart, keeps them all. So every
 * run of more than 18 digits becomes a zero, which leaves JSON what it is.
 */
static void skim(const char *json, struct str *out)
{
    static const char digits[] = "0123456789";

    while (*json != '\0') {
        size_t run = strspn(json, digits), other = strcspn(json, "0123456789\"");

        if (run > 18)
            str_add_char(out, '0');
        else
            str_add_bytes(out, json, run > 0 ? run : other);
        json += run > 0 ? run : other;
        if (*json == '"') {
            const char *end = behind_text(json);

            str_add_bytes(out, json, (size_t)(end - json));
            json = end;
        }
    }
}

static struct js_value *parse(const struct str *json, struct error *err)
{
    struct js_value *root;
    struct str copy;

    str_init(&copy);
    skim(json->text, &copy);
    root = js_parse(copy.text, copy.length, err);
    str_release(&copy);
    return root;
}

/* What holds for every post; NULL on failure. */
static struct js_value *open_body(const struct intake_post *post, struct str *json,
                                  struct intake_ping *ping, struct error *err)
{
    struct js_value *root;

    *ping = (struct intake_ping){.bare = true};
    str_clear(json);
    if (!unpack(post, json, err))
        return NULL;
    if (json->length == 0)
        (void)error_set(err, ERROR_INVALID, "The body is empty.");
    else if (strlen(json->text) != json->length)
        (void)error_set(err, ERROR_INVALID, "The body has a zero byte in it.");
    else if ((root = parse(json, err)) == NULL)
        (void)error_add_context(err, "The body cannot be read");
    else {
        (void)digest_text(json->text, json->length, ping->digest);
        return root;
    }
    return NULL;
}

bool intake_read(const struct intake_post *post, struct str *json, struct intake_ping *ping,
                 struct error *err)
{
    struct js_value *root = open_body(post, json, ping, err);
    bool done = root != NULL && read_document(post, root, ping, err);

    js_free(root);
    return done;
}

static bool read_report(const struct intake_post *post, const char *object,
                        const struct js_value *root, struct intake_ping *ping, struct error *err)
{
    const struct js_value *report = js_get(root, object);
    const char *uuid = js_text(js_get(report, "uuid"));

    if (js_kind(report) != JS_OBJECT)
        return error_set(err, ERROR_INVALID, "The body is JSON, but has no object `%s`.", object);
    if (post->instance_id == NULL && uuid == NULL)
        return error_set(err, ERROR_INVALID,
                         "The report does not say whose it is: it has no uuid.");
    return set_instance(ping, post->instance_id != NULL ? post->instance_id : uuid, err) &&
           (post->ping_id == NULL || set_ping_id(ping, post->ping_id, err));
}

bool intake_read_report(const struct intake_post *post, const char *object, struct str *json,
                        struct intake_ping *ping, struct error *err)
{
    struct js_value *root = open_body(post, json, ping, err);
    bool done = root != NULL && read_report(post, object, root, ping, err);

    js_free(root);
    return done;
}
