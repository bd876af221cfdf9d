#include "agent/receiver/reply.h"

#include "agent/base/json.h"
#include "agent/io/http_server.h"

static void reply_json(struct http_call *call, int status, const struct str *body)
{
    static const char *const usual[] = {"Content-Type: application/json", NULL};
    static const char *const later[] = {"Content-Type: application/json", "Retry-After: 60", NULL};
    static const char *const posts[] = {"Content-Type: application/json", "Allow: POST", NULL};
    const char *const *headers = usual;

    if (status == 503)
        headers = later;
    if (status == 405)
        headers = posts;
    http_reply(call, status, headers, body->text, body->length);
}

void reply_error(struct http_call *call, int status, const char *sentence)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    js_put_text(&writer, "error", sentence);
    js_close_object(&writer);
    reply_json(call, status, &body);
    str_release(&body);
}

static void write_receipt(struct js_writer *writer, const char *ping_id,
                          const struct rows_receipt *receipt)
{
    js_open_object(writer, "receipt");
    if (ping_id != NULL)
        js_put_text(writer, "ping_id", ping_id);
    js_put_text(writer, "received_at", receipt->received_at);
    js_put_text(writer, "digest", receipt->digest);
    js_put_integer(writer, "rows", receipt->rows);
    js_close_object(writer);
}

static int status_of(const struct rows_receipt *receipt)
{
    return receipt->fresh ? 201 : 200;
}

void reply_receipt(struct http_call *call, const struct intake_ping *ping,
                   const struct rows_receipt *receipt)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    write_receipt(&writer, ping->ping_id, receipt);
    js_open_object(&writer, "conv_index");
    js_put_integer(&writer, "usage_data_id", receipt->id);
    js_close_object(&writer);
    js_close_object(&writer);
    reply_json(call, status_of(receipt), &body);
    str_release(&body);
}

void reply_report(struct http_call *call, const struct rows_receipt *receipt)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    write_receipt(&writer, NULL, receipt);
    js_close_object(&writer);
    reply_json(call, status_of(receipt), &body);
    str_release(&body);
}
