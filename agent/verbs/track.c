#include "agent/base/str.h"
#include "agent/event_intake.h"
#include "agent/event_line.h"
#include "agent/io/loop.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 500, CHUNK = 64 * 1024, LONGEST_LINE = 1024 * 1024 };

/* Everything between the first and the last event of one call of the program. */
struct tracking {
    struct settings settings;
    struct catalog catalog;
    struct loop *loop;
    struct event_intake *intake;
    struct arena *arena; /* of one batch */
    struct event events[BATCH];
    size_t count;
    size_t line, recorded, refused;
    bool failed; /* the service did not take a batch: err */
    struct error err;
};

static void begin(struct tracking *tracking, const struct source_ops *writer)
{
    tracking->loop = loop_new();
    tracking->arena = arena_new();
    tracking->intake =
        event_intake_new(tracking->loop, writer, &tracking->settings, &tracking->catalog, 0);
}

static void finish(struct tracking *tracking)
{
    event_intake_free(tracking->intake);
    loop_free(tracking->loop);
    arena_free(tracking->arena);
}

static void recorded(size_t count, const bool *lost, const struct error *err, void *arg)
{
    struct tracking *tracking = arg;

    (void)lost;
    tracking->recorded += count;
    if (err != NULL) {
        tracking->failed = true;
        tracking->err = *err;
    }
    loop_stop(tracking->loop);
}

static void record_batch(struct tracking *tracking)
{
    if (tracking->count > 0 && !tracking->failed) {
        event_intake_record(tracking->intake, tracking->events, tracking->count, recorded,
                            tracking);
        loop_run(tracking->loop);
    }
    tracking->count = 0;
    arena_reset(tracking->arena);
}

static void refuse(struct tracking *tracking, const struct error *err)
{
    tracking->refused++;
    (void)fprintf(stderr, "stdin:%zu: %s\n", tracking->line,
                  figure_plain(tracking->arena, err->text, sizeof(err->text)));
}

static void take_line(struct tracking *tracking, const char *text, size_t length)
{
    struct event *event = &tracking->events[tracking->count];
    struct error err;

    tracking->line++;
    if (strspn(text, " \t\r") >= length)
        return;
    if (!event_line_read(text, length, tracking->arena, event, &err) ||
        !event_intake_allows(tracking->intake, event, &err))
        refuse(tracking, &err);
    else if (++tracking->count == BATCH)
        record_batch(tracking);
}

/* Takes the whole lines out of 'input'; what is left is the beginning of the next one. */
static void take_lines(struct tracking *tracking, struct str *input)
{
    size_t from = 0;
    char *end;

    while (!tracking->failed &&
           (end = memchr(input->text + from, '\n', input->length - from)) != NULL) {
        *end = '\0';
        take_line(tracking, input->text + from, (size_t)(end - input->text) - from);
        from = (size_t)(end - input->text) + 1;
    }
    memmove(input->text, input->text + from, input->length - from);
    str_truncate(input, input->length - from);
}

/* What has come so far is counted before more is waited for, so that a slow writer's events are
 * not held back until 500 are together. */
static void track_stdin(struct tracking *tracking)
{
    static char chunk[CHUNK];
    struct str input;
    ssize_t got;

    str_init(&input);
    do {
        got = read(STDIN_FILENO, chunk, sizeof(chunk));
        if (got > 0)
            str_add_bytes(&input, chunk, (size_t)got);
        if (got == 0 && input.length > 0)
            str_add_char(&input, '\n');
        take_lines(tracking, &input);
        record_batch(tracking);
    } while (!tracking->failed && input.length <= LONGEST_LINE &&
             (got > 0 || (got < 0 && errno == EINTR)));
    str_release(&input);
    if (tracking->failed || got == 0)
        return;
    tracking->failed = true;
    (void)error_set(&tracking->err, ERROR_INVALID, "stdin cannot be read on after line %zu: %s",
                    tracking->line, got < 0 ? strerror(errno) : "the next line is too long");
}

/* "NAME=VALUE" is a text, "NAME:=VALUE" a number. */
static bool add_set(struct arena *arena, struct event *event, const char *given, struct error *err)
{
    const char *sign = strchr(given, '=');
    struct event_property property = {0};
    size_t length;

    if (sign == NULL || sign == given)
        return error_set(err, ERROR_INVALID, "'--set' needs NAME=VALUE after it, not '%s'.", given);
    length = (size_t)(sign - given);
    property.is_number = given[length - 1] == ':';
    property.name = arena_copy_bytes(arena, given, length - (property.is_number ? 1 : 0));
    property.text = sign + 1;
    return event_line_add(event, arena, &property, err);
}

static bool read_options(struct verb_call *call, struct event *event, struct error *err)
{
    static const struct {
        const char *option, *name;
        bool is_number;
    } usual[] = {
        {"--label", "label", false}, {"--property", "property", false}, {"--value", "value", true}};
    const char *set;

    event->user = verb_option(call, "--user");
    event->project = verb_option(call, "--project");
    event->namespace = verb_option(call, "--namespace");
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        struct event_property property = {.name = usual[i].name, .is_number = usual[i].is_number};

        property.text = verb_option(call, usual[i].option);
        if (property.text != NULL && !event_line_add(event, call->arena, &property, err))
            return false;
    }
    while ((set = verb_option(call, "--set")) != NULL)
        if (!add_set(call->arena, event, set, err))
            return false;
    return true;
}

static void track_one(struct tracking *tracking, const struct event *event)
{
    if (!event_intake_allows(tracking->intake, event, &tracking->err)) {
        tracking->refused++;
        (void)verb_failed(EXIT_FOUND, "%s", tracking->err.text);
        return;
    }
    tracking->events[tracking->count++] = *event;
    record_batch(tracking);
}

static int print_result(const struct tracking *tracking)
{
    enum error_kind kind = tracking->err.kind;
    bool unreachable = kind == ERROR_UNAVAILABLE || kind == ERROR_TIMEOUT;

    (void)printf("recorded %zu %s, refused %zu\n", tracking->recorded,
                 tracking->recorded == 1 ? "event" : "events", tracking->refused);
    if (tracking->failed)
        return verb_failed(unreachable ? EXIT_UNREACHABLE : EXIT_FOUND, "%s", tracking->err.text);
    return tracking->refused > 0 ? EXIT_FOUND : EXIT_DONE;
}

int verb_track(struct verb_call *call)
{
    bool from_stdin = verb_option(call, "--stdin") != NULL;
    const struct source_ops *writer = event_intake_writer(call->sources);
    struct tracking tracking = {0};
    struct event event = {0};
    int code;

    if (!from_stdin && !read_options(call, &event, &tracking.err))
        return verb_failed(EXIT_USAGE, "%s", tracking.err.text);
    if (!verb_arguments(call, from_stdin ? 0 : 1, from_stdin ? 0 : 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &tracking.settings) ||
        !verb_catalog(call, &tracking.settings, &tracking.catalog))
        return EXIT_SETTINGS;
    if (writer == NULL)
        return verb_failed(EXIT_FOUND, "This build has no source that counts events.");
    event.name = from_stdin ? NULL : call->argv[0];
    begin(&tracking, writer);
    if (from_stdin)
        track_stdin(&tracking);
    else
        track_one(&tracking, &event);
    code = print_result(&tracking);
    finish(&tracking);
    return code;
}
