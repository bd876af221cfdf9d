#include "agent/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum log_level most = LEVEL_INFO;

void log_set_level(enum log_level level)
{
    most = level;
}

void log_write(enum log_level level, const char *context, const char *format, ...)
{
    static const char *const priority[] = {"<3>", "<4>", "<6>", "<7>"};
    static const char *const label[] = {"error: ", "warning: ", "", "debug: "};
    char text[1024];
    va_list args;

    if (level > most)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* A second line would stand without priority and context. */
    for (char *at = strpbrk(text, "\r\n"); at != NULL; at = strpbrk(at, "\r\n"))
        *at = ' ';
    (void)fprintf(stderr, "%s%s%s%s%s\n", getenv("JOURNAL_STREAM") != NULL ? priority[level] : "",
                  label[level], context != NULL ? context : "", context != NULL ? ": " : "", text);
}
