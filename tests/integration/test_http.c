/* The HTTP client against the HTTP server, in one process and one loop. */
#include "tests/support/test.h"

#include "agent/base/gzip.h"
#include "agent/base/memory.h"
#include "agent/io/http_server.h"
#include "agent/io/stream.h"
#include "tests/support/fake_server.h"
#include "tests/support/http_desk.h"
#include "tests/support/redis_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_BODY ((size_t)500000)

struct house {
    struct http_desk desk;
    struct http_server *server;
    char address[32]; /* of the server */
    char url[128];
    struct http_call *kept; /* the newest that is not answered at once */
    size_t calls;
};

/* What the server does with a path. */
typedef void answering(struct house *house, struct http_call *call);

static void reply_text(struct http_call *call, int status, const char *text)
{
    http_reply(call, status, NULL, text, strlen(text));
}

static void echo(struct house *house, struct http_call *call)
{
    const char *header = http_call_header(call, "x-test"), *body;
    struct str text;
    size_t length;

    (void)house;
    body = http_call_body(call, &length);
    assert_int_equal(body[length], '\0');
    assert_ptr_equal(http_call_body(call, &length), body);
    str_init(&text);
    str_add_format(&text, "%s %s %s ", http_call_method(call), http_call_path(call),
                   header != NULL ? header : "-");
    str_add_bytes(&text, body, length);
    http_reply(call, 200, NULL, text.text, text.length);
    str_release(&text);
}

/* The request's body comes back as it is. */
static void mirror(struct house *house, struct http_call *call)
{
    static const char *const headers[] = {"Content-Type: application/octet-stream",
                                          "Content-Encoding: gzip", NULL};
    struct str copy;
    size_t length;
    const char *body = http_call_body(call, &length);

    (void)house;
    str_init(&copy);
    str_add_bytes(&copy, body, length);
    http_reply(call, 200, headers, copy.text, copy.length);
    str_release(&copy);
}

static void move_on(struct house *house, struct http_call *call)
{
    static const char *const headers[] = {"Location: /elsewhere", NULL};

    (void)house;
    http_reply(call, 301, headers, "moved", 5);
}

static void ask_for_patience(struct house *house, struct http_call *call)
{
    static const char *const headers[] = {"Retry-After: 120", "Content-Type: text/plain", NULL};

    (void)house;
    http_reply(call, 503, headers, "later", 5);
}

static void say_nothing_more(struct house *house, struct http_call *call)
{
    (void)house;
    http_reply(call, 204, NULL, "", 0);
}

static void keep(struct house *house, struct http_call *call)
{
    house->kept = call;
}

static void answer_kept(void *arg)
{
    struct house *house = arg;
    struct http_call *call = house->kept;

    house->kept = NULL;
    reply_text(call, 200, "late");
}

static void keep_a_moment(struct house *house, struct http_call *call)
{
    keep(house, call);
    (void)loop_after(house->desk.loop, 20, answer_kept, house);
}

static void keep_and_stop(struct house *house, struct http_call *call)
{
    keep(house, call);
    loop_stop(house->desk.loop);
}

static void send_much(struct house *house, struct http_call *call)
{
    size_t size = (1 << 20) + (strcmp(http_call_path(call), "/too-much") == 0);
    char *bytes = memory_alloc(size);

    (void)house;
    http_reply(call, 200, NULL, memset(bytes, 'm', size), size);
    free(bytes);
}

static const struct {
    const char *path;
    answering *answer;
} routes[] = {
    {"/echo", echo},
    {"/with blank", echo},
    {"/mirror", mirror},
    {"/moved", move_on},
    {"/busy", ask_for_patience},
    {"/empty", say_nothing_more},
    {"/late", keep_a_moment},
    {"/never", keep},
    {"/kept", keep_and_stop},
    {"/much", send_much},
    {"/too-much", send_much},
};

static void handle(struct http_call *call, void *arg)
{
    struct house *house = arg;

    house->calls++;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (strcmp(routes[i].path, http_call_path(call)) == 0) {
            routes[i].answer(house, call);
            return;
        }
    }
    reply_text(call, 404, "not here");
}

static void house_open(struct house *house)
{
    struct error err = {0};

    *house = (struct house){0};
    http_desk_open(&house->desk);
    house->server =
        http_server_new(house->desk.loop, "127.0.0.1:0", LARGEST_BODY, handle, house, &err);
    assert_string_equal(err.text, "");
    assert_non_null(house->server);
    (void)snprintf(house->address, sizeof(house->address), "127.0.0.1:%u",
                   http_server_port(house->server));
}

static void house_close(struct house *house)
{
    http_server_free(house->server);
    http_desk_close(&house->desk);
}

static const char *house_url(struct house *house, const char *path)
{
    (void)snprintf(house->url, sizeof(house->url), "http://%s%s", house->address, path);
    return house->url;
}

static const struct {
    const char *name, *method, *path, *body, *says;
} requests[] = {
    {"a GET", "GET", "/echo", NULL, "200 GET /echo - \n"},
    {"a POST", "POST", "/echo", "some body", "200 POST /echo - some body\n"},
    {"a POST of nothing", "POST", "/echo", NULL, "200 POST /echo - \n"},
    {"a PUT", "PUT", "/echo", "put", "200 PUT /echo - put\n"},
    {"a DELETE", "DELETE", "/echo", NULL, "200 DELETE /echo - \n"},
    {"a HEAD has no body", "HEAD", "/echo", NULL, "200 \n"},
    {"the query is no part of the path", "GET", "/echo?a=b&c", NULL, "200 GET /echo - \n"},
    {"the path is decoded", "GET", "/with%20blank", NULL, "200 GET /with blank - \n"},
    {"a path that nobody knows", "GET", "/nothing", NULL, "404 not here\n"},
    {"a path with a zero byte is no other path", "GET", "/echo%00x", NULL, "400 \n"},
    {"a method that nobody allows", "PATCH", "/echo", "x", "501 "},
    {"a redirect is an answer like others", "GET", "/moved", NULL, "301 ->/elsewhere moved\n"},
    {"a time to come back", "GET", "/busy", NULL, "503 ~120 later\n"},
    {"no content", "GET", "/empty", NULL, "204 \n"},
    {"an answer that comes later", "GET", "/late", NULL, "200 late\n"},
};

static void requests_get_their_answers(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        const char *said;

        print_message("# %s\n", requests[i].name);
        said = http_desk_ask(&house.desk, requests[i].method, house_url(&house, requests[i].path),
                             requests[i].body);
        assert_memory_equal(said, requests[i].says, strlen(requests[i].says));
    }
    house_close(&house);
}

static void headers_arrive(void **state)
{
    static const char *const headers[] = {"X-Test: one two", "Content-Type: text/plain", NULL};
    struct http_request request = {
        .method = "POST", .headers = headers, .body = "b", .body_length = 1};
    struct house house;

    (void)state;
    house_open(&house);
    request.url = house_url(&house, "/echo");
    (void)http_desk_request(&house.desk, &request);
    assert_string_equal(http_desk_await(&house.desk), "200 POST /echo one two b\n");
    house_close(&house);
}

/* What leaves the client, word for word. */
static void nothing_needless_is_told_to_the_server(void **state)
{
    struct http_desk desk;
    struct fake_server *server;
    char url[64], expected[256];

    (void)state;
    http_desk_open(&desk);
    server = fake_server_new(desk.loop, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
    (void)snprintf(url, sizeof(url), "http://%s/a?b", fake_server_address(server));
    assert_string_equal(http_desk_ask(&desk, "GET", url, NULL), "200 ok\n");
    (void)snprintf(expected, sizeof(expected),
                   "GET /a?b HTTP/1.1\r\nHost: %s\r\nUser-Agent: test/1\r\nAccept: */*\r\n\r\n",
                   fake_server_address(server));
    assert_string_equal(fake_server_heard(server)->text, expected);
    fake_server_free(server);
    http_desk_close(&desk);
}

struct raw {
    struct loop *loop;
    struct stream *stream;
    const char *says;
    struct str heard;
    const char *until; /* stops the loop when this was heard */
};

static void raw_opened(void *arg)
{
    struct raw *raw = arg;

    stream_write(raw->stream, raw->says, strlen(raw->says));
}

static void raw_arrived(const void *bytes, size_t length, void *arg)
{
    struct raw *raw = arg;

    str_add_bytes(&raw->heard, bytes, length);
    if (raw->until != NULL && strstr(raw->heard.text, raw->until) != NULL)
        loop_stop(raw->loop);
}

static void raw_lost(const struct error *err, void *arg)
{
    struct raw *raw = arg;

    (void)err;
    loop_stop(raw->loop);
}

static const struct stream_events raw_events = {raw_opened, raw_arrived, raw_lost};

static void raw_begin(struct raw *raw, struct house *house, const char *says, const char *until)
{
    const struct stream_config config = {
        .service = "test", .address = house->address, .timeout_ms = 5000};

    *raw = (struct raw){.loop = house->desk.loop, .says = says, .until = until};
    str_init(&raw->heard);
    raw->stream = stream_new(raw->loop, &config, &raw_events, raw);
}

static void raw_end(struct raw *raw)
{
    stream_free(raw->stream);
    str_release(&raw->heard);
}

static const struct {
    const char *name, *says;
    const char *begins, *holds, *lacks; /* of what comes until the server hangs up */
} raws[] = {
    {"JSON is the default type, and no server is named",
     "GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n",
     "Content-Type: application/json\r\n", "Server:"},
    {"a type that is given wins", "GET /busy HTTP/1.1\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 503 ", "Content-Type: text/plain\r\n", "json"},
    {"a HEAD tells the length and sends no body",
     "HEAD /busy HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 503 ", "Content-Length: 5\r\n",
     "later"},
    {"two requests in one go are answered in turn",
     "GET /late HTTP/1.1\r\n\r\nGET /busy HTTP/1.1\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 200 OK\r\n", "lateHTTP/1.1 503 ", "zzz"},
    {"a whole URL instead of a path", "GET http://a/echo HTTP/1.1\r\nConnection: close\r\n\r\n",
     "HTTP/1.1 200 OK\r\n", "GET /echo", "zzz"},
    {"no HTTP at all", "hello\r\n\r\n", "HTTP/1.", " 400 ", "zzz"},
    {"a length that is no number", "POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 ",
     " 400 ", "zzz"},
};

static void raw_requests_get_their_bytes(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    for (size_t i = 0; i < COUNT_OF(raws); i++) {
        struct raw raw;

        print_message("# %s\n", raws[i].name);
        raw_begin(&raw, &house, raws[i].says, NULL);
        run_guarded(house.desk.loop);
        assert_memory_equal(raw.heard.text, raws[i].begins, strlen(raws[i].begins));
        assert_non_null(strstr(raw.heard.text, raws[i].holds));
        assert_null(strstr(raw.heard.text, raws[i].lacks));
        raw_end(&raw);
    }
    house_close(&house);
}

static void headers_beyond_16_kib_are_refused(void **state)
{
    struct house house;
    struct raw raw;
    struct str says;

    (void)state;
    house_open(&house);
    str_init(&says);
    str_add(&says, "GET /echo HTTP/1.1\r\n");
    while (says.length < 20000)
        str_add(&says,
                "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    str_add(&says, "\r\n");
    raw_begin(&raw, &house, says.text, NULL);
    run_guarded(house.desk.loop);
    assert_non_null(strstr(raw.heard.text, "HTTP/1.1 4"));
    assert_int_equal(house.calls, 0);
    raw_end(&raw);
    str_release(&says);
    house_close(&house);
}

static char *fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    return bytes;
}

static void bodies_of_400_kb_come_and_go_whole(void **state)
{
    const size_t size = 400000;
    char *bytes = fill(memory_alloc(size), size);
    struct http_request request = {.method = "POST", .body = bytes, .body_length = size};
    struct house house;

    (void)state;
    house_open(&house);
    request.url = house_url(&house, "/mirror");
    (void)http_desk_request(&house.desk, &request);
    (void)http_desk_await(&house.desk);
    assert_int_equal(house.desk.said.length, 4 + size + 1);
    assert_memory_equal(house.desk.said.text, "200 ", 4);
    assert_memory_equal(house.desk.said.text + 4, bytes, size);
    house_close(&house);
    free(bytes);
}

static void gzip_passes_untouched(void **state)
{
    struct str packed;
    struct error err = {0};
    struct http_request request = {.method = "POST"};
    struct house house;

    (void)state;
    str_init(&packed);
    assert_true(gzip_compress("plain plain plain", 17, &packed, &err));
    house_open(&house);
    request.url = house_url(&house, "/mirror");
    request.body = packed.text;
    request.body_length = packed.length;
    (void)http_desk_request(&house.desk, &request);
    (void)http_desk_await(&house.desk);
    assert_int_equal(house.desk.said.length, 4 + packed.length + 1);
    assert_memory_equal(house.desk.said.text + 4, packed.text, packed.length);
    house_close(&house);
    str_release(&packed);
}

/* The limit itself passes; one byte more is answered by evhttp, and our handler never sees it. */
static void bodies_beyond_the_limit_are_answered_413(void **state)
{
    char *bytes = memory_alloc(LARGEST_BODY * 8);
    struct http_request request = {.method = "POST", .body = bytes};
    struct house house;

    (void)state;
    house_open(&house);
    for (size_t factor = 1; factor <= 8; factor *= 2) {
        request.url = house_url(&house, "/nothing");
        request.body_length = LARGEST_BODY * factor + (factor == 1);
        (void)http_desk_request(&house.desk, &request);
        assert_memory_equal(http_desk_await(&house.desk), "413 ", 4);
    }
    assert_int_equal(house.calls, 0);
    request.body_length = LARGEST_BODY;
    (void)http_desk_request(&house.desk, &request);
    assert_string_equal(http_desk_await(&house.desk), "404 not here\n");
    house_close(&house);
    free(bytes);
}

static void answers_are_capped_at_1_mib(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    (void)http_desk_ask(&house.desk, "GET", house_url(&house, "/much"), NULL);
    assert_memory_equal(house.desk.said.text, "200 mmmm", 8);
    assert_int_equal(house.desk.said.length, 4 + (1 << 20) + 1);
    (void)http_desk_ask(&house.desk, "GET", house_url(&house, "/too-much"), NULL);
    assert_memory_equal(house.desk.said.text, "invalid: 127.0.0.1:", 19);
    assert_non_null(strstr(house.desk.said.text, "answers with more than 1048576 bytes"));
    house_close(&house);
}

static void many_requests_at_once_all_arrive(void **state)
{
    struct house house;
    size_t lines = 0;

    (void)state;
    house_open(&house);
    for (int i = 0; i < 60; i++)
        (void)http_desk_send(&house.desk, "POST", house_url(&house, "/echo"), "many");
    (void)http_desk_await(&house.desk);
    for (const char *at = house.desk.said.text; *at != '\0'; lines++) {
        assert_memory_equal(at, "200 POST /echo - many\n", 22);
        at += 22;
    }
    assert_int_equal(lines, 60);
    house_close(&house);
}

static void calls_are_answered_in_any_order(void **state)
{
    struct house house;
    struct http_call *first;

    (void)state;
    house_open(&house);
    (void)http_desk_send(&house.desk, "GET", house_url(&house, "/kept"), NULL);
    run_guarded(house.desk.loop);
    first = house.kept;
    (void)http_desk_send(&house.desk, "GET", house_url(&house, "/kept"), NULL);
    run_guarded(house.desk.loop);
    reply_text(house.kept, 200, "second");
    reply_text(first, 200, "first");
    (void)http_desk_await(&house.desk);
    assert_non_null(strstr(house.desk.said.text, "200 first\n"));
    assert_non_null(strstr(house.desk.said.text, "200 second\n"));
    house_close(&house);
}

/* The client leaves while its call is unanswered; the answer goes nowhere and harms nobody. */
static void a_client_that_goes_away_harms_nobody(void **state)
{
    static const bool answered[] = {true, false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(answered); i++) {
        struct house house;
        struct raw raw;

        house_open(&house);
        raw_begin(&raw, &house, "GET /kept HTTP/1.1\r\n\r\n", NULL);
        run_guarded(house.desk.loop);
        assert_non_null(house.kept);
        raw_end(&raw);
        assert_memory_equal(http_desk_ask(&house.desk, "GET", house_url(&house, "/echo"), NULL),
                            "200 ", 4);
        assert_string_equal(http_call_path(house.kept), "/kept");
        if (answered[i])
            reply_text(house.kept, 200, "too late");
        assert_memory_equal(http_desk_ask(&house.desk, "GET", house_url(&house, "/echo"), NULL),
                            "200 ", 4);
        house_close(&house);
    }
}

static void calls_not_answered_end_with_the_server(void **state)
{
    struct house house;

    (void)state;
    house_open(&house);
    (void)http_desk_send(&house.desk, "GET", house_url(&house, "/kept"), NULL);
    run_guarded(house.desk.loop);
    http_server_free(house.server);
    house.server = NULL;
    assert_memory_equal(http_desk_await(&house.desk), "unavailable: The request to 127.0.0.1:", 38);
    http_server_free(NULL);
    house_close(&house);
}

static void unusable(struct http_call *call, void *arg)
{
    (void)arg;
    reply_text(call, 500, "");
}

static const struct {
    const char *name, *listen;
    enum error_kind kind;
    const char *says;
} listens[] = {
    {"a port without a host", ":80", ERROR_INVALID, "names no host"},
    {"a host without a port", "localhost", ERROR_INVALID, "needs a port"},
    {"an address of another machine", "203.0.113.7:0", ERROR_UNAVAILABLE,
     "Cannot listen on 203.0.113.7:0: Cannot assign requested address; check the address."},
};

static void a_server_that_cannot_listen_says_why(void **state)
{
    struct house house;
    struct error err = {0};

    (void)state;
    house_open(&house);
    for (size_t i = 0; i < COUNT_OF(listens); i++) {
        print_message("# %s\n", listens[i].name);
        assert_null(http_server_new(house.desk.loop, listens[i].listen, 1, unusable, NULL, &err));
        assert_int_equal(err.kind, listens[i].kind);
        assert_non_null(strstr(err.text, listens[i].says));
    }
    assert_null(http_server_new(house.desk.loop, house.address, 1, unusable, NULL, &err));
    assert_non_null(strstr(err.text, ": Address already in use; check the address."));
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_their_answers),
        cmocka_unit_test(headers_arrive),
        cmocka_unit_test(nothing_needless_is_told_to_the_server),
        cmocka_unit_test(raw_requests_get_their_bytes),
        cmocka_unit_test(headers_beyond_16_kib_are_refused),
        cmocka_unit_test(bodies_of_400_kb_come_and_go_whole),
        cmocka_unit_test(gzip_passes_untouched),
        cmocka_unit_test(bodies_beyond_the_limit_are_answered_413),
        cmocka_unit_test(answers_are_capped_at_1_mib),
        cmocka_unit_test(many_requests_at_once_all_arrive),
        cmocka_unit_test(calls_are_answered_in_any_order),
        cmocka_unit_test(a_client_that_goes_away_harms_nobody),
        cmocka_unit_test(calls_not_answered_end_with_the_server),
        cmocka_unit_test(a_server_that_cannot_listen_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
