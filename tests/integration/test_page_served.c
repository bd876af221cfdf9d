/*
 * The page as the agent serves it, in Chromium: log-in, consent, send-now, what is held. The agent
 * is a process of its own; the endpoint that it posts to is here.
 */
#include "tests/support/test.h"

#include "agent/io/http_server.h"
#include "tests/support/browser.h"
#include "tests/support/fake_server.h"
#include "tests/support/require.h"
#include "tests/support/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct stage {
    struct loop *loop;
    struct browser *browser;
    struct scratch scratch;
    struct http_server *endpoint;
    unsigned posts;
    pid_t agent;
    char url[64];
};

static void take_ping(struct http_call *call, void *arg)
{
    static const char receipt[] = "{\"taken\": true}";
    struct stage *stage = arg;

    stage->posts++;
    http_reply(call, 201, NULL, receipt, strlen(receipt));
}

static void define(const struct stage *stage, const char *key_path)
{
    char name[96], text[512];

    (void)snprintf(name, sizeof(name), "definitions/metrics/%s.yml", key_path);
    (void)snprintf(text, sizeof(text),
                   "key_path: %s\ndescription: A metric of this test\nproduct_group: testing\n"
                   "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                   "introduced_by_url: https://example.org/1\ntime_frame: all\n"
                   "data_source: database\ndata_category: standard\ntiers: [free]\n"
                   "options: {operation: sql, sql: \"SELECT 1234\"}\n",
                   key_path);
    scratch_write(&stage->scratch, name, text);
}

static void settle(struct stage *stage, const char *address)
{
    const char *folder = stage->scratch.folder;
    char text[1024], path[128];

    (void)snprintf(text, sizeof(text),
                   "state: %s/state\ndefinitions: [%s/definitions]\n"
                   "databases: {main: {conninfo: \"%s\"}}\nschedule: \"0 3 1 1 *\"\n"
                   "endpoint: {url: \"http://127.0.0.1:%u/v1/pings\"}\n"
                   "http: {socket: %s/agent.sock, listen: \"%s\", token_file: %s/token}\n",
                   folder, folder, getenv("TEST_DATABASE"), http_server_port(stage->endpoint),
                   folder, address, folder);
    scratch_write(&stage->scratch, "settings.yml", text);
    scratch_write(&stage->scratch, "token", "open sesame, said the admin of 1001 nights\n");
    (void)snprintf(path, sizeof(path), "%s/token", folder);
    REQUIRE(chmod(path, 0600) == 0);
    define(stage, "counts.issues");
}

static void start_agent(struct stage *stage)
{
    const char *program = getenv("AGENT");
    char settings[128], log[128];

    (void)snprintf(settings, sizeof(settings), "%s/settings.yml", stage->scratch.folder);
    (void)snprintf(log, sizeof(log), "%s/log", stage->scratch.folder);
    stage->agent = fork();
    REQUIRE(stage->agent >= 0);
    if (stage->agent != 0)
        return;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (freopen(log, "w", stderr) == NULL)
        _exit(126);
    (void)execl(program != NULL ? program : "build/release/service-ping", "service-ping", "-c",
                settings, "run", (char *)NULL);
    _exit(127);
}

static int open_stage(void **state)
{
    static struct stage stage;
    char address[32];
    struct error err;

    stage.loop = loop_new();
    scratch_init(&stage.scratch);
    stage.endpoint = http_server_new(stage.loop, "127.0.0.1:0", 1000000, take_ping, &stage, &err);
    REQUIRE(stage.endpoint != NULL);
    settle(&stage, free_address(address));
    start_agent(&stage);
    stage.browser = browser_new(stage.loop);
    (void)snprintf(stage.url, sizeof(stage.url), "http://%s/", address);
    *state = &stage;
    return browser_await_page(stage.browser, stage.url) ? 0 : -1;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    int status = 0;

    browser_free(stage->browser);
    (void)kill(stage->agent, SIGTERM);
    (void)waitpid(stage->agent, &status, 0);
    http_server_free(stage->endpoint);
    loop_free(stage->loop);
    scratch_release(&stage->scratch);
    return status == 0 ? 0 : -1;
}

static void shows(struct stage *stage, const char *selector, const char *text)
{
    char script[512];

    (void)snprintf(script, sizeof(script),
                   "return document.querySelector(`%s`)?.innerText.includes(`%s`) ?? false",
                   selector, text);
    if (!browser_await(stage->browser, script))
        fail_msg("%s does not say '%s'.", selector, text);
}

static void log_in_with(struct stage *stage, const char *token)
{
    char script[256];

    (void)snprintf(script, sizeof(script), "document.getElementById('token').value = '%s'", token);
    (void)browser_run(stage->browser, script);
    browser_click(stage->browser, "#log-in button");
}

static void who_has_no_token_sees_nothing(void **state)
{
    struct stage *stage = *state;

    assert_true(browser_await(stage->browser, "return !document.getElementById('log-in').hidden"));
    assert_string_equal(browser_run(stage->browser, "return $('content').hidden"), "true");
    log_in_with(stage, "open barley");
    shows(stage, "#log-in-error", "This is not the token.");
    log_in_with(stage, "open sesame, said the admin of 1001 nights");
    shows(stage, "#headline", "Nobody has consented yet. Nothing leaves this instance.");
    (void)browser_complaints(stage->browser); /* those 401 were meant */
}

static void consent_is_given_on_the_page(void **state)
{
    struct stage *stage = *state;

    browser_click(stage->browser, "#change-consent");
    browser_click(stage->browser, "#consent-dialog [value=on]");
    browser_click(stage->browser, "#consent-dialog .primary");
    shows(stage, "#said", "Saved.");
    shows(stage, "#facts", "Given on this page");
    shows(stage, "#headline", "Consent is on.");
}

static void nothing_is_sent_by_who_thinks_better_of_it(void **state)
{
    struct stage *stage = *state;

    browser_click(stage->browser, "#send-now");
    shows(stage, "#send-words", "The ping is then posted to http://127.0.0.1:");
    browser_click(stage->browser, "#send-dialog [value=cancel]");
    assert_string_equal(browser_run(stage->browser, "return $('send-dialog').open"), "false");
    assert_int_equal(stage->posts, 0);
}

static void send_now_collects_sends_and_shows_the_receipt(void **state)
{
    struct stage *stage = *state;

    browser_click(stage->browser, "#send-now");
    browser_click(stage->browser, "#send-dialog .primary");
    shows(stage, "#headline", "The last ping arrived");
    assert_int_equal(stage->posts, 1);
    shows(stage, "#rows", "1,234");
    browser_click(stage->browser, ".views a[href='#/history']");
    browser_click(stage->browser, "#pings tbody button");
    shows(stage, "#pings", "{\\\"taken\\\": true}");
    assert_string_equal(browser_run(stage->browser,
                                    "return await (await fetch(document.querySelector("
                                    "'#pings a').href)).text() === data.text"),
                        "true");
}

static void what_is_new_is_held_until_it_is_accepted(void **state)
{
    struct stage *stage = *state;

    define(stage, "counts.novelty");
    assert_int_equal(kill(stage->agent, SIGHUP), 0);
    assert_true(browser_await(stage->browser, "await refresh(); return data.changes.length === 1"));
    browser_click(stage->browser, ".views a[href='#/changes']");
    shows(stage, "#change-list", "new, held");
    shows(stage, "#change-list", "counts.novelty");
    browser_click(stage->browser, "#change-list .change button");
    shows(stage, "#change-list", "Nothing differs from what was approved.");
}

static void without_consent_nothing_can_be_sent(void **state)
{
    struct stage *stage = *state;

    browser_click(stage->browser, "#change-consent");
    browser_click(stage->browser, "#consent-dialog [value=off]");
    browser_click(stage->browser, "#consent-dialog .primary");
    shows(stage, "#headline", "Consent is off.");
    assert_string_equal(browser_run(stage->browser, "return $('send-now').disabled"), "true");
    assert_int_equal(stage->posts, 1);
}

static void the_policy_of_the_agent_is_kept(void **state)
{
    struct stage *stage = *state;

    assert_string_equal(browser_complaints(stage->browser), "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_no_token_sees_nothing),
        cmocka_unit_test(consent_is_given_on_the_page),
        cmocka_unit_test(nothing_is_sent_by_who_thinks_better_of_it),
        cmocka_unit_test(send_now_collects_sends_and_shows_the_receipt),
        cmocka_unit_test(what_is_new_is_held_until_it_is_accepted),
        cmocka_unit_test(without_consent_nothing_can_be_sent),
        cmocka_unit_test(the_policy_of_the_agent_is_kept),
    };

    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
