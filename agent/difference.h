/*
 * What is different, in words: between two versions of a definition (approval_text.h), and between
 * the bytes of two pings, in our form or GitLab's. Pure; everything returned is in `arena`.
 */
#ifndef AGENT_DIFFERENCE_H
#define AGENT_DIFFERENCE_H

#include "agent/base/arena.h"
#include "agent/base/error.h"
#include "agent/base/json.h"

/* A field that says something else; NULL: it was not there, or is not any more. */
struct difference_field {
    const char *name;      /* "where", "counted_as.relation", "tiers" */
    const char *from, *to; /* JSON in one line: "\"state_id = 1\"", "[\"free\"]" */
};

struct difference_fields {
    const struct difference_field *fields; /* sorted by name */
    size_t count;
};

/* INVALID if one of them is no JSON object. */
MUST_CHECK bool difference_of_definitions(const char *before, const char *after,
                                          struct arena *arena, struct difference_fields *fields,
                                          struct error *err);

/* 'where: from "a" to "b"; tiers: new, ["free"]' */
const char *difference_field_words(const struct difference_field *field, struct arena *arena);
const char *difference_words(const struct difference_fields *fields, struct arena *arena);

enum difference_kind {
    DIFFERENCE_ADDED,  /* only the later ping has the metric */
    DIFFERENCE_GONE,   /* only the earlier one */
    DIFFERENCE_VALUE,  /* both have a value, and they differ */
    DIFFERENCE_STATUS, /* one of them has no value, or not for the same reason */
    DIFFERENCE_PING,   /* not a metric: what the ping says of itself */
    DIFFERENCE_KINDS
};

/* One side of a difference. */
struct difference_side {
    const char *value;  /* JSON in one line; NULL: none */
    const char *status; /* "ok", "timeout", ...; "none": GitLab's -1, which has no reason */
    const char *reason; /* a sentence, or NULL */
};

struct difference {
    enum difference_kind kind;
    const char *key_path; /* of DIFFERENCE_PING: "definitions_digest", "consent.mode", ... */
    struct difference_side before, after;
    const char *by;      /* "+34", "-0.5", of two numbers; or NULL */
    const char *percent; /* "+2.8", of a number that is not 0; or NULL */
};

struct difference_ping {
    const char *id; /* "" in GitLab's form */
    int64_t seq;    /* 0 in GitLab's form */
    const char *recorded_at;
};

struct ping_difference {
    struct difference_ping before, after;
    const struct difference *items; /* those of the ping first, each part sorted by key path */
    size_t count, same;             /* `same`: metrics that did not change */
    size_t counts[DIFFERENCE_KINDS];
};

/* `before` and `after` are zero-terminated. INVALID, naming which, if one is no payload. */
struct difference_bytes {
    const char *bytes;
    size_t length;
};
MUST_CHECK bool difference_of_pings(struct difference_bytes before, struct difference_bytes after,
                                    struct arena *arena, struct ping_difference *found,
                                    struct error *err);

const char *difference_kind_name(enum difference_kind kind); /* "added", "gone", "value", ... */

/* A side in a few words: "1234", "\"text\"", "timeout"; "" where there is nothing. */
const char *difference_side_words(const struct difference_side *side);

void difference_write_json(const struct ping_difference *found, struct js_writer *writer);

#endif
