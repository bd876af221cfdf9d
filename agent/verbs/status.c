#include "agent/base/clock.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/status_show.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"
#include "agent/web/page_data.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

struct asked {
    struct verb_call *call;
    struct settings settings;
    const char *json; /* the document; NULL: nobody has one */
};

/* ---- Without an agent ---- */

/* What is approved, with the policy; NULL: it cannot be read, and all is held. */
static struct approvals *read_approvals(const struct settings *settings)
{
    struct error err;
    struct approvals *approvals = approvals_read(settings->state, &err);

    if (approvals == NULL)
        (void)verb_failed(EXIT_FOUND, "%s", err.text);
    else
        approvals_trust(approvals, settings->accepted);
    return approvals;
}

/* With bad definitions there is still something to tell. */
static void load_catalog(const struct asked *asked, struct catalog *catalog)
{
    const struct settings *settings = &asked->settings;
    struct complaints complaints;

    *catalog = (struct catalog){0};
    complaints_init(&complaints, asked->call->arena);
    if (catalog_load(settings->definitions, settings->definition_count, asked->call->sources,
                     asked->call->arena, catalog, &complaints))
        return;
    *catalog = (struct catalog){0};
    verb_say(asked->call, "The definitions have %s: 'service-ping check' lists them.",
             figure_of(asked->call->arena, complaints.count, "fault", "faults"));
}

static bool write_from(struct asked *asked, struct store *store, const struct catalog *catalog,
                       const struct approvals *approvals, struct error *err)
{
    struct consent consent;
    struct page_data data = {
        .settings = &asked->settings,
        .catalog = catalog,
        .store = store,
        .approvals = approvals,
        .consent = &consent,
        .now_us = now_wall_us(),
    };
    struct str text;
    bool done;

    if (!consent_read(store, &asked->settings, &consent, err))
        return false;
    str_init(&text);
    done = page_write_status(&data, asked->call->arena, &text, err);
    asked->json = arena_copy(asked->call->arena, text.text);
    str_release(&text);
    return done;
}

static int ask_store(struct asked *asked)
{
    struct approvals *approvals;
    struct catalog catalog;
    struct store *store;
    struct error err;
    int code;

    load_catalog(asked, &catalog);
    store = archive_open(&asked->settings, &code);
    if (store == NULL)
        return code;
    approvals = read_approvals(&asked->settings);
    if (!write_from(asked, store, &catalog, approvals, &err))
        code = archive_failed(&err);
    approvals_free(approvals);
    store_close(store);
    return code;
}

/* ---- With one ---- */

static int ask(struct asked *asked)
{
    static const struct beside_question question = {.method = "GET", .path = "/v1/status"};
    struct beside_answer answer;
    enum beside how = beside_ask(asked->call, &asked->settings, &question, &answer);

    if (how == BESIDE_ANSWERED) {
        asked->json = answer.body;
        return EXIT_DONE;
    }
    if (how != BESIDE_NOBODY)
        (void)beside_failed(how, &answer);
    return ask_store(asked);
}

/* ---- Printing ---- */

static int print_text(const struct asked *asked)
{
    struct arena *arena = asked->call->arena;
    const char *state = asked->settings.state;
    struct status_shown shown = {
        .arena = arena,
        .told_by = arena_format(arena, "the store in %s", state),
        .width = terminal_width(STDOUT_FILENO, USUAL_WIDTH),
    };
    struct js_value *status;
    struct error err;
    struct stat info;
    struct str out;

    if (stat(arena_format(arena, "%s/service-ping.db", state), &info) == 0) {
        shown.state = state;
        shown.state_bytes = (size_t)info.st_size;
    }
    status = js_parse(asked->json, strlen(asked->json), &err);
    if (status == NULL)
        return verb_failed(EXIT_UNREACHABLE, "The agent's status cannot be read: %s.", err.text);
    shown.status = status;
    str_init(&out);
    status_write(&shown, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    js_free(status);
    return EXIT_DONE;
}

int verb_status(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    bool json = format != NULL && strcmp(format, "json") == 0;
    struct asked asked = {.call = call};
    int code;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &asked.settings))
        return EXIT_SETTINGS;
    code = ask(&asked);
    if (code != EXIT_DONE)
        return code;
    if (asked.json == NULL)
        verb_say(call, "Nothing was collected yet: there is no store in %s.", asked.settings.state);
    if (asked.json != NULL && !json)
        return print_text(&asked);
    if (json)
        (void)fputs(asked.json != NULL ? asked.json : "null\n", stdout);
    return EXIT_DONE;
}
