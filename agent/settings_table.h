/* The rows of the one table of settings (settings.c), for those who read, print and document it. */
#ifndef AGENT_SETTINGS_TABLE_H
#define AGENT_SETTINGS_TABLE_H

#include "agent/base/error.h"
#include "agent/base/str.h"

#include <stddef.h>
#include <stdint.h>

/* How a value is written, and what is kept at `offset`. */
enum setting_type {
    SETTING_TEXT,       /* const char * */
    SETTING_FILE,       /* const char *; a name without a slash is a systemd credential */
    SETTING_CHOICE,     /* an enum in the order of `choices` */
    SETTING_FLAG,       /* bool */
    SETTING_INTEGER,    /* int or int64_t, by `width` */
    SETTING_DURATION,   /* unsigned, in units of `unit_ms`; low and high are milliseconds */
    SETTING_FRACTION,   /* double, above 0 and up to 1 */
    SETTING_LIST,       /* const char *const *, and its size_t at `count_offset` */
    SETTING_CATEGORIES, /* bool[CATEGORY_COUNT] */
    SETTING_FACTS,      /* a map of any names, kept apart */
};

struct setting {
    const char *key; /* dotted; NAME stands for a name that people give */
    enum setting_type type;
    bool environment_only; /* may not stand in a file, nor is it printed */
    size_t offset;         /* in struct settings; of databases.NAME.*, in the database's */
    size_t width, count_offset;
    size_t named_offset;  /* bool of struct settings: it was given, not a default; 0: nowhere */
    const char *fallback; /* the default, as the environment would say it; NULL: none */
    const char *fallback_note; /* what the table says instead; NULL: the fallback */
    const char *const *choices;
    int64_t low, high, unit_ms;
    bool (*check)(const char *text,
                  struct error *err); /* of texts, each of a list; NULL: any that is not "" */
    void (*write_masked)(const char *text, struct str *out); /* NULL: nothing in it is secret */
    const char *help;
};

extern const struct setting settings_table[]; /* ended by a row without a key */

#endif
