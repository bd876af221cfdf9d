/* How wide what people look at is. */
#ifndef AGENT_VERBS_TERMINAL_H
#define AGENT_VERBS_TERMINAL_H

#include <stddef.h>

/* The columns of the terminal that this file descriptor writes to, `usual` if it does not tell;
 * 0 if it is a pipe or a file, whose lines may be as long as they like. */
size_t terminal_width(int fd, size_t usual);

#endif
