/*
 * A map of a document held against a table of the fields it may have. Complains about every field
 * that is unknown, missing or not of its kind, with the line of the guilty node; knows nothing of
 * what the fields mean.
 */
#ifndef AGENT_FORM_H
#define AGENT_FORM_H

#include "agent/base/complaints.h"
#include "agent/base/yaml.h"

enum form_kind {
    FORM_TEXT,          /* text that is not empty; 10.0 without quotes is a number */
    FORM_TEXT_OR_NULL,  /* the same, or an empty value */
    FORM_SCALAR,        /* anything but a list or a map */
    FORM_FLAG,          /* true or false */
    FORM_NUMBER,        /* whole or decimal, without quotes */
    FORM_WORD,          /* one of `words` */
    FORM_WORD_ANY_CASE, /* one of `words` in any case, or an empty value */
    FORM_WORDS,         /* a list of `words`, each at most once */
    FORM_WORDS_OR_NULL, /* the same, or an empty value */
    FORM_WORD_OR_WORDS, /* one of `words`, or a list of `list_words` */
    FORM_TEXTS,         /* a list of texts */
    FORM_LIST,
    FORM_LIST_OR_NULL,
    FORM_MAP,
    FORM_MAP_OR_NULL,
    FORM_VERSION, /* "17.6", "<13.9" */
    FORM_CLASS,   /* "RedisHLLMetric", "A::BMetric" */
};

struct form_field {
    const char *name; /* NULL: this row is not used */
    enum form_kind kind;
    bool needed; /* the key must be there; whether it may be empty is the kind's business */
    const char *const *words, *const *list_words;
};

struct form {
    const char *what; /* "a metric definition", "options" */
    const struct form_field *fields;
    size_t count;
    bool open; /* unknown fields are let pass */
};

/* Where complaints come from and go to. */
struct form_place {
    const char *file;
    const char *key_path; /* NULL: not known */
    struct arena *arena;
    struct complaints *complaints;
};

/* Fills `nodes`, as many as the form has fields, with the values found: NULL where there is none.
 */
void form_read(const struct form *form, const struct form_place *place, const struct doc_node *map,
               const struct doc_node **nodes);

/* Complains unless a document is a map with something in it. */
bool form_is_map(const struct form_place *place, const struct doc_node *root);

/* Whether a map has one of these fields; the scalar that names the map itself, or NULL. */
bool form_has_any(const struct doc_node *root, const char *const *fields);
const char *form_name(const struct doc_node *root, const char *key);

/* Complains about one node. */
void form_fault(const struct form_place *place, const struct doc_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
