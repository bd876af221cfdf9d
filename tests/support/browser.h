/*
 * Chromium without a screen, driven over WebDriver by Debian's chromedriver. The loop is the
 * caller's and runs while something is awaited, so that a server on it can answer the browser.
 * Everything that goes wrong ends the process with a sentence; a browser that answers nothing for a
 * minute does, too.
 */
#ifndef TESTS_SUPPORT_BROWSER_H
#define TESTS_SUPPORT_BROWSER_H

#include "agent/io/loop.h"

#include <stdbool.h>

struct browser;

struct browser *browser_new(struct loop *loop);
void browser_free(struct browser *browser);

void browser_open(struct browser *browser, const char *url);

/* The same of a server that may not listen yet: until it answers; false after 10 s. */
bool browser_await_page(struct browser *browser, const char *url);

void browser_resize(struct browser *browser, int width, int height);
void browser_prefer(struct browser *browser, const char *scheme); /* "dark", "light" */

/* The same of any feature of the user's that CSS may ask: "prefers-reduced-motion", "reduce". It is
 * the only one that is emulated then. */
void browser_prefer_so(struct browser *browser, const char *feature, const char *value);

/* What Chromium tells a screen reader of the page, as JSON: {"value": {"nodes": [...]}},
 * as Accessibility.getFullAXTree of its DevTools. Valid until the next call. */
const char *browser_accessible(struct browser *browser);

/* Runs the body of a function and gives what it returns, a promise awaited, as a text: a string as
 * it is, all else as JSON. Valid until the next call. */
const char *browser_run(struct browser *browser, const char *script);

/* Until the script returns true; false after 10 s. */
bool browser_await(struct browser *browser, const char *script);

/* Keys one after the other, by a space between them: "Tab ArrowDown Enter a Shift+Tab". */
void browser_press(struct browser *browser, const char *keys);

/* As a person does with the mouse, in the middle of what is found; it must be in sight. */
void browser_click(struct browser *browser, const char *selector);

/* From now on what is downloaded goes to that folder, without asking. */
void browser_download_to(struct browser *browser, const char *folder);

/* What the page complained about on the console since the last call, as JSON: "[]". */
const char *browser_complaints(struct browser *browser);

#endif
