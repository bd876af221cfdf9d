#include "agent/io/address.h"

#include <stdlib.h>
#include <string.h>

/* The host's bytes and what follows its colon; NULL for no port. */
struct parts {
    const char *host;
    size_t length;
    const char *port;
};

static bool split(const char *text, struct parts *parts)
{
    const char *colon = strchr(text, ':');

    if (*text == '[') {
        const char *end = strchr(text, ']');

        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        *parts = (struct parts){text + 1, (size_t)(end - text - 1), end[1] == ':' ? end + 2 : NULL};
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *parts = (struct parts){text, (size_t)(colon - text), colon + 1};
    } else {
        /* No colon, or several: then it is a v6 address, which has a port only after brackets. */
        *parts = (struct parts){text, strlen(text), NULL};
    }
    return true;
}

static bool is_port(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= 5 && strspn(text, "0123456789") == length &&
           strtoul(text, NULL, 10) <= 65535;
}

bool address_parse(const char *text, const char *default_port, struct address *address,
                   struct error *err)
{
    struct parts parts;

    if (strchr(text, '/') != NULL)
        return error_set(err, ERROR_INVALID,
                         "The address \"%s\" is a URL or a path; write it as host:port.", text);
    if (!split(text, &parts) || parts.length == 0 || parts.length >= sizeof(address->host))
        return error_set(err, ERROR_INVALID,
                         "The address \"%s\" names no host; write it as host:port or [v6]:port.",
                         text);
    if (parts.port == NULL)
        parts.port = default_port;
    if (parts.port == NULL || !is_port(parts.port))
        return error_set(err, ERROR_INVALID,
                         "The address \"%s\" needs a port from 0 to 65535; write it as host:port.",
                         text);
    *address = (struct address){0};
    memcpy(address->host, parts.host, parts.length);
    memcpy(address->port, parts.port, strlen(parts.port));
    return true;
}
