/*
 * Whether the page can be used by everybody: what Chromium tells a screen reader, contrast of all
 * that is written, the keyboard's way through it, motion, narrow windows and large text. Each view
 * and dialog of the file that `preview --html` writes is looked at, in both appearances.
 */
#include "tests/support/test.h"

#include "agent/base/str.h"
#include "tests/support/page_visit.h"

#include <stdio.h>
#include <string.h>

enum { METRICS = 400 };

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

static void open_page(struct page_visit *visit)
{
    browser_resize(visit->browser, 1440, 900);
    browser_open(visit->browser, "about:blank");
    browser_open(visit->browser, visit->url);
    assert_true(browser_await(visit->browser, "return !document.getElementById('content').hidden"));
}

/* Everything that can be seen of the page. What the agent alone shows is brought up as its own
 * script does it; a file has no agent to ask. */
static const struct {
    const char *name, *script;
} scenes[] = {
    {"metrics", "show('metrics')"},
    {"a group that is folded", "show('metrics'); toggle(shown[0], false)"},
    {"nothing found",
     "$('search').value = 'no such'; $('filters').dispatchEvent(new Event('input'))"},
    {"a filter", "$('by-status').value = 'without a value';"
                 "$('filters').dispatchEvent(new Event('input'))"},
    {"a metric", "show('metrics'); openMetric(metrics.find(m => m.trend.length > 2 &&"
                 " m.definition?.origin))"},
    {"a metric that failed",
     "show('metrics'); openMetric(metrics.find(m => m.status === 'error'))"},
    {"raw", "show('raw')"},
    {"history", "show('history')"},
    {"a ping", "show('history'); document.querySelector('#pings tbody button').click()"},
    {"changes", "show('changes')"},
    {"what an admin may do",
     "$('actions').hidden = false; $('said').textContent = 'Collected.';"
     "$('trouble').hidden = false; $('trouble').textContent = 'The newest settings are wrong.'"},
    {"sending", "$('send-title').textContent = 'Send now?'; $('send-words').textContent ="
                " 'It goes to the endpoint.'; $('send-dialog').showModal()"},
    {"consent", "$('consent-words').textContent = 'Somebody said so.';"
                "$('consent-dialog').showModal()"},
    {"logging in", "$('content').hidden = true; $('log-in').hidden = false;"
                   "$('log-in-error').textContent = 'That is not the token.'"},
};

static void bring_up(struct page_visit *visit, size_t scene)
{
    print_message("# %s\n", scenes[scene].name);
    open_page(visit);
    (void)browser_run(visit->browser, scenes[scene].script);
}

/* ---- What a screen reader is told ---- */

static const char look_at_tree[] =
    "const by = new Map(tree.nodes.map(n => [n.nodeId, n])), faults = [];"
    "const of = (n, what) => n.properties?.find(p => p.name === what)?.value.value;"
    /* In the order of the document. */
    "const all = [], walk = (n) => { all.push(n); (n.childIds ?? []).filter(id => by.has(id))"
    " .forEach(id => walk(by.get(id))); };"
    "walk(tree.nodes.find(n => n.parentId === undefined));"
    "const seen = all.filter(n => n && !n.ignored), role = (n) => n.role?.value;"
    "const name = (n) => (n.name?.value ?? '').trim();"
    "const dialog = document.querySelector('dialog[open]');"
    "const inGrid = (n) => { for (n = by.get(n.parentId); n; n = by.get(n.parentId))"
    " if (!n.ignored && role(n) === 'treegrid') return true; };"
    "const named = ['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio',"
    " 'treegrid', 'dialog', 'navigation', 'search', 'region', 'heading', 'columnheader',"
    " 'rowheader', 'image', 'img', 'table', 'DisclosureTriangle'];"
    "const nameless = ['RootWebArea', 'main'];"
    /* Of what can be focused nothing is without a role, and nothing that has one without a name. */
    "for (const n of seen) {"
    " const focusable = of(n, 'focusable') === true;"
    " if (focusable && ['generic', 'none', 'GenericContainer'].includes(role(n)))"
    "  faults.push('no role: ' + name(n));"
    " if (name(n) === '' && (named.includes(role(n)) || focusable && !nameless.includes(role(n))))"
    "  faults.push('no name: ' + role(n));"
    " if (role(n) === 'row' && focusable && inGrid(n) && !(of(n, 'level') >= 1)"
    "  && $('order').value === '') faults.push('no level: ' + name(n)); }"
    /* Groups say whether they are open; what is below an open one is one level down. */
    "const rows = seen.filter(n => role(n) === 'row' && of(n, 'focusable'));"
    "rows.slice(1).forEach((n, i) => { const step = of(n, 'level') - of(rows[i], 'level');"
    " if (step > 1) faults.push('a level is left out: ' + name(n));"
    " if (step === 1 && of(rows[i], 'expanded') !== true)"
    "  faults.push('not said to be open: ' + name(rows[i])); });"
    /* Headings: one of level 1, and none is left out; landmarks; a dialog that holds the rest. */
    "const levels = seen.filter(n => role(n) === 'heading').map(n => of(n, 'level'));"
    "if (!dialog && (levels.filter(l => l === 1).length !== 1 ||"
    " levels.some((l, i) => i > 0 && l > levels[i - 1] + 1))) faults.push('headings: ' + levels);"
    "for (const wanted of dialog ? ['dialog'] : ['main', 'banner'])"
    " if (!seen.some(n => role(n) === wanted)) faults.push('no ' + wanted);"
    "if (dialog && !seen.some(n => role(n) === 'dialog' && of(n, 'modal')))"
    " faults.push('the dialog is not modal');"
    "if (document.title.trim() === '' || document.documentElement.lang === '')"
    " faults.push('no title');"
    "return [...new Set(faults)].join('; ')";

static const char *faults_of_tree(struct page_visit *visit, struct str *script)
{
    str_clear(script);
    str_add(script, "const tree = (");
    str_add(script, browser_accessible(visit->browser));
    str_add(script, ").value;");
    str_add(script, look_at_tree);
    return browser_run(visit->browser, script->text);
}

static void every_control_has_a_role_a_name_and_a_state(void **state)
{
    struct page_visit *visit = *state;
    struct str script;

    str_init(&script);
    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        bring_up(visit, i);
        assert_string_equal(faults_of_tree(visit, &script), "");
    }
    /* A control: what is wrong is found. */
    bring_up(visit, 0);
    (void)browser_run(visit->browser, "$('fold').textContent = '';"
                                      "document.querySelector('#rows .group').ariaExpanded = null");
    assert_non_null(strstr(faults_of_tree(visit, &script), "no name: button"));
    assert_non_null(strstr(faults_of_tree(visit, &script), "not said to be open: counts"));
    str_release(&script);
}

/* ---- What can be seen ---- */

/* Contrast as WCAG 2 counts it: 4.5 for what is written, 3 where it is large (1.4.3), 3 for what
 * shows where a field is (1.4.11). What cannot be used is exempt. */
static const char look_at_contrast[] =
    "const numbers = (c) => { const n = c.match(/[\\d.]+/g).map(Number);"
    " const whole = c.startsWith('color(srgb') ? 255 : 1;"
    " return [n[0] * whole, n[1] * whole, n[2] * whole, n[3] ?? 1]; };"
    "const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);"
    "const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;"
    "const lum = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);"
    "const ratio = (a, b) => (Math.max(lum(a), lum(b)) + 0.05) / (Math.min(lum(a), lum(b)) + 0.05);"
    "const ground = (e) => { const above = []; for (; e; e = e.parentElement) {"
    " const c = numbers(getComputedStyle(e).backgroundColor); above.push(c);"
    " if (c[3] === 1) break; }"
    " return above.reverse().reduce((under, c) => over(c, under), [255, 255, 255, 1]); };"
    "const within = document.querySelector('dialog[open]') ?? document.body, faults = [];"
    "const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })"
    " && !e.closest('.unseen, :disabled, svg, option, script, style, .skip');"
    "const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT); let seen = 0;"
    "while (walker.nextNode()) {"
    " const text = walker.currentNode.data.trim(), e = walker.currentNode.parentElement;"
    " if (text === '' || !visible(e)) continue;"
    " const s = getComputedStyle(e), size = parseFloat(s.fontSize), under = ground(e);"
    " const least = size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5;"
    " const found = ratio(over(numbers(s.color), under), under); seen++;"
    " if (found < least) faults.push(`${found.toFixed(2)}: ${e.className} ${text.slice(0, 30)}`); }"
    "for (const e of within.querySelectorAll('input[type=search], input[type=password],"
    " select, button:not(.quiet)')) {"
    " if (!visible(e) || e.closest('.theme')) continue;"
    " const under = ground(e.parentElement), edge = numbers(getComputedStyle(e).borderTopColor);"
    " const hint = over(numbers(getComputedStyle(e, '::placeholder').color), ground(e));"
    " if (e.placeholder && ratio(hint, ground(e)) < 4.5) faults.push('hint of ' + e.id);"
    " if (Math.max(ratio(over(edge, under), under), ratio(ground(e), under)) < 3)"
    "  faults.push('edge of ' + (e.id || e.textContent)); }"
    "if (seen < 2) faults.push('nothing is to be seen');"
    "return [...new Set(faults)].join('; ')";

static void all_that_is_written_can_be_read(void **state)
{
    static const char *const schemes[] = {"light", "dark"};
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(scenes) * COUNT_OF(schemes); i++) {
        browser_prefer(visit->browser, schemes[i % COUNT_OF(schemes)]);
        bring_up(visit, i / COUNT_OF(schemes));
        assert_string_equal(browser_run(visit->browser, look_at_contrast), "");
    }
    browser_prefer(visit->browser, "light");
    bring_up(visit, 0);
    (void)browser_run(visit->browser, "$('headline').style.color = '#999'");
    assert_non_null(strstr(browser_run(visit->browser, look_at_contrast), "2.7"));
}

/* ---- The keyboard ---- */

/* What Tab is to reach, in the order of the document; of radio buttons one. */
static const char begin_tabbing[] =
    "const within = document.querySelector('dialog[open]') ?? document.body;"
    "const others = (e) => [...within.querySelectorAll(`[name=${e.name}]`)];"
    "const isLeftOut = (e) => e.type === 'radio' && e !== (others(e).find(o => o.checked) ??"
    " others(e)[0]);"
    "window.wanted = [...within.querySelectorAll('a[href], button, input, select, summary,"
    " [tabindex=\"0\"]')].filter(e => e.checkVisibility({ visibilityProperty: true }) &&"
    " !e.disabled && e.tabIndex >= 0 && !isLeftOut(e));"
    "window.reached = []; return wanted.length";

/* Where the focus is, and whether it can be seen: by an outline, within the window, and not below
 * what sticks to the top. */
static const char note_focus[] =
    "const e = document.activeElement, name = e.id || e.textContent.trim();"
    "if (e === document.body || e.matches('dialog') || reached.includes(e)) return 'over';"
    "reached.push(e); const s = getComputedStyle(e), box = e.getBoundingClientRect();"
    "if (s.outlineStyle === 'none' || parseFloat(s.outlineWidth) < 2) return 'no outline: ' + name;"
    "if (box.bottom <= 0 || box.top >= innerHeight || box.width === 0)"
    " return 'out of sight: ' + name;"
    "const x = Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2));"
    "const y = Math.min(innerHeight - 1, Math.max(0, box.y + Math.min(box.height / 2, 40)));"
    "const at = document.elementFromPoint(x, y);"
    "return e.contains(at) || at?.contains(e) ? '' : 'covered: ' + name";

static const char compare_reached[] =
    "const name = (e) => e.id || e.dataset.path || e.textContent.trim();"
    "const left = wanted.filter(e => !reached.includes(e)).map(name);"
    "const places = reached.map(e => wanted.indexOf(e)).filter(i => i >= 0);"
    "return (left.length > 0 ? 'not reached: ' + left.join(', ') : '') +"
    " (places.some((at, i) => i > 0 && at < places[i - 1]) ? ' out of order' : '')";

static void tab_through(struct page_visit *visit)
{
    const char *said = "";
    int pressed = 0;

    (void)browser_run(visit->browser, begin_tabbing);
    while (strcmp(said, "over") != 0 && pressed++ < 200) {
        browser_press(visit->browser, "Tab");
        said = browser_run(visit->browser, note_focus);
        if (strcmp(said, "over") != 0)
            assert_string_equal(said, "");
    }
    assert_string_equal(browser_run(visit->browser, compare_reached), "");
}

static void tab_reaches_everything_in_order_and_can_be_seen(void **state)
{
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        bring_up(visit, i);
        /* From the top of what is there; a dialog has the focus already. */
        (void)browser_run(visit->browser, "if (!document.querySelector('dialog[open]')) {"
                                          "document.activeElement.blur(); scrollTo(0, 0); }"
                                          "else document.querySelector('dialog[open]').focus()");
        tab_through(visit);
    }
}

/* What scrolls by itself can be scrolled without a mouse: it, or something in it, takes the focus.
 */
static void what_scrolls_can_be_reached(void **state)
{
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        bring_up(visit, i);
        browser_resize(visit->browser, 500, 500);
        assert_string_equal(
            browser_run(visit->browser,
                        "return [...document.querySelectorAll('body *')].filter(e => {"
                        "const s = getComputedStyle(e), scrolls = (way) => /auto|scroll/.test(way);"
                        "return e.checkVisibility() && (scrolls(s.overflowY) && e.scrollHeight >"
                        " e.clientHeight + 1 || scrolls(s.overflowX) && e.scrollWidth >"
                        " e.clientWidth + 1) && e.tabIndex < 0 && !e.matches('select') &&"
                        " !e.querySelector('a[href], button, input, select, [tabindex=\"0\"]'); })"
                        ".map(e => e.tagName + '.' + e.className).join(', ')"),
            "");
    }
}

/* ---- Motion, room, size ---- */

static void nothing_moves_for_who_wants_no_motion(void **state)
{
    static const char moving[] =
        "return [...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
        "return s.transitionDuration.split(',').some(d => parseFloat(d) > 0) &&"
        " s.transitionProperty !== 'none' || s.animationName !== 'none' ||"
        " s.scrollBehavior === 'smooth'; }).length";
    struct page_visit *visit = *state;

    browser_prefer_so(visit->browser, "prefers-reduced-motion", "reduce");
    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        bring_up(visit, i);
        assert_string_equal(browser_run(visit->browser, moving), "0");
    }
    browser_prefer_so(visit->browser, "prefers-reduced-motion", "no-preference");
    bring_up(visit, 0);
    assert_string_not_equal(browser_run(visit->browser, moving), "0");
}

/* WCAG 1.4.10: a window of 1280 at 400 per cent; and 1.4.12, more room between words and lines. */
static void a_small_window_and_wide_text_hide_nothing(void **state)
{
    static const char spaced[] =
        "const s = document.createElement('style'); s.textContent = '* { line-height: 1.5 "
        "!important;"
        " letter-spacing: 0.12em !important; word-spacing: 0.16em !important }';"
        "document.head.append(s)";
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        bring_up(visit, i);
        browser_resize(visit->browser, 320, 640);
        assert_string_equal(
            browser_run(visit->browser, "return document.documentElement.scrollWidth <= 320"),
            "true");
        (void)browser_run(visit->browser, spaced);
        assert_string_equal(
            browser_run(visit->browser, "return document.documentElement.scrollWidth <= 320"),
            "true");
    }
}

/* WCAG 2.5.8: 24 by 24, but for what stands in a line of text, or has that much room about it. */
static void everything_is_large_enough_to_be_hit(void **state)
{
    static const int widths[] = {360, 1440};
    struct page_visit *visit = *state;

    for (size_t i = 0; i < COUNT_OF(scenes) * COUNT_OF(widths); i++) {
        bring_up(visit, i / COUNT_OF(widths));
        browser_resize(visit->browser, widths[i % COUNT_OF(widths)], 800);
        assert_string_equal(
            browser_run(visit->browser,
                        "return [...document.querySelectorAll('a[href], button, select, input,"
                        " summary, #rows .row')].filter(e => e.checkVisibility() && !e.matches("
                        "'.skip, .inline') && e.closest('label') === null && getComputedStyle(e)"
                        ".display !== 'inline').filter(e => { const b = e.getBoundingClientRect();"
                        " return b.width > 0 && (b.height < 23.5 || b.width < 23.5); }).map(e =>"
                        " (e.id || e.textContent) + ' ' + e.getBoundingClientRect().height)"
                        ".join(', ')"),
            "");
    }
}

/* What happens without being looked at is said: the number that is left, a copy, an answer. */
static void what_changes_is_announced(void **state)
{
    static const char *const places[] = {"count", "said", "copied"};
    struct page_visit *visit = *state;
    char script[128];

    open_page(visit);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        (void)snprintf(script, sizeof(script), "return $('%s').getAttribute('role')", places[i]);
        assert_string_equal(browser_run(visit->browser, script), "status");
    }
    assert_string_equal(
        browser_run(visit->browser, "return $('log-in-error').getAttribute('role')"), "alert");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_control_has_a_role_a_name_and_a_state),
        cmocka_unit_test(all_that_is_written_can_be_read),
        cmocka_unit_test(tab_reaches_everything_in_order_and_can_be_seen),
        cmocka_unit_test(what_scrolls_can_be_reached),
        cmocka_unit_test(nothing_moves_for_who_wants_no_motion),
        cmocka_unit_test(a_small_window_and_wide_text_hide_nothing),
        cmocka_unit_test(everything_is_large_enough_to_be_hit),
        cmocka_unit_test(what_changes_is_announced),
    };

    return cmocka_run_group_tests(tests, open_browser, close_browser);
}
