#include "agent/verbs/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST_WIDTH = 20 };

size_t terminal_width(int fd, size_t usual)
{
    struct winsize size = {0};

    if (isatty(fd) != 1)
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col < LEAST_WIDTH)
        return usual;
    return size.ws_col;
}
