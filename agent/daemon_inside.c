#include "agent/daemon_inside.h"

#include "agent/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void daemon_changed(const struct daemon *daemon)
{
    if (daemon->changed != NULL)
        daemon->changed(daemon->changed_arg);
}

void daemon_troubled(struct daemon *daemon, enum daemon_trouble what, const char *format, ...)
{
    struct daemon_said *said = &daemon->said[what];
    char text[sizeof(said->text)];
    bool new;
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    new = said->turn == 0 || strcmp(text, said->text) != 0;
    if (!new)
        return;
    (void)memcpy(said->text, text, sizeof(text));
    said->turn = ++daemon->turn;
    log_error("agent", "%s", said->text);
    daemon_changed(daemon);
}

void daemon_untroubled(struct daemon *daemon, enum daemon_trouble what)
{
    daemon->said[what].turn = 0;
}
