/* Events over HTTP: counted as `track` counts them, each request answered for its own events. */
#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "tests/support/event_shop.h"
#include "tests/support/http_desk.h"
#include "tests/support/redis_desk.h"
#include "tests/support/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OWN     "/v1/events"
#define ONE     "/api/v4/usage_data/track_event"
#define MANY    "/api/v4/usage_data/track_events"
#define COUNTER "/api/v4/usage_data/increment_counter"
#define USERS   "/api/v4/usage_data/increment_unique_users"

struct counter {
    struct http_desk http;
    struct desk redis;
    struct event_shop shop;
    char link[160]; /* leads to Redis' socket: the path that the shop knows */
};

static int open_counter(void **state)
{
    static struct counter counter;

    desk_open(&counter.redis);
    ASK(&counter.redis, "FLUSHALL");
    (void)desk_await(&counter.redis);
    http_desk_open(&counter.http);
    (void)snprintf(counter.link, sizeof(counter.link), "%s/events-redis.%ld", getenv("TEST_DIR"),
                   (long)getpid());
    (void)unlink(counter.link);
    if (symlink(getenv("TEST_REDIS"), counter.link) != 0)
        return -1;
    event_shop_open(&counter.shop, counter.http.loop, counter.link);
    counter.http.config.socket = counter.shop.socket;
    *state = &counter;
    return 0;
}

static int close_counter(void **state)
{
    struct counter *counter = *state;

    event_shop_close(&counter->shop);
    http_desk_close(&counter->http);
    desk_close(&counter->redis);
    (void)unlink(counter->link);
    return 0;
}

static const char *post(struct counter *counter, const char *path, const char *body)
{
    char url[128];

    (void)snprintf(url, sizeof(url), "http://agent%s", path);
    return http_desk_ask(&counter->http, "POST", url, body);
}

static void expect_all(struct counter *counter, const char *path, const char *body, int count)
{
    char expected[80];

    (void)snprintf(expected, sizeof(expected), "200 {\"recorded\":%d,\"refused\":[]}\n\n", count);
    assert_string_equal(expected, post(counter, path, body));
}

static void expect_part(struct counter *counter, const char *path, const char *body,
                        const char *part)
{
    const char *said = post(counter, path, body);

    if (strstr(said, part) == NULL)
        fail_msg("not \"%s\" in: %s", part, said);
}

static const char *redis_says(struct counter *counter, const char *text)
{
    static char copy[512];
    const char *words[8] = {NULL};
    char *rest = copy;

    (void)snprintf(copy, sizeof(copy), "%s", text);
    for (size_t i = 0; i < 7 && (words[i] = strsep(&rest, " ")) != NULL; i++)
        continue;
    (void)desk_ask(&counter->redis, words);
    return desk_await(&counter->redis);
}

static void expect_redis(struct counter *counter, const char *command, const char *expected)
{
    const char *said = redis_says(counter, command);

    if (strncmp(said, expected, strlen(expected)) != 0 || said[strlen(expected)] != '\n')
        fail_msg("%s: %s", command, said);
}

/* All that is in Redis: keys, values and whether they expire; what stands is forgotten there. */
static char *take_everything(struct counter *counter)
{
    static const char script[] =
        "local keys = redis.call('KEYS', '*') table.sort(keys) local all = {} "
        "for _, key in ipairs(keys) do local kind = redis.call('TYPE', key).ok local value "
        "if kind == 'hash' then value = redis.call('HGETALL', key) local pairs = {} "
        "for i = 1, #value, 2 do pairs[#pairs + 1] = value[i] .. '=' .. value[i + 1] end "
        "table.sort(pairs) value = table.concat(pairs, ' ') "
        "else value = redis.call('GET', key) "
        "if not tonumber(value) then value = redis.sha1hex(value) end end "
        "local ttl = redis.call('TTL', key) all[#all + 1] = "
        "key .. ' ' .. kind .. ' ' .. value .. ' ' .. "
        "(ttl < 0 and 'for ever' or ttl > 3628700 and ttl <= 3628800 and 'six weeks' or ttl) end "
        "redis.call('FLUSHALL') return table.concat(all, '\\n')";
    const char *words[] = {"EVAL", script, "0", NULL};

    (void)desk_ask(&counter->redis, words);
    return strdup(desk_await(&counter->redis));
}

static const char *const lines =
    "{\"event\": \"used\", \"user\": 1, \"project\": 7, \"label\": \"npm\", \"value\": 1.5, "
    "\"custom\": 30}\n"
    "{\"event\": \"used\", \"user\": 2, \"project\": 7, \"label\": \"npm\", \"value\": 2.25}\n"
    "{\"event\": \"used\", \"user\": \"1\", \"project\": 8, \"label\": \"rpm\", \"custom\": "
    "\"30\"}\n"
    "\n"
    "{\"event\": \"used\", \"namespace\": 5, \"label\": \"\\u00fcn\\u00efc\\u00f6d\\u00e9 "
    "\\ud83d\\ude80\"}\r\n"
    "{\"event\": \"closed\", \"user\": 3}\n"
    "{\"event\": \"closed\", \"user\": null}\n"
    "{\"event\": \"bare\"}\n"
    "{\"event\": \"old_visit\", \"user\": 11}\n";

#define LINE_COUNT 8

static void track(struct counter *counter, const char *text)
{
    const char *given = getenv("AGENT");
    char command[512];
    FILE *pipe;

    (void)snprintf(command, sizeof(command), "%s --config %s track --stdin >/dev/null",
                   given != NULL ? given : "build/release/service-ping", counter->shop.config);
    pipe = popen(command, "w");
    assert_non_null(pipe);
    assert_true(fputs(text, pipe) >= 0);
    assert_int_equal(0, pclose(pipe));
}

/* The same events by `track`, as lines, as a list, and in requests of one event each. */
static void the_counters_are_those_of_track(void **state)
{
    struct counter *counter = *state;
    char *tracked, *posted, *copy, *rest, *line;
    struct str list;

    track(counter, lines);
    tracked = take_everything(counter);
    assert_non_null(strstr(tracked, "{event_sums}_used-operator:sum(value)"));
    assert_non_null(strstr(tracked, "hash"));
    assert_non_null(strstr(tracked, "{hll_counters}_old_visit-"));

    expect_all(counter, OWN, lines, LINE_COUNT);
    posted = take_everything(counter);
    assert_string_equal(tracked, posted);
    free(posted);

    str_init(&list);
    str_add(&list, "{\"events\": [");
    rest = copy = strdup(lines);
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[0] == '\0')
            continue;
        str_add_format(&list, "%s%s", list.length > 12 ? "," : "", line);
        expect_all(counter, OWN, line, 1);
    }
    posted = take_everything(counter);
    assert_string_equal(tracked, posted);
    free(posted);

    str_add(&list, "]}\n");
    expect_all(counter, OWN, list.text, LINE_COUNT);
    posted = take_everything(counter);
    assert_string_equal(tracked, posted);
    free(posted);
    free(tracked);
    free(copy);
    str_release(&list);
}

static void gitlabs_forms_count_the_same(void **state)
{
    struct counter *counter = *state;
    char *tracked, *posted;

    track(counter, "{\"event\":\"used\",\"user\":1,\"project\":7,\"namespace\":5,\"label\":\"npm\","
                   "\"property\":\"p\",\"value\":3,\"custom\":30}\n"
                   "{\"event\":\"closed\",\"user\":3}\n{\"event\":\"closed\",\"user\":4}\n"
                   "{\"event\":\"bare\"}\n{\"event\":\"old_visit\",\"user\":9}\n");
    tracked = take_everything(counter);
    expect_all(counter, ONE,
               "{\"event\":\"used\",\"user_id\":1,\"project_id\":7,\"namespace_id\":5,"
               "\"additional_properties\":{\"label\":\"npm\",\"property\":\"p\",\"value\":3,"
               "\"custom\":30},\"send_to_snowplow\":true}",
               1);
    expect_all(counter, MANY,
               "{\"events\":[{\"event\":\"closed\",\"user_id\":3},{\"event\":\"closed\","
               "\"user_id\":\"4\",\"namespace_id\":null,\"additional_properties\":{}}]}",
               2);
    expect_all(counter, COUNTER, "{\"event\":\"bare\",\"user_id\":1}", 1);
    expect_all(counter, USERS, "{\"event\":\"old_visit\",\"user_id\":9}", 1);
    posted = take_everything(counter);
    assert_string_equal(tracked, posted);
    free(tracked);
    free(posted);
}

static void gitlabs_batches_end_at_50(void **state)
{
    struct counter *counter = *state;
    struct str body;

    str_init(&body);
    str_add(&body, "{\"events\":[{\"event\":\"bare\"}");
    for (int i = 1; i < 50; i++)
        str_add(&body, ",{\"event\":\"bare\"}");
    str_add(&body, "]}");
    expect_all(counter, MANY, body.text, 50);
    str_truncate(&body, body.length - 2);
    str_add(&body, ",{\"event\":\"bare\"}]}");
    assert_string_equal("400 {\"error\":\"Maximum 50 events allowed in one request.\",\"message\":"
                        "\"Maximum 50 events allowed in one request.\",\"recorded\":0,"
                        "\"refused\":[]}\n\n",
                        post(counter, MANY, body.text));
    expect_redis(counter, "GET {event_counters}_bare", "\"50\"");
    str_release(&body);
}

static const struct {
    const char *name, *path, *body, *says;
} refusals[] = {
    {"nothing", OWN, "", "400 {\"error\":\"not JSON"},
    {"half an object", OWN, "{\"event\": \"bare\"", "400 {\"error\":\"not JSON"},
    {"two objects in one line", OWN, "{\"event\":\"bare\"}{\"event\":\"bare\"}", "400 {\"error\""},
    {"null", OWN, "null", "400 {\"error\""},
    {"a text", OWN, "\"bare\"", "400 {\"error\":\"event is missing\""},
    {"an object of something else", OWN, "{\"name\": 1}", "400 {\"error\":\"event is missing\""},
    {"a name that is no text", OWN, "{\"event\": 7}", "400 {\"error\":\"event is missing\""},
    {"an event that nothing defines", OWN, "{\"event\": \"baer\"}",
     "400 {\"error\":\"no definition names the event 'baer'"},
    {"unicode in a name", OWN, "{\"event\": \"b\\u00e4re\\ud83d\\ude80\"}",
     "no definition names the event 'b\xc3\xa4re\xf0\x9f\x9a\x80'"},
    {"an id that is an object", OWN, "{\"event\": \"closed\", \"user\": {}}",
     "\"error\":\"'user' is neither a text nor a number.\""},
    {"a property that is a list", OWN, "{\"event\": \"used\", \"label\": [1]}",
     "\"error\":\"'label' is neither a text nor a number.\""},
    {"an id that its definition does not list", OWN, "{\"event\": \"closed\", \"project\": 1}",
     "identifiers"},
    {"a zero byte in a text", OWN, "{\"event\": \"ba\\u0000re\"}", "400 {\"error\":\"not JSON"},
    {"no event in GitLab's form", ONE, "{\"user_id\": 1}",
     "400 {\"error\":\"event is missing\",\"message\":\"event is missing\",\"recorded\":0"},
    {"a list in GitLab's form of one", ONE, "{\"events\": [{\"event\": \"bare\"}]}",
     "400 {\"error\":\"event is missing\""},
    {"one event in GitLab's form of many", MANY, "{\"event\": \"bare\"}",
     "400 {\"error\":\"events is missing\""},
    {"GitLab answers an unknown event like any other", ONE, "{\"event\": \"baer\"}",
     "200 {\"recorded\":0,\"refused\":[{\"index\":0,\"error\":\"no definition names"},
    {"properties that are no object", ONE, "{\"event\":\"used\",\"additional_properties\":[]}",
     "'additional_properties' is no JSON object."},
    {"nobody to be counted", USERS, "{\"event\": \"old_visit\"}", "It has no 'user_id'"},
    {"no events are nothing wrong", OWN, "{\"events\": []}", "200 {\"recorded\":0,\"refused\":[]}"},
};

static void what_is_wrong_is_said(void **state)
{
    struct counter *counter = *state;

    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const char *said = post(counter, refusals[i].path, refusals[i].body);

        if (strstr(said, refusals[i].says) == NULL)
            fail_msg("%s: %s", refusals[i].name, said);
    }
    expect_redis(counter, "DBSIZE", "(0)");
}

static void what_is_right_beside_it_counts(void **state)
{
    struct counter *counter = *state;
    const char *said = post(counter, OWN,
                            "{\"event\":\"bare\"}\nnonsense\n{\"event\":\"baer\"}\n\n"
                            "{\"event\":\"bare\"}\nnull\n{\"event\":\"closed\",\"project\":1}\n");

    assert_non_null(strstr(said, "200 {\"recorded\":2,\"refused\":[{\"index\":1,\"error\":\"not "));
    assert_non_null(strstr(said, "{\"index\":2,\"error\":\"no definition"));
    assert_non_null(strstr(said, "{\"index\":4,\"error\":\""));
    assert_non_null(strstr(said, "{\"index\":5,\"error\":\"the event 'closed' has a project"));
    expect_redis(counter, "GET {event_counters}_bare", "\"2\"");
    said = post(counter, OWN, "[{\"event\":\"bare\"}, null, 5, {\"event\":\"bare\"}]");
    assert_non_null(strstr(said, "200 {\"recorded\":2,\"refused\":[{\"index\":1,"));
    expect_redis(counter, "GET {event_counters}_bare", "\"4\"");
}

static void add_repeated(struct str *out, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        str_add(out, text);
}

static void huge_and_deep_bodies_end_well(void **state)
{
    struct counter *counter = *state;
    struct str body;

    str_init(&body);
    add_repeated(&body, "{\"event\":\"bare\"}\n", EVENTS_MOST);
    expect_all(counter, OWN, body.text, EVENTS_MOST);
    str_add(&body, "{\"event\":\"bare\"}\n");
    expect_part(counter, OWN, body.text, "400 {\"error\":\"Maximum 10000 events");
    expect_redis(counter, "GET {event_counters}_bare", "\"10000\"");

    str_clear(&body);
    add_repeated(&body, "[", 100000);
    expect_part(counter, OWN, body.text, "400 {\"error\":\"not JSON");
    str_clear(&body);
    str_add(&body, "{\"event\":\"used\"");
    for (int i = 0; i < 50000; i++)
        str_add_format(&body, ",\"p%d\":1", i);
    str_add(&body, "}");
    expect_part(counter, OWN, body.text, "additional_properties");
    str_clear(&body);
    add_repeated(&body, "x", (1 << 20) + 1);
    expect_part(counter, OWN, body.text, "413");
    str_release(&body);
}

static void set_rate(struct counter *counter, int64_t rate)
{
    counter->shop.settings.event_rate = rate;
    event_desk_use(counter->shop.desk, &counter->shop.settings, &counter->shop.catalog);
}

static void beyond_the_rate_it_is_429(void **state)
{
    struct counter *counter = *state;

    now_stop_at(now_wall_us());
    set_rate(counter, 3);
    expect_part(counter, OWN, "{\"event\":\"bare\"}\n{\"event\":\"bare\"}\n",
                "200 {\"recorded\":2,\"refused\":[]}");
    expect_part(counter, OWN, "{\"event\":\"bare\"}\n{\"event\":\"bare\"}\n",
                "200 {\"recorded\":1,\"refused\":[{\"index\":1,\"error\":\"the event 'bare' comes "
                "more often than 3 times a second (events.rate_limit)\"}]}");
    expect_part(counter, OWN, "{\"event\":\"bare\"}",
                "429 ~1 {\"error\":\"the event 'bare' comes more often than 3 times a second");
    expect_part(counter, MANY, "{\"events\":[{\"event\":\"bare\"}]}",
                "429 ~1 {\"error\":\"the event 'bare' comes more often than 3 times a second");
    expect_part(counter, OWN, "{\"event\":\"closed\"}", "200 {\"recorded\":1");
    now_advance(US_PER_SECOND / 3 + 1);
    expect_part(counter, OWN, "{\"event\":\"bare\"}", "200 {\"recorded\":1");
    expect_redis(counter, "GET {event_counters}_bare", "\"4\"");
}

/* Asks for many at once; what each said is a line. */
static const char *post_many(struct counter *counter, size_t count, const char *body)
{
    for (size_t i = 0; i < count; i++)
        (void)http_desk_send(&counter->http, "POST", "http://agent" OWN, body);
    return http_desk_await(&counter->http);
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void many_clients_are_each_answered(void **state)
{
    struct counter *counter = *state;
    const char *said = post_many(counter, 300, lines);
    assert_int_equal(300, occurrences(said, "200 {\"recorded\":8,\"refused\":[]}"));
    expect_redis(counter, "GET {event_counters}_used", "\"1200\"");
    expect_redis(counter, "GET {event_sums}_used-operator:sum(value)", "\"1125\"");
}

static void redis_gone_is_503_and_back_again(void **state)
{
    struct counter *counter = *state;

    (void)unlink(counter->link);
    expect_part(counter, OWN, "{\"event\":\"bare\"}\n{\"event\":\"baer\"}\n", "503 ~5 {\"error\":");
    expect_part(counter, ONE, "{\"event\":\"bare\"}", "503 ~5 {\"error\":");
    assert_int_equal(20, occurrences(post_many(counter, 20, "{\"event\":\"bare\"}"), "503 ~5 "));
    assert_int_equal(0, symlink(getenv("TEST_REDIS"), counter->link));
    expect_redis(counter, "DBSIZE", "(0)");
    expect_all(counter, OWN, "{\"event\":\"bare\"}", 1);
    /* A connection that was closed while nothing was asked is opened anew. */
    expect_redis(counter, "CLIENT KILL TYPE normal", "(1)");
    expect_all(counter, OWN, "{\"event\":\"bare\"}", 1);
    expect_redis(counter, "GET {event_counters}_bare", "\"2\"");
}

/* Redis does not answer in time; the events that it does later are counted once, by nobody twice.
 */
static void a_redis_that_hangs_is_503(void **state)
{
    struct counter *counter = *state;
    const char *said;

    counter->shop.settings.sources.redis.timeout_ms = 300;
    event_desk_use(counter->shop.desk, &counter->shop.settings, &counter->shop.catalog);
    expect_all(counter, OWN, "{\"event\":\"bare\"}", 1);
    expect_redis(counter, "CLIENT PAUSE 30000 WRITE", "\"OK\"");
    said = post_many(counter, 3, "{\"event\":\"bare\"}");
    assert_int_equal(3, occurrences(said, "503 ~5 {\"error\":"));
    expect_redis(counter, "CLIENT UNPAUSE", "\"OK\"");
    expect_all(counter, OWN, "{\"event\":\"bare\"}", 1);
    /* Redis did what it had been given before it was cut off, or did not: never more than that. */
    said = redis_says(counter, "GET {event_counters}_bare");
    assert_in_range(strtol(said + 1, NULL, 10), 2, 5);
}

static void a_key_of_another_kind_is_named(void **state)
{
    struct counter *counter = *state;

    (void)redis_says(counter, "HSET {event_counters}_closed x 1");
    expect_part(counter, OWN, "{\"event\":\"bare\"}\n{\"event\":\"closed\"}\n",
                "200 {\"recorded\":1,\"refused\":[{\"index\":1,\"error\":\"it was not counted, or "
                "not by all its counters: the key {event_counters}_closed: ");
    expect_part(counter, OWN, "{\"event\":\"closed\"}", "500 {\"error\":\"the key {event_coun");
    expect_redis(counter, "GET {event_counters}_bare", "\"1\"");
}

static void write_and_leave(struct counter *counter, const char *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int client = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", counter->shop.socket);
    assert_int_equal(0, connect(client, (struct sockaddr *)&address, sizeof(address)));
    assert_int_equal(strlen(request), write(client, request, strlen(request)));
    (void)close(client);
}

static void who_has_left_is_counted_all_the_same(void **state)
{
    struct counter *counter = *state;

    for (int i = 0; i < 20; i++)
        write_and_leave(counter, "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n"
                                 "{\"event\":\"bare\"}");
    write_and_leave(counter, "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n"
                             "{\"event\":\"bare\"}");
    for (int i = 0; i < 3; i++)
        expect_all(counter, OWN, "{\"event\":\"closed\"}", 1);
    expect_redis(counter, "GET {event_counters}_bare", "\"20\"");
}

/* What is being recorded when the settings change is told so; what waits is recorded by the new. */
static void a_reload_loses_nothing_silently(void **state)
{
    struct counter *counter = *state;
    struct settings old = counter->shop.settings;
    const char *said;
    size_t claimed;
    int turns = 0;

    for (int i = 0; i < 40; i++)
        (void)http_desk_send(&counter->http, "POST", "http://agent" OWN, "{\"event\":\"bare\"}");
    while (counter->http.to_arrive > 0) {
        loop_turn(counter->http.loop);
        if (++turns % 3 == 0)
            event_desk_use(counter->shop.desk, &old, &counter->shop.catalog);
        if (turns == 12 && counter->http.to_arrive > 0)
            (void)http_desk_await(&counter->http);
    }
    said = counter->http.said.text;
    claimed = occurrences(said, "200 {\"recorded\":1,");
    assert_int_equal(40, claimed + occurrences(said, "503 ~5 {\"error\":\"The settings were "));
    expect_all(counter, OWN, "{\"event\":\"bare\"}", 1);
    said = redis_says(counter, "GET {event_counters}_bare");
    assert_in_range(strtol(said + 1, NULL, 10), claimed + 1, 41);
}

static void without_a_redis_it_is_503(void **state)
{
    struct counter *counter = *state;

    counter->shop.settings.sources.redis.address = NULL;
    event_desk_use(counter->shop.desk, &counter->shop.settings, &counter->shop.catalog);
    expect_part(counter, OWN, "{\"event\":\"bare\"}", "503 ~5 {\"error\":");
}

/* The agent itself: its settings are loaded anew all the time, and then it is asked to stop. */
static void the_agent_counts_while_it_reloads(void **state)
{
    struct counter *counter = *state;
    struct event_shop shop;
    size_t claimed = 0;
    struct service agent;
    const char *said;

    event_shop_prepare(&shop, counter->link);
    service_init(&agent);
    agent.config = shop.config;
    service_start(&agent);
    service_await(&agent, "READY=1", NULL);
    counter->http.config.socket = shop.socket;
    for (int i = 0; i < 20; i++) {
        service_signal(&agent, SIGHUP);
        said = post_many(counter, 20, "{\"event\":\"bare\"}");
        claimed += occurrences(said, "200 {\"recorded\":1,");
        assert_int_equal(20, occurrences(said, "200 {\"recorded\":1,") +
                                 occurrences(said, "503 ~5 {\"error\":\"The settings were "));
    }
    said = redis_says(counter, "GET {event_counters}_bare");
    assert_in_range(strtol(said + 1, NULL, 10), claimed, 400);
    expect_part(counter, ONE, "{\"event\":\"closed\",\"user_id\":1}", "200 {\"recorded\":1,");
    expect_part(counter, MANY, "{\"events\":[{\"event\":\"closed\"}]}", "200 {\"recorded\":1,");
    expect_part(counter, COUNTER, "{\"event\":\"closed\"}", "200 {\"recorded\":1,");
    expect_part(counter, USERS, "{\"event\":\"closed\",\"user_id\":1}", "200 {\"recorded\":1,");
    expect_redis(counter, "GET {event_counters}_closed", "\"4\"");
    (void)unlink(counter->link);
    service_signal(&agent, SIGTERM);
    assert_int_equal(0, service_end(&agent));
    service_release(&agent);
    event_shop_close(&shop);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_counter, close_counter)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_counters_are_those_of_track),
        CASE(gitlabs_forms_count_the_same),
        CASE(gitlabs_batches_end_at_50),
        CASE(what_is_wrong_is_said),
        CASE(what_is_right_beside_it_counts),
        CASE(huge_and_deep_bodies_end_well),
        CASE(many_clients_are_each_answered),
        CASE(redis_gone_is_503_and_back_again),
        CASE(a_redis_that_hangs_is_503),
        CASE(a_key_of_another_kind_is_named),
        CASE(who_has_left_is_counted_all_the_same),
        CASE(a_reload_loses_nothing_silently),
        CASE(without_a_redis_it_is_503),
        CASE(the_agent_counts_while_it_reloads),
        /* The last: the clock stands from then on. */
        CASE(beyond_the_rate_it_is_429),
    };

    return cmocka_run_group_tests_name("events over HTTP", tests, NULL, NULL);
}
