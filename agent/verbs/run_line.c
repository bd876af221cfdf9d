#include "agent/verbs/run_line.h"

#include "agent/verbs/figures.h"

#include <time.h>

static const char *moment(struct arena *arena, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm utc = {0};
    char text[64];

    if (seconds == 0)
        return "never";
    (void)gmtime_r(&when, &utc);
    (void)strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M UTC", &utc);
    return arena_copy(arena, text);
}

static const char *doing(const struct daemon_status *status, struct arena *arena)
{
    const struct run_progress *progress = &status->progress;

    if (status->state == DAEMON_IDLE)
        return arena_format(arena, "next collection %s", moment(arena, status->next_run));
    return arena_format(arena, "collecting: %s of %s metrics",
                        figure_count(arena, (int64_t)progress->answered),
                        figure_count(arena, (int64_t)progress->metrics));
}

const char *run_line(const struct daemon_status *status, struct arena *arena)
{
    const char *held =
        status->held > 0
            ? arena_format(arena, "; %s held", figure_of(arena, status->held, "metric", "metrics"))
            : "";

    return arena_format(arena, "%s; consent %s; %s waiting%s%s%s", doing(status, arena),
                        consent_name(status->consent.mode),
                        figure_of(arena, status->courier.waiting, "ping", "pings"), held,
                        status->trouble != NULL ? "; " : "",
                        status->trouble != NULL ? status->trouble : "");
}
