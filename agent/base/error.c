#include "agent/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    char text[sizeof(err->text)] = ""; /* because an argument may be err->text */
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    memcpy(err->text, text, sizeof(text));
    err->kind = kind;
    return false;
}

bool error_add_context(struct error *err, const char *format, ...)
{
    char text[sizeof(err->text)] = "";
    va_list args;
    size_t used;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    used = strlen(text);
    (void)snprintf(text + used, sizeof(text) - used, ": %.*s", (int)(sizeof(text) - used),
                   err->text);
    memcpy(err->text, text, sizeof(text));
    return false;
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[] = {
        [ERROR_NONE] = "none",
        [ERROR_INVALID] = "invalid",
        [ERROR_UNAVAILABLE] = "unavailable",
        [ERROR_TIMEOUT] = "timeout",
        [ERROR_MISSING] = "missing",
        [ERROR_DENIED] = "denied",
        [ERROR_REFUSED] = "refused",
        [ERROR_CANCELLED] = "cancelled",
    };

    return names[kind];
}
