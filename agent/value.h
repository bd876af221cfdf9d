/*
 * What came of one metric: a value, or a status that says why there is none.
 * A value is exact or the outcome says so (method, error_bound); a number never passes through a
 * double.
 */
#ifndef AGENT_VALUE_H
#define AGENT_VALUE_H

#include "agent/base/arena.h"
#include "agent/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum value_kind {
    VALUE_NONE,    /* the status says why */
    VALUE_COUNT,   /* a whole number */
    VALUE_DECIMAL, /* a number in decimal text: "31.3"; digits, one point, a sign, an exponent */
    VALUE_TEXT,
    VALUE_FLAG,
    VALUE_JSON, /* an object or list, keys sorted: `object` metrics */
};

struct value {
    enum value_kind kind;
    int64_t count;
    const char *text; /* of DECIMAL, TEXT and JSON; belongs to whoever made the value */
    bool flag;
};

/* In the order in which a data team wants to be told; names by status_name. */
enum outcome_status {
    STATUS_OK,
    STATUS_TIMEOUT,     /* too slow even in the smallest pieces */
    STATUS_UNAVAILABLE, /* the service could not be reached */
    STATUS_ERROR,       /* the service refused, or its answer makes no sense */
    STATUS_DENIED,      /* the role lacks a privilege */
    STATUS_ABSENT,      /* the table, column or fact does not exist here */
    STATUS_BUDGET,      /* left out: the budget for this run was used up */
    STATUS_HELD,        /* not yet accepted by the admin */
    STATUS_OFF,         /* switched off: no such source configured, or its kind is not built yet */
};

struct outcome {
    enum outcome_status status;
    struct value value;
    const char *reason;      /* a sentence for every status but OK, otherwise NULL */
    const char *method;      /* "exact", "tid", "hyperloglog" ...; NULL is "exact" */
    const char *error_bound; /* "0.81%" (standard error), NULL when exact */
    int64_t took_us;         /* the time spent for this metric, or its share of a shared probe's */
};

struct value value_count(int64_t count);
struct value value_decimal(const char *text);
struct value value_text(const char *text);
struct value value_flag(bool flag);
struct value value_json(const char *json);

struct outcome outcome_of(struct value value);
struct outcome outcome_without(enum outcome_status status, const char *reason);

/* The one table from kinds of error to statuses; the reason is the error's text, copied. */
struct outcome outcome_from_error(const struct error *err, struct arena *arena);

/* A copy whose texts are in `arena`. */
struct outcome outcome_copy(const struct outcome *outcome, struct arena *arena);

const char *status_name(enum outcome_status status); /* "ok", "timeout", ... */
bool status_from_name(const char *name, enum outcome_status *status);
const char *value_kind_name(enum value_kind kind); /* "none", "count", "decimal", ... */
bool value_kind_from_name(const char *name, enum value_kind *kind);

/* As it stands in the payload: a JSON number, string, true/false, document, or null. */
struct str;
void value_write_json(const struct value *value, struct str *out);

#endif
