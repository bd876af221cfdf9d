#include "tests/support/browser.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/memory.h"
#include "agent/io/http_client.h"
#include "tests/support/require.h"
#include "tests/support/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 60000, AWAIT_US = 30000000 };

struct browser {
    struct loop *loop;
    struct http_config config;
    struct http_client *client;
    struct scratch scratch; /* its profile */
    pid_t driver;
    FILE *output;
    char base[160]; /* of the session */
    struct str answer, result;
    int status;
};

static void answered(const struct http_response *response, const struct error *err, void *arg)
{
    struct browser *browser = arg;

    str_clear(&browser->answer);
    browser->status = response != NULL ? response->status : 0;
    str_add(&browser->answer, response != NULL ? response->body : err->text);
    loop_stop(browser->loop);
}

static void send_and_wait(struct browser *browser, const char *method, const char *path,
                          const char *body)
{
    char url[256];
    struct http_request request = {.method = method, .url = url, .body = body};

    (void)snprintf(url, sizeof(url), "%s%s", browser->base, path);
    request.body_length = body != NULL ? strlen(body) : 0;
    (void)http_send(browser->client, &request, answered, browser);
    loop_run(browser->loop);
}

/* Asks the driver; what it answers is in browser->answer. */
static void ask(struct browser *browser, const char *method, const char *path, const char *body)
{
    bool done;

    send_and_wait(browser, method, path, body);
    done = browser->status == 200;
    if (done)
        return;
    (void)fprintf(stderr, "%s %s: %d %.1000s\n", path, body != NULL ? body : "", browser->status,
                  browser->answer.text);
    send_and_wait(browser, "DELETE", "", NULL); /* a browser would outlive its driver */
    REQUIRE(done);
}

static void write_json(struct str *out, const struct js_value *value);

static void write_member(const char *key, const struct js_value *value, void *arg)
{
    struct str *out = arg;

    str_add_format(out, "%s\"%s\": ", out->text[out->length - 1] == '{' ? "" : ", ", key);
    write_json(out, value);
}

static void write_list(struct str *out, const struct js_value *list)
{
    str_add_char(out, '[');
    for (size_t i = 0; i < js_count(list); i++) {
        str_add(out, i > 0 ? ", " : "");
        write_json(out, js_at(list, i));
    }
    str_add_char(out, ']');
}

static void write_json(struct str *out, const struct js_value *value)
{
    switch (js_kind(value)) {
    case JS_NULL:
        str_add(out, "null");
        break;
    case JS_FLAG:
        str_add(out, js_flag(value) ? "true" : "false");
        break;
    case JS_INTEGER:
    case JS_NUMBER:
        str_add(out, js_number_text(value));
        break;
    case JS_TEXT:
        str_add(out, js_text(value));
        break;
    case JS_LIST:
        write_list(out, value);
        break;
    case JS_OBJECT:
        str_add_char(out, '{');
        js_members(value, write_member, out);
        str_add_char(out, '}');
        break;
    }
}

/* {"value": ...} -> browser->result */
static const char *take_value(struct browser *browser)
{
    struct error err;
    struct js_value *answer = js_parse(browser->answer.text, browser->answer.length, &err);

    REQUIRE(answer != NULL);
    str_clear(&browser->result);
    write_json(&browser->result, js_get(answer, "value"));
    js_free(answer);
    return browser->result.text;
}

/* The driver takes any free port and says which. */
static void start_driver(struct browser *browser)
{
    static const char said[] = "started successfully on port ";
    char line[256];
    const char *at = NULL;
    int ends[2];
    FILE *output;

    /* The pipe stays open: the driver would not survive a word to nobody. */
    REQUIRE(pipe(ends) == 0);
    browser->driver = fork();
    REQUIRE(browser->driver >= 0);
    if (browser->driver == 0) {
        /* It ends with the test, and holds nothing open that somebody reads to its end. */
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        (void)close(ends[0]);
        (void)execlp("chromedriver", "chromedriver", "--port=0", (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    output = fdopen(ends[0], "r");
    REQUIRE(output != NULL);
    while (at == NULL && fgets(line, sizeof(line), output) != NULL)
        at = strstr(line, said);
    REQUIRE(at != NULL);
    browser->output = output;
    (void)snprintf(browser->base, sizeof(browser->base), "http://127.0.0.1:%ld",
                   strtol(at + strlen(said), NULL, 10));
}

static void begin_session(struct browser *browser)
{
    struct error err;
    struct js_value *answer;
    struct str body;
    const char *id;

    str_init(&body);
    str_add_format(
        &body,
        "{\"capabilities\": {\"alwaysMatch\": {\"goog:loggingPrefs\": {\"browser\": \"ALL\"}, "
        "\"goog:chromeOptions\": {\"args\": [\"--headless\", \"--no-sandbox\", \"--disable-gpu\", "
        "\"--disable-dev-shm-usage\", \"--disable-quic\", \"--no-first-run\", "
        "\"--disable-background-networking\", \"--disable-component-update\", \"--disable-sync\", "
        "\"--no-proxy-server\", \"--remote-debugging-pipe\", \"--window-size=1440,900\", "
        "\"--user-data-dir=%s\"]}}}}",
        browser->scratch.folder);
    ask(browser, "POST", "/session", body.text);
    str_release(&body);
    answer = js_parse(browser->answer.text, browser->answer.length, &err);
    id = js_text(js_get(js_get(answer, "value"), "sessionId"));
    REQUIRE(id != NULL && strlen(id) < 100);
    str_clear(&browser->result);
    str_add_format(&browser->result, "%s/session/%s", browser->base, id);
    (void)snprintf(browser->base, sizeof(browser->base), "%s", browser->result.text);
    js_free(answer);
}

struct browser *browser_new(struct loop *loop)
{
    struct browser *browser = memory_alloc(sizeof(*browser));

    *browser = (struct browser){.loop = loop};
    browser->config = (struct http_config){.proxy = "", .timeout_ms = ANSWER_MS};
    browser->client = http_client_new(loop, &browser->config);
    str_init(&browser->answer);
    str_init(&browser->result);
    scratch_init(&browser->scratch);
    start_driver(browser);
    begin_session(browser);
    return browser;
}

void browser_free(struct browser *browser)
{
    ask(browser, "DELETE", "", NULL);
    (void)kill(browser->driver, SIGTERM);
    (void)waitpid(browser->driver, NULL, 0);
    (void)fclose(browser->output);
    http_client_free(browser->client);
    scratch_release(&browser->scratch);
    str_release(&browser->answer);
    str_release(&browser->result);
    free(browser);
}

static void ask_with(struct browser *browser, const char *path, const char *key, const char *text,
                     const char *more)
{
    struct js_writer writer;
    struct str body;

    str_init(&body);
    js_begin(&writer, &body, false);
    js_open_object(&writer, NULL);
    js_put_text(&writer, key, text);
    if (more != NULL)
        js_put_raw(&writer, more, "[]");
    js_close_object(&writer);
    ask(browser, "POST", path, body.text);
    str_release(&body);
}

void browser_open(struct browser *browser, const char *url)
{
    ask_with(browser, "/url", "url", url, NULL);
}

bool browser_await_page(struct browser *browser, const char *url)
{
    int64_t until = now_monotonic_us() + AWAIT_US;
    char body[256];

    (void)snprintf(body, sizeof(body), "{\"url\": \"%s\"}", url);
    do
        send_and_wait(browser, "POST", "/url", body);
    while (browser->status != 200 && now_monotonic_us() < until);
    return browser->status == 200;
}

void browser_resize(struct browser *browser, int width, int height)
{
    char body[192];

    (void)snprintf(body, sizeof(body),
                   "{\"cmd\": \"Emulation.setDeviceMetricsOverride\", \"params\": {\"width\": %d, "
                   "\"height\": %d, \"deviceScaleFactor\": 1, \"mobile\": false}}",
                   width, height);
    ask(browser, "POST", "/goog/cdp/execute", body);
}

void browser_prefer_so(struct browser *browser, const char *feature, const char *value)
{
    char body[256];

    (void)snprintf(body, sizeof(body),
                   "{\"cmd\": \"Emulation.setEmulatedMedia\", \"params\": {\"features\": "
                   "[{\"name\": \"%s\", \"value\": \"%s\"}]}}",
                   feature, value);
    ask(browser, "POST", "/goog/cdp/execute", body);
}

void browser_prefer(struct browser *browser, const char *scheme)
{
    browser_prefer_so(browser, "prefers-color-scheme", scheme);
}

const char *browser_accessible(struct browser *browser)
{
    ask(browser, "POST", "/goog/cdp/execute",
        "{\"cmd\": \"Accessibility.enable\", \"params\": {}}");
    ask(browser, "POST", "/goog/cdp/execute",
        "{\"cmd\": \"Accessibility.getFullAXTree\", \"params\": {}}");
    return browser->answer.text;
}

void browser_download_to(struct browser *browser, const char *folder)
{
    char body[256];

    (void)snprintf(body, sizeof(body),
                   "{\"cmd\": \"Browser.setDownloadBehavior\", \"params\": {\"behavior\": "
                   "\"allow\", \"downloadPath\": \"%s\"}}",
                   folder);
    ask(browser, "POST", "/goog/cdp/execute", body);
}

const char *browser_run(struct browser *browser, const char *script)
{
    ask_with(browser, "/execute/sync", "script", script, "args");
    return take_value(browser);
}

bool browser_await(struct browser *browser, const char *script)
{
    int64_t until = now_monotonic_us() + AWAIT_US;

    while (strcmp(browser_run(browser, script), "true") != 0)
        if (now_monotonic_us() > until)
            return false;
    return true;
}

/* Keys that are no signs, as WebDriver numbers them. */
static const struct {
    const char *name, *code;
} keys[] = {
    {"Tab", "\\uE004"},       {"Enter", "\\uE007"},      {"Escape", "\\uE00C"},
    {"Space", " "},           {"PageUp", "\\uE00E"},     {"PageDown", "\\uE00F"},
    {"End", "\\uE010"},       {"Home", "\\uE011"},       {"ArrowLeft", "\\uE012"},
    {"ArrowUp", "\\uE013"},   {"ArrowRight", "\\uE014"}, {"ArrowDown", "\\uE015"},
    {"Backspace", "\\uE003"},
};

static void press_one(struct str *out, const char *name, size_t length)
{
    static const char shift[] = "Shift+";
    bool shifted = strncmp(name, shift, strlen(shift)) == 0;
    char sign[8] = {name[0]};
    const char *code = sign;

    if (shifted) {
        name += strlen(shift);
        length -= strlen(shift);
        str_add(out, "{\"type\": \"keyDown\", \"value\": \"\\uE008\"}, ");
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strlen(keys[i].name) == length && strncmp(keys[i].name, name, length) == 0)
            code = keys[i].code;
    str_add_format(out,
                   "{\"type\": \"keyDown\", \"value\": \"%s\"}, {\"type\": \"keyUp\", \"value\": "
                   "\"%s\"}",
                   code, code);
    if (shifted)
        str_add(out, ", {\"type\": \"keyUp\", \"value\": \"\\uE008\"}");
}

void browser_press(struct browser *browser, const char *names)
{
    struct str body;

    str_init(&body);
    str_add(&body, "{\"actions\": [{\"type\": \"key\", \"id\": \"keyboard\", \"actions\": [");
    while (*names != '\0') {
        size_t length = strcspn(names, " ");

        press_one(&body, names, length);
        names += length;
        names += strspn(names, " ");
        str_add(&body, *names != '\0' ? ", " : "");
    }
    str_add(&body, "]}]}");
    ask(browser, "POST", "/actions", body.text);
    str_release(&body);
}

void browser_click(struct browser *browser, const char *selector)
{
    struct str script;
    int x = 0, y = 0;

    str_init(&script);
    str_add_format(&script,
                   "const box = document.querySelector(`%s`).getBoundingClientRect(); return "
                   "`${Math.round(box.x + box.width / 2)} ${Math.round(box.y + box.height / 2)}`;",
                   selector);
    REQUIRE(sscanf(browser_run(browser, script.text), "%d %d", &x, &y) == 2);
    str_clear(&script);
    str_add_format(
        &script,
        "{\"actions\": [{\"type\": \"pointer\", \"id\": \"mouse\", \"actions\": [{\"type\": "
        "\"pointerMove\", \"x\": %d, \"y\": %d}, {\"type\": \"pointerDown\", \"button\": 0}, "
        "{\"type\": \"pointerUp\", \"button\": 0}]}]}",
        x, y);
    ask(browser, "POST", "/actions", script.text);
    str_release(&script);
}

const char *browser_complaints(struct browser *browser)
{
    ask(browser, "POST", "/se/log", "{\"type\": \"browser\"}");
    return take_value(browser);
}
