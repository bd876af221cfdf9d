/*
 * Reads the parse tree that libpg_query gives as JSON text, in one pass without memory: for each
 * text it is called thousands of times while definitions are loaded. Not for JSON of strangers:
 * it takes for granted that the text is well-formed.
 */
#ifndef METRICS_SQL_TREE_H
#define METRICS_SQL_TREE_H

#include "agent/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define TREE_DEEPEST 256

/* A part of the text; not terminated. */
struct tree_word {
    const char *text;
    size_t length;
};

struct tree_frame {
    struct tree_word key; /* what it stands under; empty inside lists */
    bool is_list;
    size_t count; /* members seen so far */
};

enum tree_event {
    TREE_OPEN,    /* an object or list: the newest frame */
    TREE_CLOSE,   /* it is over, and still the newest frame */
    TREE_SCALAR,  /* `key` and `value` of a member of the newest frame */
    TREE_END,     /* of the whole text */
    TREE_TOO_DEEP /* more than TREE_DEEPEST; nothing follows */
};

struct tree_reader {
    const char *at;
    struct tree_word key, value; /* a text's value is without its quotes, escapes as written */
    bool closing;                /* the newest frame was closed by the last event */
    size_t depth;
    struct tree_frame frames[TREE_DEEPEST];
};

void tree_begin(struct tree_reader *reader, const char *json);
enum tree_event tree_next(struct tree_reader *reader);

/* The key of the frame that many levels above the newest (0: the newest itself); "" beyond. */
struct tree_word tree_above(const struct tree_reader *reader, size_t levels);

bool tree_word_is(struct tree_word word, const char *text);

/* Adds a text's value with its escapes undone. */
void tree_add_text(struct tree_word value, struct str *out);

#endif
