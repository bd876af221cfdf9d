/* A unix socket to listen on, as a file with a mode and a group. */
#ifndef AGENT_IO_UNIX_SOCKET_H
#define AGENT_IO_UNIX_SOCKET_H

#include "agent/base/error.h"

#include <stddef.h>

/*
 * The descriptor of a listening socket, without waiting; -1 on failure. Its file is 0660 and of
 * `group` (a name; NULL: the process' own) from the first moment on. What a dead process left at
 * that path is replaced; where somebody still answers, or where the path is something else, it is
 * UNAVAILABLE.
 */
int unix_socket_listen(const char *path, const char *group, struct error *err);

/*
 * Whether somebody listens there: false with MISSING if nobody does (no such file, or a dead
 * process left it), with DENIED if we may not ask, naming whose group may.
 */
MUST_CHECK bool unix_socket_knock(const char *path, struct error *err);

/* The name of the user at the other end, or "uid 123"; "" if it is no unix socket. */
void unix_socket_user(int descriptor, char *out, size_t size);

#endif
