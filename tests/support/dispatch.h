/*
 * One delivery of a ping to an endpoint in this process, with both ends of it: what the endpoint is
 * to answer, what it saw, and what was told of it. The test seals the ping.
 */
#ifndef TESTS_SUPPORT_DISPATCH_H
#define TESTS_SUPPORT_DISPATCH_H

#include "agent/base/str.h"
#include "agent/delivery.h"
#include "tests/support/place.h"

enum { DISPATCH_MOST_CALLS = 4 };

/* What came at the endpoint; a header that was not there is "(none)". */
struct dispatch_call {
    char path[64], method[8], type[32], accept[32], encoding[32], ping_id[64], instance_id[64];
    char agent[64], schema[16];
    struct str body;
};

struct dispatch_answer {
    int status;         /* 0: nothing is answered */
    const char *header; /* NULL: none */
    const char *body;
};

struct dispatch {
    struct place *place;
    struct loop *loop;
    struct http_server *server;
    struct settings settings;
    struct store_ping ping;
    struct dispatch_answer answer;        /* to a ping; nothing, until set */
    struct dispatch_answer report_answer; /* to one of GitLab's reports */
    struct delivery *delivery;
    bool frees_in_done;
    char endpoint[128];
    struct dispatch_call calls[DISPATCH_MOST_CALLS];
    size_t count; /* of calls */
    size_t times; /* that it was told of the end */
    struct delivery_result result;
};

/* The endpoint's URL is that path with a user's name, a password and a query; consent is given. */
void dispatch_open(struct dispatch *dispatch, struct place *place, const char *path);
void dispatch_close(struct dispatch *dispatch);

/* One try, to its end; the one before is freed. */
void dispatch_deliver(struct dispatch *dispatch);

/* A delivery_done whose `arg` is the dispatch; it stops the loop. */
void dispatch_told(const struct delivery_result *result, void *arg);

/* Those words are said, and no secret of the URL. */
void dispatch_expect_words(const char *name, const char *said, const char *words);

#endif
