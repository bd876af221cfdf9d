/*
 * A bounded number of questions and the keys they need, each once. Pure: whoever fetches the keys
 * puts their values in and closes them; a question is answered when its last key is closed.
 */
#ifndef METRICS_KEY_BATCH_H
#define METRICS_KEY_BATCH_H

#include "agent/base/arena.h"
#include "agent/base/error.h"
#include "agent/metric.h"
#include "agent/value.h"
#include "metrics/key_tally.h"

#include <stddef.h>
#include <stdint.h>

/* One metric's keys. Everything in it must outlive the batch. */
struct key_question {
    const struct metric *metric;
    enum key_fold fold;
    size_t count;
    const char *const *keys;        /* each once, at least one */
    const char *const *identifiers; /* of FOLD_TOTALS, one for each key; otherwise NULL */
    const unsigned *sets; /* of FOLD_INTERSECTION, one for each key, ascending; otherwise NULL */
};

/* The outcome is gone when it returns. */
typedef void key_answered(const struct key_question *question, const struct outcome *outcome,
                          void *arg);

enum key_form { FORM_SKETCH, FORM_COUNTER, FORM_HASH };

struct key_use;

struct wanted_key {
    const char *name;
    enum key_form form;
    const struct key_use *uses;
    size_t use_count;
};

struct key_batch {
    struct arena *arena; /* reset by each fill */
    key_answered *answered;
    void *arg;
    const struct wanted_key *keys; /* sorted by form and name */
    size_t key_count;
    size_t question_count;
    int64_t began_us;
};

void key_batch_init(struct key_batch *batch, key_answered *answered, void *arg);
void key_batch_release(struct key_batch *batch);

/* Forgets what it held and takes questions off the front; returns how many, at least one. */
size_t key_batch_fill(struct key_batch *batch, const struct key_question *questions, size_t count);

/* The value of a key, or one field of it, for all who need it; a wrong one fails only them. */
void key_batch_add(struct key_batch *batch, const struct wanted_key *key, const char *text,
                   size_t length);
void key_batch_add_field(struct key_batch *batch, const struct wanted_key *key, const char *field,
                         const char *text, size_t length);
void key_batch_fail(struct key_batch *batch, const struct wanted_key *key, const struct error *err);

/* Nothing more comes of this key; a key without a value counts as empty. Once for each key. */
void key_batch_close(struct key_batch *batch, const struct wanted_key *key);

#endif
