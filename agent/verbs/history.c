#include "agent/verbs/archive.h"
#include "agent/verbs/archive_show.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

struct history {
    struct archive_list list;
    struct store_ping_line *lines;
    const char **faults;
};

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static void take_line(const struct store_ping_line *line, void *arg)
{
    struct history *history = arg;
    struct archive_list *list = &history->list;
    struct store_ping_line *copy;

    history->lines = arena_grow(list->arena, history->lines, list->count, sizeof(*copy));
    list->lines = history->lines;
    copy = &history->lines[list->count++];
    *copy = *line;
    copy->last_said = copy_or_null(list->arena, line->last_said);
    copy->receipt = copy_or_null(list->arena, line->receipt);
}

static void take_fault(const char *sentence, void *arg)
{
    struct history *history = arg;
    struct archive_list *list = &history->list;

    history->faults =
        arena_grow(list->arena, history->faults, list->fault_count, sizeof(history->faults[0]));
    list->faults = history->faults;
    history->faults[list->fault_count++] = arena_copy(list->arena, sentence);
}

static bool read_store(struct store *store, struct history *history, struct error *err)
{
    if (!store_pings(store, SIZE_MAX >> 1, take_line, history, err))
        return false;
    return !history->list.verified || store_verify(store, take_fault, history, err);
}

static void print(const struct history *history, bool json)
{
    struct str out;

    str_init(&out);
    if (json)
        archive_write_json(&history->list, &out);
    else if (history->list.verified)
        archive_write_faults(&history->list, &out);
    else
        archive_write_table(&history->list, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

int verb_history(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct history history = {.list.arena = call->arena};
    bool json = format != NULL && strcmp(format, "json") == 0;
    struct settings settings;
    struct store *store;
    struct error err;
    int code;

    history.list.verified = verb_option(call, "--verify") != NULL;
    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    store = archive_open(&settings, &code);
    if (store != NULL && !read_store(store, &history, &err))
        code = archive_failed(&err);
    store_close(store);
    if (code != EXIT_DONE)
        return code;
    if (history.list.count == 0)
        verb_say(call, "There is no ping yet in %s.", settings.state);
    if (history.list.count > 0 || json)
        print(&history, json);
    return history.list.fault_count > 0 ? EXIT_FOUND : EXIT_DONE;
}
