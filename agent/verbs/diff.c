#include "agent/store_archive.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/diff_show.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80 };

struct diff {
    struct verb_call *call;
    struct settings settings;
    bool json;
};

static int print(struct str *out, bool found)
{
    (void)fwrite(out->text, 1, out->length, stdout);
    str_release(out);
    return found ? EXIT_FOUND : EXIT_DONE;
}

static size_t width(void)
{
    return terminal_width(STDOUT_FILENO, USUAL_WIDTH);
}

/* ---- Definitions ---- */

/* Who may not read the state folder may still ask the agent. */
static int ask_changes(const struct diff *diff, const struct error *why)
{
    static const struct beside_question question = {"GET", "/v1/changes", NULL};
    struct beside_answer answer;
    enum beside how = beside_ask(diff->call, &diff->settings, &question, &answer);
    size_t count;
    struct str out;

    if (how == BESIDE_NOBODY)
        return verb_failed(EXIT_UNREACHABLE, "%s", why->text);
    if (how != BESIDE_ANSWERED)
        return beside_failed(how, &answer);
    str_init(&out);
    if (!diff_write_told(answer.body, answer.length, width(), &out, &count)) {
        str_release(&out);
        return verb_failed(EXIT_UNREACHABLE, "The running agent tells nothing of definitions.");
    }
    if (diff->json) {
        str_clear(&out);
        str_add_bytes(&out, answer.body, answer.length);
    }
    return print(&out, count > 0);
}

static int show_changes(const struct diff *diff, const struct approvals *approvals,
                        const struct approval_changes *changes)
{
    struct str out;

    str_init(&out);
    if (diff->json)
        diff_write_changes_json(changes, &out);
    else
        diff_write_changes(changes, diff->call->arena, width(), &out);
    if (!approvals_exist(approvals))
        verb_say(diff->call, "Nothing was approved yet, so nothing is held. 'service-ping consent "
                             "on' or 'service-ping accept --all' approves what is in force now.");
    else if (changes->count == 0)
        verb_say(diff->call, "All definitions are as they were approved.");
    return print(&out, changes->count > 0);
}

static int compare_definitions(struct diff *diff, const struct approvals *approvals)
{
    struct approval_changes changes = {0};
    struct catalog catalog;
    struct store *store;
    struct error err;
    bool done;

    if (!verb_catalog(diff->call, &diff->settings, &catalog))
        return EXIT_SETTINGS;
    store = permission_store(&diff->settings, &err);
    if (store == NULL && err.kind != ERROR_NONE)
        verb_say(diff->call, "What changed definitions said before cannot be read: %s", err.text);
    done = approvals_compare(approvals, store, &catalog, diff->call->arena, &changes, &err);
    store_close(store);
    if (!done)
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    return show_changes(diff, approvals, &changes);
}

static int diff_definitions(struct diff *diff)
{
    struct error err;
    struct approvals *approvals = approvals_read(diff->settings.state, &err);
    int code;

    if (approvals == NULL)
        return err.kind == ERROR_DENIED ? ask_changes(diff, &err)
                                        : verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    approvals_trust(approvals, diff->settings.accepted);
    code = compare_definitions(diff, approvals);
    approvals_free(approvals);
    return code;
}

/* ---- Pings ---- */

static bool is_plain(const char *which)
{
    return which[0] != '\0' && strspn(which, "0123456789abcdefABCDEF-") == strlen(which);
}

static int ask_ping(const struct diff *diff, const char *which, const struct error *why,
                    struct difference_bytes *bytes)
{
    struct beside_question question = {.method = "GET"};
    struct beside_answer answer;
    enum beside how;

    if (!is_plain(which))
        return verb_failed(EXIT_USAGE, "'%s' is no ping's id or number.", which);
    question.path = arena_format(diff->call->arena, "/v1/pings/%s", which);
    how = beside_ask(diff->call, &diff->settings, &question, &answer);
    if (how == BESIDE_NOBODY)
        return verb_failed(EXIT_UNREACHABLE, "%s", why->text);
    if (how != BESIDE_ANSWERED)
        return beside_failed(how, &answer);
    *bytes = (struct difference_bytes){answer.body, answer.length};
    return EXIT_DONE;
}

static int find_ping(const struct diff *diff, struct store *store, const char *which,
                     struct difference_bytes *bytes)
{
    struct store_ping ping;
    struct error err;

    if (!store_ping_find(store, which, diff->call->arena, &ping, &err))
        return verb_failed(err.kind == ERROR_MISSING ? EXIT_USAGE : EXIT_UNREACHABLE, "%s",
                           err.text);
    *bytes = (struct difference_bytes){ping.bytes, ping.length};
    return EXIT_DONE;
}

static int get_pings(const struct diff *diff, struct difference_bytes bytes[2])
{
    struct error err;
    struct store *store = permission_store(&diff->settings, &err);
    int code = EXIT_DONE;

    if (store == NULL && err.kind == ERROR_NONE)
        return verb_failed(EXIT_USAGE, "There are no pings yet: %s is empty.",
                           diff->settings.state);
    for (int i = 0; i < 2 && code == EXIT_DONE; i++)
        code = store != NULL ? find_ping(diff, store, diff->call->argv[i], &bytes[i])
                             : ask_ping(diff, diff->call->argv[i], &err, &bytes[i]);
    store_close(store);
    return code;
}

static int diff_pings(const struct diff *diff)
{
    struct arena *arena = diff->call->arena;
    struct difference_bytes bytes[2] = {0};
    struct ping_difference found;
    struct js_writer writer;
    struct error err;
    struct str out;
    int code = get_pings(diff, bytes);

    if (code != EXIT_DONE)
        return code;
    if (!difference_of_pings(bytes[0], bytes[1], arena, &found, &err))
        return verb_failed(EXIT_UNREACHABLE, "The pings cannot be compared: %s.", err.text);
    str_init(&out);
    if (diff->json) {
        js_begin(&writer, &out, true);
        difference_write_json(&found, &writer);
        str_add_char(&out, '\n');
    } else {
        diff_write_pings(&found, arena, width(), &out);
    }
    return print(&out, found.count > 0);
}

int verb_diff(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct diff diff = {.call = call};

    diff.json = format != NULL && strcmp(format, "json") == 0;
    if (!verb_arguments(call, 0, 2))
        return EXIT_USAGE;
    if (call->argc == 1)
        return verb_failed(EXIT_USAGE, "'diff' compares two pings: give both, by their numbers or "
                                       "the beginnings of their ids.");
    if (!verb_settings(call, &diff.settings))
        return EXIT_SETTINGS;
    return call->argc == 0 ? diff_definitions(&diff) : diff_pings(&diff);
}
