#include "tests/support/office.h"

#include "agent/base/json.h"
#include "agent/io/loop.h"
#include "metrics/sources.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char office_token[] = "a-token-of-this-test";

void office_write_token(struct office *office, const char *text)
{
    scratch_write(&office->shown.scratch, "token", text);
    assert_int_equal(
        chmod(arena_format(office->arena, "%s/token", office->shown.scratch.folder), 0600), 0);
}

struct web *office_begin(struct office *office, struct error *err)
{
    const struct web_request request = {
        .loop = office->loop,
        .daemon = office->daemon,
        .store = office->shown.place->store,
        .sources = metric_sources,
    };

    return web_new(&request, err);
}

void office_settle(struct office *office, const char *http)
{
    shown_settle(&office->shown, arena_format(office->arena, OFFICE_ALWAYS "http: {%s}\n", http));
}

const char *office_usual(struct office *office)
{
    return arena_format(office->arena, "socket: %s, listen: '127.0.0.1:0', token_file: %s/token",
                        office->path, office->shown.scratch.folder);
}

void office_begin_daemon(struct office *office)
{
    static char *const environment[] = {NULL};
    struct complaints complaints;
    const struct daemon_request request = {
        .loop = office->loop,
        .store = office->shown.place->store,
        .sources = metric_sources,
        .config = office->shown.config,
        .environment = environment,
    };

    complaints_init(&complaints, office->arena);
    office->daemon = daemon_new(&request, &complaints);
    complaints_print(&complaints, stderr);
    assert_non_null(office->daemon);
}

struct daemon_status office_status(const struct office *office)
{
    struct daemon_status status;

    daemon_status(office->daemon, &status);
    return status;
}

bool office_reload(struct office *office)
{
    struct complaints complaints;

    complaints_init(&complaints, office->arena);
    return daemon_reload(office->daemon, &complaints);
}

void office_note_port(struct office *office)
{
    (void)snprintf(office->port, sizeof(office->port), "%u", web_port(office->web));
}

int office_set_up(void **state)
{
    static struct office office;
    struct error err;

    office = (struct office){.loop = loop_new(), .arena = arena_new()};
    loop_by_moved_clock(office.loop);
    shown_open(&office.shown);
    office_write_token(&office, office_token);
    office.path = arena_format(office.arena, "%s/web.sock", office.shown.scratch.folder);
    office_settle(&office, office_usual(&office));
    office_begin_daemon(&office);
    office.web = office_begin(&office, &err);
    assert_non_null(office.web);
    office_note_port(&office);
    raw_http_init(&office.http, office.loop);
    *state = &office;
    return 0;
}

int office_tear_down(void **state)
{
    struct office *office = *state;

    web_free(office->web);
    daemon_free(office->daemon);
    raw_http_release(&office->http);
    loop_free(office->loop);
    shown_close(&office->shown);
    arena_free(office->arena);
    return 0;
}

/* "@" in the headers stands for the port. */
static void add_headers(struct office *office, const char *headers, struct str *out)
{
    for (; *headers != '\0'; headers++) {
        if (*headers == '@')
            str_add(out, office->port);
        else
            str_add_char(out, *headers);
    }
}

int office_ask_with(struct office *office, enum office_door door, const char *line,
                    const char *headers, const char *body)
{
    struct str request;

    str_init(&request);
    str_add_format(&request, "%s HTTP/1.1\r\nConnection: close\r\n", line);
    add_headers(office, headers, &request);
    if (body != NULL)
        str_add_format(&request, "Content-Length: %zu\r\n", strlen(body));
    str_add_format(&request, "\r\n%s", body != NULL ? body : "");
    raw_http_send(&office->http, door == BY_TCP ? office->port : office->path, request.text,
                  request.length);
    str_release(&request);
    return office->http.status;
}

int office_ask(struct office *office, const char *line, const char *body)
{
    return office_ask_with(office, BY_SOCKET, line, "Host: localhost\r\n", body);
}

void office_expect_json(struct office *office)
{
    struct error err = {0};
    struct js_value *value = js_parse(office->http.body, office->http.body_length, &err);

    if (value == NULL)
        fail_msg("%s in: %s", err.text, office->http.body);
    js_free(value);
}

void office_expect_body(struct office *office, const char *part)
{
    if (strstr(office->http.body, part) == NULL)
        fail_msg("'%s' is not in: %s", part, office->http.body);
}

void office_expect_header(struct office *office, const char *name, const char *part)
{
    const char *value = raw_http_header(&office->http, name);

    if (value == NULL || strstr(value, part) == NULL)
        fail_msg("%s is '%s', without '%s'", name, value != NULL ? value : "(none)", part);
}
