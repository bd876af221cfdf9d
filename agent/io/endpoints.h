/*
 * The socket addresses behind an address as people write it: all that a host's name stands for, or
 * the path of a unix socket. They are to be tried in turn, because "localhost" may be ::1 first,
 * where nobody listens.
 */
#ifndef AGENT_IO_ENDPOINTS_H
#define AGENT_IO_ENDPOINTS_H

#include "agent/base/error.h"

#include <sys/socket.h>
#include <sys/un.h>

struct addrinfo;

struct endpoints {
    struct addrinfo *found; /* all of a host; NULL for a path */
    struct addrinfo *next;
    struct sockaddr_un path;
    bool path_is_next;
};

/*
 * `text` is "unix:/path", "/path", or what address_parse takes. A name is looked up in the system's
 * own way, which waits; more than half a second is logged. INVALID for a bad address, UNAVAILABLE
 * for an unknown host. Release in any case.
 */
MUST_CHECK bool endpoints_find(struct endpoints *endpoints, const char *text,
                               const char *default_port, struct error *err);
void endpoints_release(struct endpoints *endpoints); /* also of a zeroed one; it is zeroed again */

/* The next one to try, valid until release; NULL when none is left. */
const struct sockaddr *endpoints_next(struct endpoints *endpoints, socklen_t *length);

#endif
