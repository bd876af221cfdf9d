/*
 * JSON, written and read. The only module that knows json-c. The functions say js_, because json_
 * is json-c's own prefix. What is written is UTF-8 (bytes that are not become U+FFFD), and the same
 * calls always give the same bytes.
 */
#ifndef AGENT_BASE_JSON_H
#define AGENT_BASE_JSON_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stddef.h>
#include <stdint.h>

/* Writing: open, put, close; commas and indentation come by themselves. */
struct js_writer {
    struct str *out;
    bool indented; /* one member a line, two blanks a level */
    bool fresh;    /* nothing stands in the open container yet */
    unsigned depth;
};

void js_begin(struct js_writer *writer, struct str *out, bool indented);

/* `key` is NULL for the outermost value and inside lists. */
void js_open_object(struct js_writer *writer, const char *key);
void js_close_object(struct js_writer *writer);
void js_open_list(struct js_writer *writer, const char *key);
void js_close_list(struct js_writer *writer);

void js_put_text(struct js_writer *writer, const char *key, const char *text); /* NULL: null */
void js_put_integer(struct js_writer *writer, const char *key, int64_t number);
void js_put_flag(struct js_writer *writer, const char *key, bool flag);
void js_put_null(struct js_writer *writer, const char *key);

/* Text that is JSON already: a number in decimal form, or a whole document. */
void js_put_raw(struct js_writer *writer, const char *key, const char *json);

/* Reading. A value belongs to the document it was got from. */
struct js_value;
enum js_kind { JS_NULL, JS_FLAG, JS_INTEGER, JS_NUMBER, JS_TEXT, JS_LIST, JS_OBJECT };

/*
 * NULL unless the whole text is one JSON value other than null, at most 64 levels deep, without
 * \u0000 in its texts. Whole numbers beyond int64 are JS_NUMBER. Free with js_free.
 */
struct js_value *js_parse(const char *text, size_t length, struct error *err);
void js_free(struct js_value *document); /* NULL is fine */

enum js_kind js_kind(const struct js_value *value);                            /* NULL is JS_NULL */
const struct js_value *js_get(const struct js_value *object, const char *key); /* or NULL */
size_t js_count(const struct js_value *list);                                  /* 0 for non-lists */
const struct js_value *js_at(const struct js_value *list, size_t index);
const char *js_text(const struct js_value *value);        /* NULL unless JS_TEXT */
int64_t js_integer(const struct js_value *value);         /* 0 unless JS_INTEGER */
bool js_flag(const struct js_value *value);               /* false unless JS_FLAG and true */
const char *js_number_text(const struct js_value *value); /* a number as it was written, or NULL */
const char *js_one_line(const struct js_value *value);    /* any value as JSON, until js_free */

/* Calls `each` for every member, in the order of the text. */
typedef void js_each(const char *key, const struct js_value *value, void *arg);
void js_members(const struct js_value *object, js_each *each, void *arg);

#endif
