/*
 * The whole agent and an endpoint that misbehaves: what its status and its history say, how often
 * it connects, how many lines it logs, and that the ping arrives when all is well again.
 */
#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "agent/web/page_data.h"
#include "tests/support/bad_endpoint.h"
#include "tests/support/house.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER(line, headers) "HTTP/1.1 " line "\r\nContent-Length: 2\r\n" headers "\r\n{}"
#define HOME                  "Connection: close\r\n"
#define MOST_A_DAY            24

static const struct bad_manner good = {.says = ANSWER("201 Created", HOME)};

/* No power fails here, and there are thousands of commits. */
int fdatasync(int file)
{
    (void)file;
    return 0;
}

int fsync(int file)
{
    (void)file;
    return 0;
}

struct fault {
    const char *name;
    struct bad_manner manner;
    const char *scheme;
    const char *ca_file; /* trusted; NULL: the system's */
    bool by_proxy;       /* it is a proxy; the endpoint itself is elsewhere */
    bool slow;           /* each try takes a second */
    bool unreachable;    /* nobody listens */
    int status;          /* of HTTP, as the history has it */
    const char *state;   /* of the ping */
    const char *says;    /* part of the sentence */
};

static const struct fault faults[] = {
    {.name = "one that accepts and never answers",
     .manner = {.holds = true},
     .scheme = "http",
     .slow = true,
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one where nobody listens",
     .scheme = "http",
     .unreachable = true,
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that hangs up without a word",
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that resets in the middle of the ping",
     .manner = {.hears = 20, .resets = true},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that resets in the middle of its answer",
     .manner = {.says = "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"rec",
                .resets = true},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that says less than it promised",
     .manner = {.says = "HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"rec"},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that answers garbage",
     .manner = {.says = "\x16\x03\x01 SSH-2.0-OpenSSH_9.2 \xff\xfe\r\n\r\n"},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that answers half a head",
     .manner = {.says = "HTTP/1.1 201 Cre"},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "one that is busy",
     .manner = {.says = ANSWER("429 Too Many Requests", "Retry-After: 7200\r\n" HOME)},
     .scheme = "http",
     .status = 429,
     .state = "waiting",
     .says = "asks to wait (Retry-After: 7200)"},
    {.name = "one that is broken",
     .manner = {.says = ANSWER("500 Internal Server Error", HOME)},
     .scheme = "http",
     .status = 500,
     .state = "waiting",
     .says = "cannot take the ping now (HTTP 500)"},
    {.name = "one that finds the ping too large",
     .manner = {.says = ANSWER("413 Content Too Large", HOME)},
     .scheme = "http",
     .status = 413,
     .state = "rejected",
     .says = "rejects the ping (HTTP 413)"},
    {.name = "a certificate of another name",
     .manner = {.says = ANSWER("201 Created", HOME), .certificate = OTHER_NAME},
     .scheme = "https",
     .ca_file = "other.pem",
     .state = "waiting",
     .says = "its certificate is not trusted"},
    {.name = "a certificate that has expired",
     .manner = {.says = ANSWER("201 Created", HOME), .certificate = EXPIRED},
     .scheme = "https",
     .ca_file = "expired.pem",
     .state = "waiting",
     .says = "its certificate is not trusted"},
    {.name = "a certificate that nobody knows",
     .manner = {.says = ANSWER("201 Created", HOME), .certificate = GOOD_CERTIFICATE},
     .scheme = "https",
     .state = "waiting",
     .says = "its certificate is not trusted"},
    {.name = "plain HTTP where TLS is expected",
     .manner = {.says = ANSWER("400 Bad Request", HOME), .hears = 1},
     .scheme = "https",
     .ca_file = "good.pem",
     .state = "waiting",
     .says = "check that it speaks TLS 1.2 or later at this port"},
    {.name = "TLS where plain HTTP is expected",
     .manner = {.says = ANSWER("201 Created", HOME), .certificate = GOOD_CERTIFICATE},
     .scheme = "http",
     .state = "waiting",
     .says = "gave no answer."},
    {.name = "a proxy that refuses",
     .manner = {.says = ANSWER("403 Forbidden", HOME)},
     .scheme = "https",
     .by_proxy = true,
     .state = "waiting",
     .says = "proxy"},
};

struct scene {
    struct house *house;
    struct bad_endpoint *endpoint;
    int errors; /* where stderr went */
};

/* ---- What is logged ---- */

static void log_to_file(struct scene *scene)
{
    int file = open(place_path(scene->house->place, "log"), O_CREAT | O_TRUNC | O_WRONLY, 0600);

    (void)fflush(stderr);
    scene->errors = dup(STDERR_FILENO);
    assert_true(file >= 0 && scene->errors >= 0);
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    (void)close(file);
}

static void log_to_terminal(struct scene *scene)
{
    if (scene->errors < 0)
        return;
    (void)fflush(stderr);
    (void)dup2(scene->errors, STDERR_FILENO);
    (void)close(scene->errors);
    scene->errors = -1;
}

/* Lines of the log that have these words. */
static unsigned logged(const struct scene *scene, const char *words)
{
    FILE *file = fopen(place_path(scene->house->place, "log"), "r");
    unsigned count = 0;
    char line[2048];

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        count += strstr(line, words) != NULL ? 1 : 0;
    (void)fclose(file);
    return count;
}

/* ---- The scene ---- */

static int set_up(void **state)
{
    static struct scene scene;
    void *house;

    if (house_set_up(&house) != 0)
        return 1;
    scene = (struct scene){.house = house, .errors = -1};
    scene.endpoint = bad_endpoint_new(scene.house->loop, scene.house->scratch.folder);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    void *house = scene->house;

    log_to_terminal(scene);
    house_close(scene->house);
    bad_endpoint_free(scene->endpoint);
    return house_tear_down(&house);
}

static void configure(struct scene *scene, const struct fault *fault, const char *lines)
{
    struct house *house = scene->house;
    unsigned port = fault->unreachable ? 1 : bad_endpoint_port(scene->endpoint);
    struct str fields, all;

    str_init(&fields);
    str_init(&all);
    if (fault->by_proxy)
        str_add_format(&fields,
                       "url: \"https://ping.example/\", proxy: \"http://me:secret@127.0.0.1:%u\"",
                       port);
    else
        str_add_format(&fields, "url: \"%s://127.0.0.1:%u/\", proxy: \"\"", fault->scheme, port);
    if (fault->ca_file != NULL)
        str_add_format(&fields, ", ca_file: \"%s/%s\"", house->scratch.folder, fault->ca_file);
    str_add(&fields, ", timeout: 1s");
    house->endpoint = fields.text;
    str_add_format(&all, "consent: on\n%s", lines);
    house_settings(house, all.text);
    house->endpoint = NULL;
    str_release(&all);
    str_release(&fields);
}

static void begin(struct scene *scene, const struct fault *fault, const char *lines)
{
    configure(scene, fault, lines);
    bad_endpoint_behave(scene->endpoint, &fault->manner);
    log_to_file(scene);
    log_set_level(LEVEL_INFO);
    house_open(scene->house);
}

static void collect(struct scene *scene)
{
    assert_true(daemon_run_now(scene->house->daemon, &scene->house->place->err));
    house_settle(scene->house);
}

/* ---- What it says ---- */

struct newest {
    struct arena *arena;
    const char *state, *said;
    int status;
    unsigned attempts;
};

static void take_newest(const struct store_ping_line *line, void *arg)
{
    struct newest *newest = arg;

    newest->state = ping_state_name(line->ping.state);
    newest->said = arena_copy(newest->arena, line->last_said != NULL ? line->last_said : "");
    newest->status = line->last_status;
    newest->attempts = line->attempts;
}

static struct newest newest_of(const struct scene *scene)
{
    struct place *place = scene->house->place;
    struct newest newest = {.arena = place->arena};

    assert_true(store_pings(place->store, 1, take_newest, &newest, &place->err));
    return newest;
}

/* `delivery.said` of the document that `status` and the page show. */
static const char *status_says(const struct scene *scene)
{
    struct place *place = scene->house->place;
    struct daemon_status status = house_status(scene->house);
    struct page_data data = {.settings = status.settings,
                             .catalog = status.catalog,
                             .store = place->store,
                             .approvals = status.approvals,
                             .consent = &status.consent,
                             .daemon = &status,
                             .now_us = now_wall_us()};
    struct js_value *document;
    const char *said;
    struct str text;

    str_init(&text);
    assert_true(page_write_status(&data, place->arena, &text, &place->err));
    document = js_parse(text.text, text.length, &place->err);
    assert_non_null(document);
    said = js_text(js_get(js_get(document, "delivery"), "said"));
    said = said != NULL ? arena_copy(place->arena, said) : NULL;
    js_free(document);
    str_release(&text);
    return said;
}

static void expect_told(const struct scene *scene, const struct fault *fault)
{
    struct daemon_status status = house_status(scene->house);
    struct newest newest = newest_of(scene);
    const char *said = status_says(scene);

    assert_string_equal(newest.state, fault->state);
    assert_int_equal(newest.status, fault->status);
    assert_non_null(strstr(newest.said, fault->says));
    assert_null(strstr(newest.said, "secret"));
    assert_null(strchr(newest.said, '\n'));
    assert_non_null(said);
    assert_string_equal(said, newest.said);
    assert_int_equal(status.courier.waiting, strcmp(fault->state, "waiting") == 0 ? 1 : 0);
    assert_true((status.courier.failing_since_us != 0) == (status.courier.waiting > 0));
    assert_int_equal(logged(scene, fault->says), 1);
    assert_int_equal(logged(scene, "warning: delivery: "), 1);
}

/* ---- Each fault ---- */

/* A change for the better: the ping goes, and one line says so. */
static void heal(struct scene *scene, const struct fault *fault)
{
    struct complaints complaints;
    struct bad_manner manner = good;

    if (strcmp(fault->scheme, "https") == 0)
        manner.certificate = GOOD_CERTIFICATE;
    bad_endpoint_behave(scene->endpoint, &manner);
    configure(
        scene,
        &(struct fault){.scheme = fault->scheme, .ca_file = manner.certificate ? "good.pem" : NULL},
        "");
    complaints_init(&complaints, scene->house->place->arena);
    assert_true(daemon_reload(scene->house->daemon, &complaints));
    house_pass(scene->house, HOUSE_PATIENCE);
    assert_string_equal(newest_of(scene).state, "sent");
    assert_null(status_says(scene));
    assert_int_equal(logged(scene, "the endpoint takes pings again"), 1);
    assert_int_equal(logged(scene, "warning: delivery: "), 1);
}

static void play(struct scene *scene, const struct fault *fault)
{
    unsigned after_a_day;

    begin(scene, fault, "");
    collect(scene);
    print_message("    %s\n", newest_of(scene).said);
    expect_told(scene, fault);
    house_pass(scene->house, fault->slow ? HOUSE_HOUR / 12 : HOUSE_DAY);
    expect_told(scene, fault);
    after_a_day = newest_of(scene).attempts;
    assert_in_range(after_a_day, 1, MOST_A_DAY);
    /* The slot of Monday is yet to come. */
    if (!fault->slow)
        house_pass(scene->house, 16 * HOUSE_HOUR);
    expect_told(scene, fault);
    assert_in_range(bad_endpoint_most_within(scene->endpoint, HOUSE_DAY),
                    fault->unreachable ? 0 : 1, MOST_A_DAY);
    if (!fault->unreachable)
        assert_int_equal(bad_endpoint_calls(scene->endpoint), newest_of(scene).attempts);
    if (strcmp(fault->state, "waiting") == 0)
        heal(scene, fault);
}

static void each_fault_is_told_once_and_gets_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        void *scene = NULL;

        print_message("  %s\n", faults[i].name);
        assert_int_equal(set_up(&scene), 0);
        play(scene, &faults[i]);
        (void)tear_down(&scene);
    }
}

/* ---- Some more ---- */

static const struct fault plain = {.scheme = "http"};

static void nothing_is_sent_where_a_redirect_leads(void **state)
{
    struct scene *scene = *state;
    struct house *house = scene->house;
    struct bad_endpoint *other = bad_endpoint_new(house->loop, house->scratch.folder);
    struct fault fault = {.scheme = "http", .state = "waiting", .status = 301};
    char says[256], leads[64];

    (void)snprintf(leads, sizeof(leads), "redirects to http://localhost:%u/",
                   bad_endpoint_port(other));
    (void)snprintf(says, sizeof(says),
                   "HTTP/1.1 301 Moved Permanently\r\nLocation: http://localhost:%u/\r\n"
                   "Content-Length: 0\r\n" HOME "\r\n",
                   bad_endpoint_port(other));
    fault.manner.says = says;
    fault.says = leads;
    play(scene, &fault);
    assert_int_equal(bad_endpoint_calls(other), 0);
    bad_endpoint_free(other);
}

static void a_wish_to_wait_is_heeded(void **state)
{
    struct scene *scene = *state;
    struct fault fault = plain;

    fault.manner.says = ANSWER("503 Service Unavailable", "Retry-After: 7200\r\n" HOME);
    begin(scene, &fault, "");
    collect(scene);
    bad_endpoint_behave(scene->endpoint, &good);
    house_pass(scene->house, 2 * HOUSE_HOUR - US_PER_SECOND);
    assert_int_equal(bad_endpoint_calls(scene->endpoint), 1);
    house_pass(scene->house, HOUSE_HOUR);
    assert_int_equal(bad_endpoint_calls(scene->endpoint), 2);
    assert_string_equal(newest_of(scene).state, "sent");
}

/* Pings by the minute, restarts and reloads wake the courier; the bound holds all the same. */
static void a_blocked_endpoint_is_left_in_peace(void **state)
{
    struct scene *scene = *state;
    struct house *house = scene->house;
    struct fault fault = plain;

    fault.manner.says = ANSWER("500 Internal Server Error", HOME);
    begin(scene, &fault, "schedule: \"*/20 * * * *\"");
    for (unsigned i = 0; i < 60; i++) {
        struct complaints complaints;

        house_pass(house, HOUSE_HOUR);
        complaints_init(&complaints, house->place->arena);
        assert_true(daemon_reload(house->daemon, &complaints));
        if (i % 3 == 0)
            house_open(house);
    }
    assert_in_range(bad_endpoint_most_within(scene->endpoint, HOUSE_DAY), 12, MOST_A_DAY);
    assert_in_range(house_status(house).courier.waiting, 170, 190);
    assert_int_equal(logged(scene, "warning: delivery: "), 1);
    bad_endpoint_behave(scene->endpoint, &good);
    house_pass(house, HOUSE_PATIENCE);
    assert_int_equal(house_status(house).courier.waiting, 0);
}

/* Tries of a clock that was ahead are none of today. */
static void a_clock_that_was_ahead_delays_no_ping_for_long(void **state)
{
    struct scene *scene = *state;
    struct house *house = scene->house;
    struct fault fault = plain;

    fault.manner.says = ANSWER("500 Internal Server Error", HOME);
    begin(scene, &fault, "schedule: \"0 * * * *\"");
    now_stop_at(now_wall_us() + 90 * HOUSE_DAY);
    house_pass(house, 3 * HOUSE_DAY);
    now_stop_at(now_wall_us() - 93 * HOUSE_DAY);
    house_open(house);
    house_pass(house, HOUSE_DAY);
    bad_endpoint_behave(scene->endpoint, &good);
    house_pass(house, HOUSE_PATIENCE);
    assert_int_equal(house_status(house).courier.waiting, 0);
}

#define IN_A_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_told_once_and_gets_over),
        IN_A_SCENE(nothing_is_sent_where_a_redirect_leads),
        IN_A_SCENE(a_wish_to_wait_is_heeded),
        IN_A_SCENE(a_blocked_endpoint_is_left_in_peace),
        IN_A_SCENE(a_clock_that_was_ahead_delays_no_ping_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
