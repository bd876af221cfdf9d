/* Who is let in by the socket and by TCP, and where the agent listens. */
#include "agent/base/clock.h"
#include "tests/support/office.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Who asks ---- */

#define US     "Host: 127.0.0.1:@\r\n"
#define BEARER "Authorization: Bearer a-token-of-this-test\r\n"

static const struct {
    const char *name;
    enum office_door door;
    const char *line, *headers;
    int status;
} asked[] = {
    {"the token lets in", BY_TCP, "GET /v1/status", US BEARER, 200},
    {"also in GitLab's header", BY_TCP, "GET /v1/status",
     US "PRIVATE-TOKEN: a-token-of-this-test\r\n", 200},
    {"without it nobody is let in", BY_TCP, "GET /v1/status", US, 401},
    {"nor with another one", BY_TCP, "GET /v1/status", US "Authorization: Bearer another\r\n", 401},
    {"nor with half of it", BY_TCP, "GET /v1/status",
     US "Authorization: Bearer a-token-of-this-tes\r\n", 401},
    {"nor with more than it", BY_TCP, "GET /v1/status",
     US "Authorization: Bearer a-token-of-this-test2\r\n", 401},
    {"nor with an empty one", BY_TCP, "GET /v1/status", US "Authorization: Bearer \r\n", 401},
    {"nor with a password", BY_TCP, "GET /v1/status", US "Authorization: Basic YTpi\r\n", 401},
    {"nor with a cookie that nobody gave", BY_TCP, "GET /v1/status",
     US "Cookie: service_ping_session=0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a\r\n", 401},
    {"nor with an empty cookie", BY_TCP, "GET /v1/status", US "Cookie: service_ping_session=\r\n",
     401},
    {"what is not there is not told either", BY_TCP, "GET /v1/nothing", US, 401},
    {"nor is how it may be asked", BY_TCP, "GET /v1/send", US, 401},
    {"the page asks for the token", BY_TCP, "GET /", US, 401},
    {"and is shown to who has it", BY_TCP, "GET /", US BEARER, 200},
    {"health is everybody's", BY_TCP, "GET /healthz", US, 200},
    {"so is readiness", BY_TCP, "GET /readyz", US, 200},
    {"so are the agent's own metrics", BY_TCP, "GET /metrics", US, 200},
    {"GitLab's paths need it, too", BY_TCP, "GET /api/v4/usage_data/service_ping", US, 401},
    {"a change needs it", BY_TCP, "POST /v1/accept", US, 401},
    {"and may be asked for with it", BY_TCP, "POST /v1/accept", US BEARER, 200},
    {"localhost is a name of ours", BY_TCP, "GET /v1/status", "Host: localhost:@\r\n" BEARER, 200},
    {"in any case", BY_TCP, "GET /v1/status", "Host: LOCALHOST:@\r\n" BEARER, 200},
    {"so is another loopback address", BY_TCP, "GET /v1/status", "Host: 127.1.2.3:@\r\n" BEARER,
     200},
    {"so is that of IPv6", BY_TCP, "GET /v1/status", "Host: [::1]:@\r\n" BEARER, 200},
    {"another name is not", BY_TCP, "GET /v1/status", "Host: evil.example:@\r\n" BEARER, 403},
    {"nor one that begins like ours", BY_TCP, "GET /v1/status",
     "Host: localhost.evil.example:@\r\n" BEARER, 403},
    {"nor one that begins like our address", BY_TCP, "GET /v1/status",
     "Host: 127.0.0.1.evil.example:@\r\n" BEARER, 403},
    {"nor one that ends like ours", BY_TCP, "GET /v1/status", "Host: notlocalhost:@\r\n" BEARER,
     403},
    {"nor another address", BY_TCP, "GET /v1/status", "Host: 10.0.0.1:@\r\n" BEARER, 403},
    {"nor another port", BY_TCP, "GET /v1/status", "Host: localhost:1\r\n" BEARER, 403},
    {"nor a port with more behind it", BY_TCP, "GET /v1/status",
     "Host: localhost:@.evil.example\r\n" BEARER, 403},
    {"nor no port", BY_TCP, "GET /v1/status", "Host: localhost\r\n" BEARER, 403},
    {"nor no name", BY_TCP, "GET /v1/status", "Host: \r\n" BEARER, 403},
    {"nor none at all", BY_TCP, "GET /v1/status", BEARER, 403},
    {"a foreign name does not even learn of health", BY_TCP, "GET /healthz",
     "Host: evil.example\r\n", 403},
    {"nor of metrics", BY_TCP, "GET /metrics", "Host: evil.example\r\n", 403},
    {"a page of ours may ask for a change", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://127.0.0.1:@\r\n", 200},
    {"a foreign page may not", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://evil.example\r\n", 403},
    {"nor one that hides where it is from", BY_TCP, "POST /v1/accept", US BEARER "Origin: null\r\n",
     403},
    {"nor one on another port of this machine", BY_TCP, "POST /v1/accept",
     US BEARER "Origin: http://127.0.0.1:1\r\n", 403},
    {"the socket needs no token", BY_SOCKET, "GET /v1/status", "Host: localhost\r\n", 200},
    {"and takes any plain name", BY_SOCKET, "GET /v1/status", "Host: service-ping\r\n", 200},
    {"and any port of a forwarded one", BY_SOCKET, "GET /v1/status", "Host: localhost:9000\r\n",
     200},
    {"but no foreign name", BY_SOCKET, "GET /v1/status", "Host: evil.example\r\n", 403},
    {"and no foreign page's change", BY_SOCKET, "POST /v1/accept",
     "Host: localhost:9000\r\nOrigin: http://evil.example\r\n", 403},
};

static void who_may_ask_is_decided(void **state)
{
    struct office *office = *state;

    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        int status = office_ask_with(office, asked[i].door, asked[i].line, asked[i].headers,
                                     asked[i].line[0] == 'P' ? "{\"all\":true}" : NULL);

        if (status != asked[i].status)
            fail_msg("%s: %d in place of %d: %s", asked[i].name, status, asked[i].status,
                     office->http.body);
        if (status == 403 || (status == 401 && strcmp(asked[i].line, "GET /") != 0)) {
            office_expect_json(office);
            assert_null(strstr(office->http.body, "alive"));
        }
        if (status == 401)
            assert_null(strstr(office->http.answer.text, office_token));
    }
}

static const char *session_of(struct office *office)
{
    const char *cookie;

    assert_int_equal(office_ask_with(office, BY_TCP, "POST /v1/session", US BEARER, ""), 200);
    cookie = raw_http_header(&office->http, "Set-Cookie");
    assert_non_null(cookie);
    office_expect_header(office, "Set-Cookie", "; HttpOnly");
    office_expect_header(office, "Set-Cookie", "; SameSite=Strict");
    office_expect_header(office, "Set-Cookie", "; Max-Age=43200");
    assert_null(strstr(cookie, office_token));
    return arena_format(office->arena, "%sCookie: other=1; %.*s\r\n", US, (int)strcspn(cookie, ";"),
                        cookie);
}

static const char *with(struct office *office, const char *session, const char *header)
{
    return arena_format(office->arena, "%s%s\r\n", session, header);
}

static void a_session_lasts_half_a_day(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /", session, NULL), 200);
    now_advance((INT64_C(12) * 3600 - 1) * US_PER_SECOND);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
    now_advance(US_PER_SECOND);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
}

static void a_session_changes_things_only_from_the_page(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    assert_int_equal(office_ask_with(office, BY_TCP, "POST /v1/send", session, "{}"), 403);
    assert_int_equal(office_status(office).state, DAEMON_IDLE);
    session = with(office, session, "X-Service-Ping: 1");
    assert_int_equal(office_ask_with(office, BY_TCP, "POST /v1/send", session, "{}"), 202);
    assert_int_equal(office_status(office).state, DAEMON_COLLECTING);
}

static void a_session_can_be_ended_and_begets_none(void **state)
{
    struct office *office = *state;
    const char *session = with(office, session_of(office), "X-Service-Ping: 1");
    const char *other = session_of(office);

    assert_int_equal(office_ask_with(office, BY_TCP, "POST /v1/session", session, ""), 409);
    assert_int_equal(office_ask_with(office, BY_TCP, "DELETE /v1/session", session, NULL), 200);
    office_expect_header(office, "Set-Cookie", "Max-Age=0");
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", other, NULL), 200);
}

static void of_many_sessions_the_oldest_ends(void **state)
{
    struct office *office = *state;
    const char *first = session_of(office), *last = NULL;

    for (int i = 0; i < 16; i++) {
        now_advance(US_PER_SECOND);
        last = session_of(office);
    }
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", first, NULL), 401);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", last, NULL), 200);
}

static void a_new_token_counts_at_once(void **state)
{
    struct office *office = *state;
    const char *session = session_of(office);

    office_write_token(office, "a-new-one\n");
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", US BEARER, NULL), 401);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 401);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status",
                                     US "Authorization: bearer  a-new-one\r\n", NULL),
                     200);
    office_write_token(office, office_token);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", session, NULL), 200);
}

/* ---- Beginning, reloading ---- */

static const struct {
    const char *name, *http, *said;
} starts[] = {
    {"a folder that is not there", "socket: /nowhere/at/all.sock", "no folder /nowhere/at"},
    {"TCP without a token", "socket: '', listen: '127.0.0.1:0'", "http.token_file"},
    {"a token that is not there", "socket: '', listen: '127.0.0.1:0', token_file: /nowhere/token",
     "/nowhere/token"},
    {"a token that everybody may read", "socket: '', listen: '127.0.0.1:0', token_file: @/open",
     "everybody may read"},
    {"an address that is taken", "socket: '', listen: '127.0.0.1:#', token_file: @/token",
     "127.0.0.1:#"},
    {"a socket that is taken", "socket: @/web.sock", "web.sock"},
    {"a group that is not there", "socket: @/new.sock, socket_group: no-such-group",
     "no-such-group"},
};

/* "@" is the scratch folder, "#" the port. */
static const char *filled(struct office *office, const char *text)
{
    struct str out;
    const char *copy;

    str_init(&out);
    for (; *text != '\0'; text++) {
        if (*text == '@')
            str_add(&out, office->shown.scratch.folder);
        else if (*text == '#')
            str_add(&out, office->port);
        else
            str_add_char(&out, *text);
    }
    copy = arena_copy(office->arena, out.text);
    str_release(&out);
    return copy;
}

static void what_cannot_be_had_is_told(void **state)
{
    struct office *office = *state;

    scratch_write(&office->shown.scratch, "open", office_token);
    assert_int_equal(chmod(filled(office, "@/open"), 0644), 0);
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        struct error err = {0};

        office_settle(office, filled(office, starts[i].http));
        assert_true(office_reload(office));
        if (office_begin(office, &err) != NULL)
            fail_msg("%s: it began", starts[i].name);
        if (strstr(err.text, filled(office, starts[i].said)) == NULL)
            fail_msg("%s: %s", starts[i].name, err.text);
    }
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
}

/* New settings may come into force later than the reload, at the end of a collection, and even
 * while a request is answered. */
static void other_settings_are_followed(void **state)
{
    struct office *office = *state;

    office_settle(office, filled(office, "socket: @/other.sock, listen: '127.0.0.1:0',"
                                         " token_file: @/token"));
    assert_int_equal(office_ask(office, "POST /v1/send", "{}"), 202);
    assert_true(office_reload(office));
    web_follow(office->web);
    assert_int_equal(office_ask(office, "POST /v1/consent", "{\"mode\":\"off\"}"), 200);
    web_follow(office->web);
    web_follow(office->web);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /healthz", US, NULL), 200);
    assert_int_not_equal(access(office->path, F_OK), 0);
    office->path = filled(office, "@/other.sock");
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
}

static void a_reload_listens_where_it_is_told_now(void **state)
{
    struct office *office = *state;
    const char *first = office->path;
    struct error err;

    office->path = filled(office, "@/other.sock");
    office_settle(office, filled(office, "socket: @/other.sock"));
    assert_true(office_reload(office));
    assert_true(web_reload(office->web, &err));
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
    assert_int_equal(web_port(office->web), 0);
    assert_int_not_equal(access(first, F_OK), 0);
    office_settle(office, filled(office, "socket: /nowhere/at/all.sock, listen: '127.0.0.1:0',"
                                         " token_file: @/token"));
    assert_true(office_reload(office));
    assert_false(web_reload(office->web, &err));
    assert_non_null(strstr(err.text, "/nowhere/at"));
    assert_int_equal(office_ask(office, "GET /healthz", NULL), 200);
    office_note_port(office);
    assert_int_equal(office_ask_with(office, BY_TCP, "GET /v1/status", US BEARER, NULL), 200);
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, office_set_up, office_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(who_may_ask_is_decided),
        IN_OFFICE(a_session_lasts_half_a_day),
        IN_OFFICE(a_session_changes_things_only_from_the_page),
        IN_OFFICE(a_session_can_be_ended_and_begets_none),
        IN_OFFICE(of_many_sessions_the_oldest_ends),
        IN_OFFICE(a_new_token_counts_at_once),
        IN_OFFICE(what_cannot_be_had_is_told),
        IN_OFFICE(a_reload_listens_where_it_is_told_now),
        IN_OFFICE(other_settings_are_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
