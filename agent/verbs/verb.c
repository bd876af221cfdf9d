#include "agent/verbs/verb.h"

#include "agent/base/log.h"
#include "agent/base/zone.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *verb_option(struct verb_call *call, const char *name)
{
    for (size_t i = 0; i < call->given_count; i++) {
        struct verb_given *given = &call->given[i];
        const char *value = given->value;

        if (value == NULL || strcmp(given->option->name, name) != 0)
            continue;
        given->value = NULL;
        return value;
    }
    return NULL;
}

int verb_failed(enum exit_code code, const char *format, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fputs("service-ping: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return (int)code;
}

void verb_say(const struct verb_call *call, const char *format, ...)
{
    va_list args;

    if (call->quiet)
        return;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static bool refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool refuse(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)verb_failed(EXIT_USAGE, "%s", text);
    return false;
}

bool verb_arguments(struct verb_call *call, int least, int most)
{
    const char *verb = call->verb->name;

    for (size_t i = 0; i < call->given_count; i++)
        if (call->given[i].value != NULL)
            return refuse("'%s' is given more than once.", call->given[i].option->name);
    if (call->argc < least)
        return refuse("'%s' needs %s; 'service-ping %s --help' says more.", verb,
                      call->verb->arguments, verb);
    if (call->argc > most)
        return refuse("'%s' does not know what to do with '%s'; 'service-ping %s --help' says "
                      "what it takes.",
                      verb, call->argv[most], verb);
    return true;
}

/* A verb speaks for itself; what modules log is for the log of the service. */
static void set_log_level(const struct verb_call *call, enum log_level configured)
{
    enum log_level level = configured < LEVEL_WARNING ? configured : LEVEL_WARNING;

    if (call->quiet)
        level = LEVEL_ERROR;
    if (call->verbose)
        level = configured > LEVEL_INFO ? configured : LEVEL_INFO;
    log_set_level(level);
}

bool verb_settings(struct verb_call *call, struct settings *settings)
{
    const char *path = call->config != NULL ? call->config : getenv("SERVICE_PING_CONFIG");
    struct complaints complaints;

    complaints_init(&complaints, call->arena);
    if (!settings_load(path, environ, call->arena, settings, &complaints)) {
        complaints_print(&complaints, stderr);
        return false;
    }
    set_log_level(call, settings->log_level);
    if (settings->time_zone != NULL)
        zone_set(settings->time_zone);
    return true;
}

bool verb_catalog(struct verb_call *call, const struct settings *settings, struct catalog *catalog)
{
    struct complaints complaints;

    complaints_init(&complaints, call->arena);
    if (catalog_load(settings->definitions, settings->definition_count, call->sources, call->arena,
                     catalog, &complaints))
        return true;
    complaints_print(&complaints, stderr);
    (void)verb_failed(EXIT_SETTINGS, "%zu faults in the definitions; nothing was done.",
                      complaints.count);
    return false;
}
