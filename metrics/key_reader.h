/*
 * Fetches the keys of many metrics from Redis and answers the metrics one by one. Read-only.
 *
 * It works in batches, so that memory stays bounded; a key that several questions of a batch need
 * is fetched once, so related questions should be neighbours. Commands are small (MGET of 4
 * HyperLogLogs or of 100 counters, HGETALL) and few are in flight: no command holds the server for
 * long and other clients get their turn, while the wire is never idle. MGET says nil for a missing
 * key and for one of another type alike, so every nil is followed by TYPE.
 *
 * A fault of one key costs only the questions that need it. When the server cannot be reached the
 * reader waits and asks again a few times; then it answers everything that is left with the error.
 */
#ifndef METRICS_KEY_READER_H
#define METRICS_KEY_READER_H

#include "metrics/key_batch.h"

#include <stddef.h>

struct key_reader;
struct loop;
struct redis;

/* Called from the loop; neither may cancel the reader. */
struct key_listener {
    key_answered *answered;   /* once for each question */
    void (*ended)(void *arg); /* the last call; the reader is gone */
    void *arg;
};

struct key_reader *key_reader_begin(struct loop *loop, struct redis *redis,
                                    const struct key_question *questions, size_t count,
                                    const struct key_listener *listener);

/* Nothing is answered any more; the reader is gone. NULL is fine. */
void key_reader_cancel(struct key_reader *reader);

#endif
