#include "agent/base/json.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/diff_show.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/seal.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LISTED = 20 };

struct accepting {
    struct verb_call *call;
    struct settings settings;
    struct catalog catalog;
    struct approvals_choice choice; /* empty: all */
};

/* ---- What is meant ---- */

static bool read_choice(struct accepting *accepting)
{
    struct verb_call *call = accepting->call;
    struct approvals_choice *choice = &accepting->choice;
    bool all = verb_option(call, "--all") != NULL;
    bool any = call->argc > 0;
    const char *name;

    while ((name = verb_option(call, "--category")) != NULL) {
        enum data_category which;

        any = true;
        /* The table of options has let in nothing else. */
        if (data_category_from_name(name, &which))
            choice->categories[which] = true;
    }
    choice->globs = (const char *const *)call->argv;
    choice->glob_count = (size_t)call->argc;
    if (any != all)
        return true;
    (void)verb_failed(EXIT_USAGE, any ? "'--all' goes without key paths and categories."
                                      : "Say what to accept: key paths or patterns of them, "
                                        "'--category NAME', or '--all'; 'service-ping diff' shows "
                                        "what there is.");
    return false;
}

/* ---- What came of it ---- */

static void print_accepted(const struct approval_changes *accepted)
{
    for (size_t i = 0; i < accepted->count && i < MOST_LISTED; i++)
        (void)printf("%-8s %s\n", approval_change_name(&accepted->changes[i]),
                     accepted->changes[i].key_path);
    if (accepted->count > MOST_LISTED)
        (void)printf("... and %zu more\n", accepted->count - MOST_LISTED);
}

static int print_count(const struct accepting *accepting, size_t count)
{
    (void)printf("Accepted %s.\n",
                 figure_of(accepting->call->arena, count, "definition", "definitions"));
    return EXIT_DONE;
}

static int print_nothing(const struct accepting *accepting, const struct approval_changes *left)
{
    struct arena *arena = accepting->call->arena;
    const char *list = "";

    if (left->count == 0 && accepting->choice.glob_count > 0)
        return verb_failed(EXIT_FOUND, "Nothing was accepted: all definitions are as they were "
                                       "approved.");
    if (left->count == 0) {
        verb_say(accepting->call, "Nothing waits: all definitions are as they were approved.");
        return EXIT_DONE;
    }
    for (size_t i = 0; i < left->count && i < MOST_LISTED; i++)
        list = arena_format(arena, "%s\n  %-8s %s", list, approval_change_name(&left->changes[i]),
                            left->changes[i].key_path);
    if (left->count > MOST_LISTED)
        list = arena_format(arena, "%s\n  ... and %zu more", list, left->count - MOST_LISTED);
    return verb_failed(EXIT_FOUND, "Nothing of what waits is meant by that. What waits:%s", list);
}

/* What waits, as far as it can be seen from here: the agent owns the store, not the file. */
static int say_nothing_accepted(const struct accepting *accepting)
{
    struct approvals *approvals = permission_approvals(&accepting->settings);
    struct approval_changes left = {0};
    struct error err;
    int code;

    if (approvals_compare(approvals, NULL, &accepting->catalog, accepting->call->arena, &left,
                          &err))
        code = print_nothing(accepting, &left);
    else
        code = verb_failed(EXIT_FOUND, "%s", err.text);
    approvals_free(approvals);
    return code;
}

/* ---- By the running agent ---- */

static const char *question_of(const struct accepting *accepting)
{
    const struct approvals_choice *choice = &accepting->choice;
    bool all = choice->glob_count == 0;
    struct js_writer writer;
    const char *body;
    struct str out;

    str_init(&out);
    js_begin(&writer, &out, false);
    js_open_object(&writer, NULL);
    js_open_list(&writer, "categories");
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (choice->categories[i])
            js_put_text(&writer, NULL, data_category_name((enum data_category)i));
        all = all && !choice->categories[i];
    }
    js_close_list(&writer);
    js_open_list(&writer, "key_paths");
    for (size_t i = 0; i < choice->glob_count; i++)
        js_put_text(&writer, NULL, choice->globs[i]);
    js_close_list(&writer);
    if (all)
        js_put_flag(&writer, "all", true);
    js_close_object(&writer);
    body = arena_copy(accepting->call->arena, out.text);
    str_release(&out);
    return body;
}

static int take_answer(const struct accepting *accepting, const struct beside_answer *answer)
{
    struct error err;
    struct js_value *root = js_parse(answer->body, answer->length, &err);
    int64_t count = js_integer(js_get(root, "accepted"));

    js_free(root);
    return count > 0 ? print_count(accepting, (size_t)count) : say_nothing_accepted(accepting);
}

/* ---- By itself ---- */

static int accept_with(const struct accepting *accepting, struct store *store,
                       struct approvals *approvals)
{
    const struct approvals_work work = {approvals, store, &accepting->catalog,
                                        accepting->call->arena};
    struct approval_changes accepted = {0};
    struct error err;

    if (!approvals_accept_chosen(&work, &accepting->choice, &accepted, &err))
        return verb_failed(err.kind == ERROR_REFUSED ? EXIT_FOUND : EXIT_UNREACHABLE,
                           "Nothing was accepted: %s", err.text);
    if (accepted.count == 0)
        return say_nothing_accepted(accepting);
    print_accepted(&accepted);
    return print_count(accepting, accepted.count);
}

static int accept_here(const struct accepting *accepting)
{
    struct approvals *approvals;
    struct error err;
    int code = EXIT_DONE;
    struct store *store = seal_open_store(&accepting->settings, &code);

    if (store == NULL)
        return code;
    approvals = approvals_read(accepting->settings.state, &err);
    if (approvals == NULL) {
        code = verb_failed(EXIT_UNREACHABLE, "Nothing was accepted: %s", err.text);
    } else {
        approvals_trust(approvals, accepting->settings.accepted);
        code = accept_with(accepting, store, approvals);
    }
    approvals_free(approvals);
    store_close(store);
    return code;
}

int verb_accept(struct verb_call *call)
{
    struct accepting accepting = {.call = call};
    struct beside_question question = {.method = "POST", .path = "/v1/accept"};
    struct beside_answer answer;
    enum beside how;

    if (!read_choice(&accepting) || !verb_arguments(call, 0, call->argc))
        return EXIT_USAGE;
    if (!verb_settings(call, &accepting.settings) ||
        !verb_catalog(call, &accepting.settings, &accepting.catalog))
        return EXIT_SETTINGS;
    question.body = question_of(&accepting);
    how = beside_ask(call, &accepting.settings, &question, &answer);
    if (how == BESIDE_NOBODY)
        return accept_here(&accepting);
    return how == BESIDE_ANSWERED ? take_answer(&accepting, &answer) : beside_failed(how, &answer);
}
