#include "agent/io/endpoints.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/io/address.h"

#include <inttypes.h>
#include <netdb.h>
#include <string.h>

static bool find_path(struct endpoints *endpoints, const char *path, struct error *err)
{
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof(endpoints->path.sun_path))
        return error_set(err, ERROR_INVALID,
                         "The path of a unix socket has from 1 to %zu bytes, this one %zu: %s",
                         sizeof(endpoints->path.sun_path) - 1, length, path);
    endpoints->path.sun_family = AF_UNIX;
    memcpy(endpoints->path.sun_path, path, length + 1);
    endpoints->path_is_next = true;
    return true;
}

static bool find_host(struct endpoints *endpoints, const struct address *address, struct error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int64_t began_us = now_monotonic_us(), took_us;
    int code = getaddrinfo(address->host, address->port, &hints, &endpoints->found);

    took_us = now_monotonic_us() - began_us;
    if (took_us > US_PER_SECOND / 2)
        log_warning("network", "Finding the host %s took %" PRId64 " ms; all else stood still.",
                    address->host, took_us / 1000);
    if (code != 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "Cannot find the host %s: %s; check the name and the DNS of this machine.",
                         address->host, gai_strerror(code));
    endpoints->next = endpoints->found;
    return true;
}

bool endpoints_find(struct endpoints *endpoints, const char *text, const char *default_port,
                    struct error *err)
{
    struct address address;

    *endpoints = (struct endpoints){0};
    if (strncmp(text, "unix:", 5) == 0)
        return find_path(endpoints, text + 5, err);
    if (text[0] == '/')
        return find_path(endpoints, text, err);
    return address_parse(text, default_port, &address, err) && find_host(endpoints, &address, err);
}

void endpoints_release(struct endpoints *endpoints)
{
    if (endpoints->found != NULL)
        freeaddrinfo(endpoints->found);
    *endpoints = (struct endpoints){0};
}

const struct sockaddr *endpoints_next(struct endpoints *endpoints, socklen_t *length)
{
    const struct addrinfo *next = endpoints->next;

    if (endpoints->path_is_next) {
        endpoints->path_is_next = false;
        *length = sizeof(endpoints->path);
        return (const struct sockaddr *)&endpoints->path;
    }
    if (next == NULL)
        return NULL;
    endpoints->next = next->ai_next;
    *length = next->ai_addrlen;
    return next->ai_addr;
}
