#include "agent/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    err->kind = kind;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return false;
}

bool error_add_context(struct error *err, const char *format, ...)
{
    char cause[sizeof(err->text)];
    va_list args;
    size_t used;

    memcpy(cause, err->text, sizeof(cause));
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof(err->text) - used, ": %.*s",
                   (int)(sizeof(err->text) - used), cause);
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
