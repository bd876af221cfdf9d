#include "agent/verbs/status_show.h"

#include "agent/verbs/figures.h"
#include "agent/verbs/paragraph.h"

#include <inttypes.h>
#include <string.h>

enum { NAME_WIDTH = 11, LONGEST = 1000 };

static void add_line(const struct status_shown *shown, struct str *out, const char *name,
                     const char *text)
{
    str_add_format(out, "%-*s", NAME_WIDTH, name);
    paragraph_add(figure_plain(shown->arena, text, LONGEST), NAME_WIDTH, shown->width, out);
}

static const char *text_of(const struct js_value *object, const char *key)
{
    return js_text(js_get(object, key));
}

/* "2026-11-21 10:04:05 UTC" of "2026-11-21T10:04:05Z"; NULL for null. */
static const char *time_of(const struct status_shown *shown, const struct js_value *object,
                           const char *key)
{
    const char *text = text_of(object, key);
    size_t day = strlen("2026-11-21");

    if (text == NULL || strlen(text) != day + strlen("T10:04:05Z"))
        return text;
    return arena_format(shown->arena, "%.*s %.*s UTC", (int)day, text, 8, text + day + 1);
}

static const char *number_of(const struct status_shown *shown, const struct js_value *object,
                             const char *key)
{
    return figure_count(shown->arena, js_integer(js_get(object, key)));
}

/* ---- The agent ---- */

static const char *doing(const struct status_shown *shown)
{
    const struct js_value *progress = js_get(shown->status, "progress");

    if (js_kind(progress) != JS_OBJECT)
        return "idle";
    return arena_format(shown->arena, "collecting: %s of %s metrics (%s %%)",
                        number_of(shown, progress, "answered"),
                        number_of(shown, progress, "metrics"),
                        number_of(shown, progress, "percent"));
}

static void write_agent(const struct status_shown *shown, struct str *out)
{
    const struct js_value *agent = js_get(shown->status, "agent");
    const char *since = time_of(shown, agent, "started_at");
    const char *version = text_of(agent, "version"), *trouble = text_of(agent, "trouble");

    if (js_flag(js_get(agent, "running")))
        add_line(shown, out, "agent",
                 arena_format(shown->arena, "%s since %s, %s", version != NULL ? version : "?",
                              since != NULL ? since : "?", doing(shown)));
    else
        add_line(shown, out, "agent",
                 arena_format(shown->arena, "none answers; this is from %s", shown->told_by));
    if (trouble != NULL)
        add_line(shown, out, "trouble", trouble);
}

static void write_identity(const struct status_shown *shown, struct str *out)
{
    const char *id = text_of(shown->status, "instance_id");
    const char *words = text_of(js_get(shown->status, "consent"), "words");

    add_line(shown, out, "instance", id != NULL ? id : "?");
    add_line(shown, out, "consent", words != NULL ? words : "?");
}

/* ---- What comes and what was ---- */

static void write_schedule(const struct status_shown *shown, struct str *out)
{
    const struct js_value *schedule = js_get(shown->status, "schedule");
    const char *next = time_of(shown, schedule, "next_run");
    const char *setting = text_of(schedule, "setting"), *zone = text_of(schedule, "time_zone");

    add_line(shown, out, "next run",
             arena_format(shown->arena, "%s (%s, %s)", next != NULL ? next : "not planned yet",
                          setting != NULL ? setting : "?", zone != NULL ? zone : "local time"));
}

struct counting {
    struct arena *arena;
    const char *text;
};

static void add_count(const char *name, const struct js_value *count, void *arg)
{
    struct counting *counting = arg;

    counting->text = arena_format(counting->arena, "%s%s%s %s", counting->text,
                                  counting->text[0] != '\0' ? ", " : "",
                                  figure_count(counting->arena, js_integer(count)), name);
}

static void write_last_run(const struct status_shown *shown, struct str *out)
{
    const struct js_value *run = js_get(shown->status, "last_run");
    struct counting counting = {.arena = shown->arena, .text = ""};
    const char *when = time_of(shown, run, "recorded_at");

    if (js_kind(run) != JS_OBJECT) {
        add_line(shown, out, "last run", "none yet");
        return;
    }
    js_members(js_get(run, "statuses"), add_count, &counting);
    add_line(shown, out, "last run",
             arena_format(shown->arena, "%s, took %s: %s", when != NULL ? when : "?",
                          figure_took(shown->arena, js_integer(js_get(run, "took_ms")) * 1000),
                          counting.text[0] != '\0' ? counting.text : "no metric"));
}

/* Did it arrive? */
static const char *fate(const struct status_shown *shown, const struct js_value *ping)
{
    const char *receipt = time_of(shown, ping, "receipt_at"), *state = text_of(ping, "state");
    int64_t tries = js_integer(js_get(ping, "attempts"));

    if (receipt != NULL)
        return arena_format(shown->arena, "it arrived, the receipt is of %s", receipt);
    if (state != NULL && strcmp(state, "rejected") == 0)
        return "the endpoint does not want it ('service-ping show' says why)";
    if (time_of(shown, ping, "withheld_at") != NULL)
        return "it is kept here: more was permitted when it was sealed than now";
    if (tries == 0)
        return state != NULL && strcmp(state, "waiting") == 0 ? "it waits to be sent"
                                                              : "it was not sent";
    return arena_format(shown->arena, "not sent after %s",
                        figure_of(shown->arena, (size_t)tries, "try", "tries"));
}

static void write_last_ping(const struct status_shown *shown, struct str *out)
{
    const struct js_value *ping = js_get(shown->status, "last_ping");
    const char *sealed = time_of(shown, ping, "sealed_at");

    if (js_kind(ping) != JS_OBJECT) {
        add_line(shown, out, "last ping", "none yet");
        return;
    }
    add_line(shown, out, "last ping",
             arena_format(shown->arena, "number %" PRId64 ", sealed %s, %s bytes; %s",
                          js_integer(js_get(ping, "seq")), sealed != NULL ? sealed : "?",
                          number_of(shown, ping, "bytes"), fate(shown, ping)));
}

/* ---- What waits ---- */

static void write_delivery(const struct status_shown *shown, struct str *out)
{
    const struct js_value *delivery = js_get(shown->status, "delivery");
    const char *endpoint = text_of(delivery, "endpoint"), *said = text_of(delivery, "said");
    const char *next = time_of(shown, delivery, "next_try");
    const char *since = time_of(shown, delivery, "failing_since");
    int64_t waiting = js_integer(js_get(delivery, "waiting"));

    add_line(shown, out, "endpoint", endpoint != NULL ? endpoint : "none is set (endpoint.url)");
    add_line(shown, out, "waiting",
             arena_format(shown->arena, "%s%s%s",
                          figure_of(shown->arena, (size_t)waiting, "ping", "pings"),
                          waiting > 0 && next != NULL ? "; next try not before " : "",
                          waiting > 0 && next != NULL ? next : ""));
    if (since != NULL)
        add_line(shown, out, "failing",
                 arena_format(shown->arena, "since %s%s%s", since, said != NULL ? ": " : "",
                              said != NULL ? said : ""));
}

static void write_rest(const struct status_shown *shown, struct str *out)
{
    const struct js_value *definitions = js_get(shown->status, "definitions");
    const struct js_value *archive = js_get(shown->status, "archive");
    int64_t held = js_integer(js_get(definitions, "held"));
    int64_t metrics = js_integer(js_get(definitions, "metrics"));

    add_line(shown, out, "in force",
             arena_format(shown->arena, "%s; %s held%s",
                          figure_of(shown->arena, (size_t)metrics, "metric", "metrics"),
                          figure_count(shown->arena, held),
                          held > 0 ? ": 'service-ping diff' shows them" : ""));
    if (shown->state != NULL)
        add_line(shown, out, "state",
                 arena_format(shown->arena, "%s in %s",
                              figure_bytes(shown->arena, shown->state_bytes), shown->state));
    add_line(shown, out, "archive",
             arena_format(shown->arena, "pings are kept for %s days, in at most %s MB",
                          number_of(shown, archive, "days"),
                          number_of(shown, archive, "megabytes")));
}

void status_write(const struct status_shown *shown, struct str *out)
{
    write_agent(shown, out);
    write_identity(shown, out);
    write_schedule(shown, out);
    write_last_run(shown, out);
    write_last_ping(shown, out);
    write_delivery(shown, out);
    write_rest(shown, out);
}
