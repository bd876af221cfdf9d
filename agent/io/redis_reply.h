/*
 * Redis' replies as trees. redis.c makes them of the bytes it reads, and tests by hand; the ones
 * who asked only look.
 */
#ifndef AGENT_IO_REDIS_REPLY_H
#define AGENT_IO_REDIS_REPLY_H

#include "agent/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct redis_reply;

enum redis_kind { REDIS_NIL, REDIS_TEXT, REDIS_INTEGER, REDIS_LIST, REDIS_FAULT };

/* How a reply reaches who asked. Exactly one of reply and err is set; both are gone once the
 * callback returns. */
typedef void redis_done(const struct redis_reply *reply, const struct error *err, void *arg);

enum redis_kind redis_kind(const struct redis_reply *reply);
int64_t redis_integer(const struct redis_reply *reply); /* 0 unless INTEGER */

/* TEXT (also a status) and FAULT, "" for others. Zero-terminated, and may hold zeros before. */
const char *redis_text(const struct redis_reply *reply, size_t *length);

size_t redis_count(const struct redis_reply *list); /* 0 unless LIST */
const struct redis_reply *redis_at(const struct redis_reply *list, size_t index);

/* With a parent, which is a LIST, the new one becomes its item `index`. */
struct redis_reply *redis_reply_nil(struct redis_reply *parent, int index);
struct redis_reply *redis_reply_integer(int64_t integer, struct redis_reply *parent, int index);
struct redis_reply *redis_reply_list(size_t count, struct redis_reply *parent, int index);

/* `kind` is TEXT or FAULT; the text is copied. */
struct redis_reply *redis_reply_text(enum redis_kind kind, const char *text, size_t length,
                                     struct redis_reply *parent, int index);

void redis_reply_free(struct redis_reply *root); /* with all items; NULL is fine */

/* The error that a FAULT means to us; false, as error_set. */
bool redis_reply_fault(const struct redis_reply *reply, struct error *err);

#endif
