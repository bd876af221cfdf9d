/*
 * The page in Chromium, as the one file that `preview --html` writes: 4,000 metrics of an instance
 * that never was, found, filtered, opened and walked through by keyboard alone.
 */
#include "tests/support/test.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "tests/support/page_visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METRICS = 4000 };

static int open_browser(void **state)
{
    static struct page_visit visit;

    page_visit_begin(&visit, METRICS);
    *state = &visit;
    return 0;
}

static int close_browser(void **state)
{
    page_visit_end(*state);
    return 0;
}

/* A fresh page, with the focus nowhere. */
static int open_page(void **state)
{
    struct page_visit *visit = *state;

    browser_resize(visit->browser, 1440, 900);
    browser_open(visit->browser, "about:blank");
    browser_open(visit->browser, visit->url);
    return browser_await(visit->browser, "return !document.getElementById('content').hidden") ? 0
                                                                                              : -1;
}

static int close_page(void **state)
{
    struct page_visit *visit = *state;
    const char *said = browser_complaints(visit->browser);

    if (strcmp(said, "[]") == 0)
        return 0;
    (void)fprintf(stderr, "The console says: %s\n", said);
    return -1;
}

static void it_asks_nobody_and_says_how_things_stand(void **state)
{
    struct page_visit *visit = *state;

    assert_string_equal(browser_run(visit->browser,
                                    "return performance.getEntriesByType('resource')"
                                    ".filter(e => !/^(data|blob):/.test(e.name))"
                                    ".length"),
                        "0");
    assert_string_equal(browser_run(visit->browser, "return headline.textContent"),
                        "The last ping arrived, 21 Nov 2026.");
    assert_non_null(strstr(browser_run(visit->browser, "return facts.innerText"),
                           "Permitted: standard, subscription, operational."));
    assert_non_null(
        strstr(browser_run(visit->browser, "return facts.innerText"), "No. 30, 21 Nov 2026"));
    assert_string_equal(browser_run(visit->browser, "return document.getElementById('count')"
                                                    ".textContent"),
                        "4,000 metrics, 334 without a value");
}

static void a_text_of_a_metric_is_never_run(void **state)
{
    struct page_visit *visit = *state;

    assert_string_equal(
        browser_run(visit->browser,
                    "location.hash = '#/metrics/' + metrics.find(m => m.status === 'error').path;"
                    "follow(); return document.querySelector('.reason').textContent"),
        "division by zero <script>alert('run')</script>");
    assert_string_equal(browser_run(visit->browser, "return document.querySelectorAll("
                                                    "'#metric script').length"),
                        "0");
}

/* Types into the search, sets a filter, and gives what is counted. */
static const struct {
    const char *name, *script, *count, *first;
} searches[] = {
    {"a word of a key path", "$('search').value = 'issues_cr'", "16 of 4,000 metrics", "counts"},
    {"two words, in any order", "$('search').value = 'created counts.issues'", "2 of 4,000 metrics",
     "counts"},
    {"an owner", "$('search').value = 'tenant_scale'", "800 of 4,000 metrics", "counts"},
    {"a status", "$('by-status').value = 'timeout'", "40 of 4,000 metrics", "counts"},
    {"everything without a value", "$('by-status').value = 'without a value'",
     "334 of 4,000 metrics", "counts"},
    {"a source", "$('by-source').value = 'redis'", "500 of 4,000 metrics", "redis_hll_counters"},
    {"a time frame", "$('by-frame').value = '28d'", "1,000 of 4,000 metrics", "counts_monthly"},
    {"nothing of that name", "$('search').value = 'no such metric'", "0 of 4,000 metrics", ""},
};

static void searching_and_filtering_leave_what_matches(void **state)
{
    struct page_visit *visit = *state;
    struct str script;

    str_init(&script);
    for (size_t i = 0; i < COUNT_OF(searches); i++) {
        print_message("# %s\n", searches[i].name);
        str_clear(&script);
        str_add_format(&script,
                       "$('filters').reset(); %s; $('filters').dispatchEvent(new Event('input'));"
                       "return $('count').textContent",
                       searches[i].script);
        assert_string_equal(browser_run(visit->browser, script.text), searches[i].count);
        assert_string_equal(browser_run(visit->browser, "return document.querySelector("
                                                        "'#rows .key')?.textContent ?? ''"),
                            searches[i].first);
    }
    str_release(&script);
}

static void a_filter_of_all_metrics_is_drawn_at_once(void **state)
{
    struct page_visit *visit = *state;

    print_message(
        "# filtering 4,000 metrics until they are drawn: %s ms\n",
        browser_run(visit->browser,
                    "const took = []; for (const word of ['i','is','iss','issu','issue','x','']) {"
                    "const from = performance.now(); $('search').value = word;"
                    "$('filters').dispatchEvent(new Event('input')); document.body.offsetHeight;"
                    "took.push(performance.now() - from);"
                    "await new Promise(r => requestAnimationFrame(r)); }"
                    "return took.map(t => t.toFixed(1)).join(', ')"));
    assert_true(strtol(browser_run(visit->browser, "return document.querySelectorAll('#rows .row')"
                                                   ".length"),
                       NULL, 10) < 100);
}

static void a_metric_is_opened_with_everything_about_it(void **state)
{
    static const char *const parts[] = {
        "counts.issues_created",   "2,428",          "How many issues_created there are.",
        "project_management",      "optional",       "All time",
        "database main",           "19 ms",          "The last 26 collections",
        "FROM \"issues_created\"", "Counted exactly"};
    struct page_visit *visit = *state;

    (void)browser_run(visit->browser, "$('search').value = 'counts.issues_created';"
                                      "$('filters').dispatchEvent(new Event('input'))");
    browser_click(visit->browser, "#rows .leaf");
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_non_null(
            strstr(browser_run(visit->browser, "return $('metric').innerText"), parts[i]));
    assert_string_equal(browser_run(visit->browser, "return document.querySelectorAll("
                                                    "'#metric .plot .dot').length"),
                        "26");
    assert_string_equal(browser_run(visit->browser, "return location.hash"),
                        "#/metrics/counts.issues_created");
}

static void a_number_beyond_doubles_is_shown_as_it_is(void **state)
{
    struct page_visit *visit = *state;

    assert_string_equal(browser_run(visit->browser, "return sayValue(nodes.get(metrics.find(m => "
                                                    "m.value instanceof Exact).path).value)"),
                        "9,007,199,254,740,993");
}

static void raw_is_the_payload_byte_for_byte(void **state)
{
    struct page_visit *visit = *state;

    browser_click(visit->browser, ".views a[href='#/raw']");
    assert_string_equal(browser_run(visit->browser, "return data.text"),
                        visit->sample.texts[PAGE_PAYLOAD].text);
    assert_string_equal(
        browser_run(visit->browser,
                    "return [...document.querySelectorAll('#raw-text pre')].map(p => p.textContent)"
                    ".join('\\n') === data.text.replace(/\\n$/, '')"),
        "true");
    assert_string_equal(
        browser_run(visit->browser, "return $('metrics').hidden && !$('raw').hidden"), "true");
}

/* A download may have its name before it has its bytes. */
static void assert_file_becomes(const char *path, const char *text)
{
    int64_t until = now_monotonic_us() + 30 * US_PER_SECOND;
    struct arena *arena = arena_new();
    const char *found = "";
    struct error ignored;
    bool same = false;
    size_t length;

    while (!same && now_monotonic_us() < until) {
        arena_reset(arena);
        same = file_read(path, arena, &found, &length, &ignored) && strcmp(found, text) == 0;
    }
    arena_free(arena);
    assert_true(same);
}

static void the_payload_is_copied_and_saved_whole(void **state)
{
    struct page_visit *visit = *state;

    char path[192];

    (void)browser_run(visit->browser,
                      "show('raw'); window.copied = null;"
                      "navigator.clipboard.writeText = async (text) => { copied = text; }");
    (void)snprintf(path, sizeof(path), "%s/service-ping-019aa5c1-7f00-7000-8000-000000000030.json",
                   visit->scratch.folder);
    browser_download_to(visit->browser, visit->scratch.folder);
    browser_click(visit->browser, "#download");
    assert_file_becomes(path, visit->sample.texts[PAGE_PAYLOAD].text);
    browser_click(visit->browser, "#copy");
    assert_true(browser_await(visit->browser, "return copied === data.text"));
}

static void history_tells_attempts_and_receipts(void **state)
{
    struct page_visit *visit = *state;
    const char *text;

    browser_click(visit->browser, ".views a[href='#/history']");
    browser_click(visit->browser, "#pings tbody button");
    text = browser_run(visit->browser, "return $('pings').innerText");
    assert_non_null(strstr(text, "443 kB"));
    assert_non_null(strstr(text, "3, 2 failed"));
    assert_non_null(strstr(text, "telemetry.example.com: the connection timed out."));
    assert_non_null(strstr(text, "\"rows\": 3912"));
    assert_non_null(strstr(text, "Refused by the endpoint"));
}

static void changes_are_told_in_words(void **state)
{
    struct page_visit *visit = *state;

    browser_click(visit->browser, ".views a[href='#/changes']");
    assert_non_null(strstr(browser_run(visit->browser, "return $('change-list').innerText"),
                           "where: from \"state_id = 1\" to \"state_id in (1, 3)\""));
}

static const char focused[] =
    "const e = document.activeElement; return e.dataset.path ?? e.id ?? e.tagName";

/* No mouse: from the top to a metric, into it, back, and on. */
static void the_keyboard_reaches_everything(void **state)
{
    static const struct {
        const char *keys, *focus;
    } steps[] = {
        {"Tab Tab Tab", ""}, /* past skip link and appearance to "Show them" */
        {"/", "search"},     /* the way to the search */
        {"i s s u e s _ c r", "search"},
        {"Tab Tab Tab Tab Tab", "order"},
        {"Tab Tab Tab", "counts"},
        {"ArrowLeft ArrowDown", "counts_monthly"},
        {"ArrowRight", "counts_monthly.issues_created"},
        {"Enter", "metric-title"},
        {"Escape", "counts_monthly.issues_created"},
        {"ArrowLeft", "counts_monthly"},
        {"End", "usage_activity_by_stage_monthly.create.issues_created_1"},
        {"Home", "counts"},
    };
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        print_message("# %s\n", steps[i].keys);
        browser_press(visit->browser, steps[i].keys);
        if (steps[i].focus[0] != '\0')
            assert_string_equal(browser_run(visit->browser, focused), steps[i].focus);
    }
}

/* A row far down keeps the focus, although rows come and go. */
static void the_focus_stays_when_the_window_scrolls(void **state)
{
    struct page_visit *visit = *state;

    (void)browser_run(visit->browser, "moveTo(3)");
    browser_press(visit->browser, "PageDown PageDown PageDown");
    assert_true(browser_await(visit->browser, "return scrollY > 0 && document.activeElement ==="
                                              " drawn.get(active)"));
    (void)browser_run(visit->browser, "window.kept = active.path; scrollTo(0, 1e6)");
    assert_true(browser_await(visit->browser, "return drawn.has(shown[shown.length - 1])"));
    assert_string_equal(browser_run(visit->browser, "return document.activeElement.dataset.path ==="
                                                    " kept"),
                        "true");
}

/* Contrast of a colour with the page's, as WCAG 2 counts it. */
static const char contrast[] =
    "const lum = (c) => { const [r, g, b] = c.match(/\\d+/g).map(v => { v /= 255; return v <= "
    "0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + "
    "0.0722 * b; };"
    "const probe = document.createElement('i'); document.body.append(probe);"
    "const colour = (name) => { probe.style.color = `var(--${name})`; return "
    "lum(getComputedStyle(probe).color) };"
    "const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);"
    "const low = ['ink', 'soft', 'accent', 'bad', 'care'].flatMap(name => ['paper', 'raised', "
    "'wash'].filter(ground => ratio(colour(name), colour(ground)) < 4.5).map(ground => name + ' on "
    "' + ground)); probe.remove(); return low.join(', ')";

static void both_appearances_can_be_read(void **state)
{
    static const char *const schemes[] = {"light", "dark"};
    struct page_visit *visit = *state;
    char papers[2][64];

    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        browser_prefer(visit->browser, schemes[i]);
        assert_string_equal(browser_run(visit->browser, contrast), "");
        (void)snprintf(
            papers[i], sizeof(papers[i]), "%s",
            browser_run(visit->browser, "return getComputedStyle(document.body).backgroundColor"));
    }
    assert_string_not_equal(papers[0], papers[1]);
    (void)browser_run(visit->browser, "$('theme').value = 'light';"
                                      "$('theme').dispatchEvent(new Event('change'))");
    assert_string_equal(
        browser_run(visit->browser, "return getComputedStyle(document.body).backgroundColor"),
        papers[0]);
    (void)browser_run(visit->browser, "localStorage.clear()");
    browser_prefer(visit->browser, "light");
}

static void nothing_is_wider_than_the_window(void **state)
{
    static const int widths[] = {360, 600, 1024, 1280, 1600};
    static const char *const views[] = {"metrics", "raw", "history", "changes"};
    struct page_visit *visit = *state;
    char script[128];

    for (size_t i = 0; i < COUNT_OF(widths) * COUNT_OF(views); i++) {
        int width = widths[i / COUNT_OF(views)];

        browser_resize(visit->browser, width, 800);
        (void)snprintf(script, sizeof(script),
                       "show('%s'); return document.documentElement.scrollWidth <= %d",
                       views[i % COUNT_OF(views)], width);
        print_message("# %s at %d\n", views[i % COUNT_OF(views)], width);
        assert_string_equal(browser_run(visit->browser, script), "true");
    }
}

/* What a screen reader is told: names of everything that can be used, rows with their places. */
static void everything_has_a_name_and_a_place(void **state)
{
    struct page_visit *visit = *state;

    assert_string_equal(
        browser_run(visit->browser,
                    "return [...document.querySelectorAll('button, input, select, a')].filter(e => "
                    "!e.closest('[hidden]') && !(e.getAttribute('aria-label') ?? (e.labels?.[0] ?? "
                    "e).textContent).trim()).map(e => e.outerHTML).join()"),
        "");
    assert_string_equal(
        browser_run(visit->browser,
                    "const row = document.querySelector('#rows .leaf'); return [row.ariaLevel, "
                    "row.getAttribute('aria-rowindex'), $('tree').getAttribute('aria-rowcount') > "
                    "4000, document.querySelectorAll('#rows [tabindex=\"0\"]').length].join()"),
        "2,3,true,1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_asks_nobody_and_says_how_things_stand, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(a_text_of_a_metric_is_never_run, open_page, close_page),
        cmocka_unit_test_setup_teardown(searching_and_filtering_leave_what_matches, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(a_filter_of_all_metrics_is_drawn_at_once, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(a_metric_is_opened_with_everything_about_it, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(a_number_beyond_doubles_is_shown_as_it_is, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(raw_is_the_payload_byte_for_byte, open_page, close_page),
        cmocka_unit_test_setup_teardown(the_payload_is_copied_and_saved_whole, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(history_tells_attempts_and_receipts, open_page, close_page),
        cmocka_unit_test_setup_teardown(changes_are_told_in_words, open_page, close_page),
        cmocka_unit_test_setup_teardown(the_keyboard_reaches_everything, open_page, close_page),
        cmocka_unit_test_setup_teardown(the_focus_stays_when_the_window_scrolls, open_page,
                                        close_page),
        cmocka_unit_test_setup_teardown(both_appearances_can_be_read, open_page, close_page),
        cmocka_unit_test_setup_teardown(nothing_is_wider_than_the_window, open_page, close_page),
        cmocka_unit_test_setup_teardown(everything_has_a_name_and_a_place, open_page, close_page),
    };

    return cmocka_run_group_tests(tests, open_browser, close_browser);
}
