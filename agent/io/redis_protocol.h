/*
 * The bytes of Redis' protocol: commands are written, replies are read. The only module that knows
 * hiredis, of which it uses the command formatter and the reply reader.
 */
#ifndef AGENT_IO_REDIS_PROTOCOL_H
#define AGENT_IO_REDIS_PROTOCOL_H

#include "agent/io/redis_reply.h"

#include <stddef.h>

struct redis_reader;

struct redis_reader *redis_reader_new(void);
void redis_reader_free(struct redis_reader *reader); /* NULL is fine */

void redis_reader_feed(struct redis_reader *reader, const void *bytes, size_t length);

/* The caller's to free. NULL: no more whole reply yet, or the bytes make no sense. */
struct redis_reply *redis_reader_next(struct redis_reader *reader);

/* Why the bytes make no sense, for a sentence's brackets; NULL while they do. Lives with the
 * reader. */
const char *redis_reader_fault(const struct redis_reader *reader);

/* The command as Redis reads it, to be freed. Lengths may be NULL for zero-terminated arguments. */
char *redis_format(int argc, const char *const *argv, const size_t *lengths, size_t *length)
    __attribute__((returns_nonnull));

#endif
