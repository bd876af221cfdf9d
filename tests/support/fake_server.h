/*
 * A server that misbehaves on purpose: it accepts, keeps what it hears, and says one text or
 * nothing, whatever it hears.
 */
#ifndef TESTS_SUPPORT_FAKE_SERVER_H
#define TESTS_SUPPORT_FAKE_SERVER_H

#include "agent/base/str.h"

#include <stdbool.h>

struct loop;
struct fake_server;

/* On a free port of 127.0.0.1. `says` is said once, at the first bytes heard; NULL: nothing. */
struct fake_server *fake_server_new(struct loop *loop, const char *says, bool closes);
void fake_server_free(struct fake_server *server);

const char *fake_server_address(const struct fake_server *server); /* "127.0.0.1:PORT" */
const struct str *fake_server_heard(const struct fake_server *server);

/* "127.0.0.1:PORT" where nobody listens unless told to; it is kept for this process until its end.
 * Returns `out`. */
char *free_address(char out[32]);

#endif
