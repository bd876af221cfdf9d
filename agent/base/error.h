/*
 * What went wrong, for a person (text) and for the caller's next step (kind).
 * A kind exists only if some caller acts on it differently.
 */
#ifndef AGENT_BASE_ERROR_H
#define AGENT_BASE_ERROR_H

#include <stdbool.h>

/* On every function that can fail: it returns true when done, and takes `struct error *` last. */
#define MUST_CHECK __attribute__((warn_unused_result))

enum error_kind {
    ERROR_NONE,
    ERROR_INVALID,     /* a setting, a definition or an answer is malformed: tell the operator */
    ERROR_UNAVAILABLE, /* cannot reach the service: try again later */
    ERROR_TIMEOUT,     /* took too long: try again with less work */
    ERROR_MISSING,     /* what was asked for does not exist there: no retry */
    ERROR_DENIED,      /* the service knows us and does not permit it: no retry */
    ERROR_REFUSED,     /* the service said no for another reason: no retry */
    ERROR_CANCELLED,   /* we stopped it ourselves: nobody is told */
};

struct error {
    enum error_kind kind;
    char text[512]; /* a complete sentence without a final newline */
};

/* Both return false, so that a failing function can end with `return error_set(...)`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text that a lower layer set; the kind stays. */
bool error_add_context(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const char *error_kind_name(enum error_kind kind);

#endif
