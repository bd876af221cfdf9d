/*
 * Who is let in: names of hosts against DNS rebinding, the token, the sessions that the page's
 * log-in makes of it, and marks of requests that another site's page has forged.
 *
 * The socket is guarded by its mode; but as people forward sockets to their browsers, its requests
 * may not name a foreign host or come from a foreign page either.
 */
#ifndef AGENT_WEB_WEB_GUARD_H
#define AGENT_WEB_WEB_GUARD_H

#include "agent/base/arena.h"
#include "agent/base/digest.h"
#include "agent/base/error.h"

#include <stdbool.h>

#define GUARD_SESSION_S 43200 /* 12 hours */

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard *guard); /* NULL is fine */

/* A request's headers; NULL: it has none such. */
struct guard_request {
    const char *host, *origin, *authorization, *private_token, *cookie, *ping;
    bool changes;  /* it is no GET or HEAD */
    bool open;     /* nobody has to say who he is */
    unsigned port; /* of TCP; 0: it came by the socket */
};

enum guard_way { GUARD_NOBODY, GUARD_SOCKET, GUARD_TOKEN, GUARD_SESSION };

/*
 * The status of HTTP: 200, or 401 or 403 with a sentence in `err`. The token is read anew from
 * `token_file` each time, so that a new one counts at once; sessions of an old one end with it.
 */
int guard_check(struct guard *guard, const struct guard_request *request, const char *token_file,
                enum guard_way *way, struct error *err);

/* Begins a session for who has shown the token. */
MUST_CHECK bool guard_log_in(struct guard *guard, const char *token_file,
                             char session[UUID_TEXT_SIZE], struct error *err);
void guard_log_out(struct guard *guard, const char *cookie);

#define GUARD_COOKIE "service_ping_session"

#endif
