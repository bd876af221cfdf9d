/* What the files of the verb `doctor` share: one look at each thing, one sentence for each. */
#ifndef AGENT_VERBS_DOCTOR_H
#define AGENT_VERBS_DOCTOR_H

#include "agent/base/str.h"
#include "agent/io/http_client.h"
#include "agent/io/loop.h"
#include "agent/verbs/verb.h"

enum finding { FINDING_FINE, FINDING_WRONG, FINDING_UNREACHABLE };

struct doctor {
    struct verb_call *call;
    struct settings settings;
    struct catalog catalog;
    struct loop *loop;
    struct loop_timer *turn;
    size_t step;
    bool wrong, unreachable;
    const char *clock_of; /* whose clock was compared; NULL: nobody's yet */
    int64_t ahead_us;     /* how far this machine is ahead of it */
    /* The one service that is looked at just now. */
    size_t database; /* its number */
    struct db *db;
    struct redis *redis;
    struct http_client *http;
    struct str sentence; /* what is known of it so far */
};

/* Prints one line, `ok` or `!!` before it. */
void doctor_says(struct doctor *doctor, enum finding finding, const char *what, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* The step is over; from the loop the next one follows. */
void doctor_next(struct doctor *doctor);

/* Steps: each says at least one sentence and calls doctor_next once. */
void doctor_databases(struct doctor *doctor);
void doctor_redis(struct doctor *doctor);
void doctor_endpoint(struct doctor *doctor);

/* Every relation that the definitions name, as a JSON list of quoted names. */
void doctor_relations(const struct catalog *catalog, struct str *out);

#endif
