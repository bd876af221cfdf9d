/*
 * Where a service listens, as people write it: "host", "host:port", "[v6]:port", "v6". Host and
 * port stay text, as getaddrinfo takes them. Paths of unix sockets are their users' own business.
 */
#ifndef AGENT_IO_ADDRESS_H
#define AGENT_IO_ADDRESS_H

#include "agent/base/error.h"

struct address {
    char host[256]; /* without the brackets of a v6 address */
    char port[6];   /* decimal, 0 to 65535 */
};

/* `default_port` is for an address without one; NULL: then a port must be there. INVALID on
 * failure. */
MUST_CHECK bool address_parse(const char *text, const char *default_port, struct address *address,
                              struct error *err);

#endif
