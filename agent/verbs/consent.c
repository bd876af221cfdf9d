#include "agent/consent.h"

#include "agent/base/json.h"
#include "agent/base/owner.h"
#include "agent/delivery.h"
#include "agent/verbs/beside.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/paragraph.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/seal.h"
#include "agent/verbs/terminal.h"
#include "agent/verbs/verbs.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80, LONGEST = 1000 };

/* One answer, or the question after it. */
struct answering {
    struct verb_call *call;
    struct settings settings;
    struct catalog catalog; /* of an answer `on` alone */
    enum consent_mode mode;
    bool categories[CATEGORY_COUNT];
    bool categories_named, sure;
    char by[64]; /* who answers */
};

static void say(const char *text)
{
    struct str out;

    str_init(&out);
    paragraph_add(text, 0, terminal_width(STDOUT_FILENO, USUAL_WIDTH), &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

/* ---- How it stands ---- */

static void say_approvals(const struct answering *answering, const struct approvals *approvals)
{
    struct arena *arena = answering->call->arena;
    size_t approved, held = approvals_held(approvals, &answering->catalog);

    (void)approvals_list(approvals, &approved);
    if (!approvals_exist(approvals))
        say("Definitions: none was approved yet, so none is held.");
    else if (held == 0)
        say(arena_format(arena, "Definitions: %s approved, none is held.",
                         figure_count(arena, (int64_t)approved)));
    else
        say(arena_format(arena,
                         "Definitions: %s approved; %s, which 'service-ping diff' shows and "
                         "'service-ping accept' accepts.",
                         figure_count(arena, (int64_t)approved),
                         figure_of(arena, held, "is held", "are held")));
}

static void say_definitions(const struct answering *answering)
{
    struct arena *arena = answering->call->arena;
    const struct settings *settings = &answering->settings;
    const char *policy = consent_categories_text(settings->accepted, arena);
    struct error err;
    struct approvals *approvals = approvals_read(settings->state, &err);

    if (approvals == NULL) {
        say(arena_format(arena, "Definitions: %s.", err.text));
        return;
    }
    approvals_trust(approvals, settings->accepted);
    say_approvals(answering, approvals);
    if (policy[0] != '\0')
        say(arena_format(arena, "Approved by themselves (`accept` of the settings): %s.", policy));
    approvals_free(approvals);
}

static void say_who_decides(const struct answering *answering, const struct consent *consent)
{
    if (consent->mode_by == CONSENT_BY_SETTINGS)
        say(arena_format(answering->call->arena,
                         "The settings decide: `consent: %s` stands there%s, and no answer of this "
                         "verb changes it.",
                         consent_name(consent_of_settings(&answering->settings)),
                         consent->not_tracked ? ", which DO_NOT_TRACK makes `local`" : ""));
    if (consent->categories_by == CONSENT_BY_SETTINGS)
        say("The settings decide: `categories` stands there, and no answer of this verb "
            "changes it.");
    if (consent->mode_by == CONSENT_BY_NOBODY)
        say("'service-ping preview' shows what would be sent; 'service-ping consent on', 'local' "
            "or 'off' answers.");
}

/* What the running agent goes by: its own environment, and the settings that it has read. NULL:
 * none answers, which is told on stderr if one runs. */
static const char *ask_agent(const struct answering *answering)
{
    static const struct beside_question question = {"GET", "/v1/status", NULL};
    struct arena *arena = answering->call->arena;
    struct beside_answer answer;
    enum beside how = beside_ask(answering->call, &answering->settings, &question, &answer);
    const char *words = NULL;
    struct error ignored;
    struct js_value *root;

    if (how == BESIDE_REFUSED || how == BESIDE_FAILED)
        (void)beside_failed(how, &answer);
    if (how != BESIDE_ANSWERED)
        return NULL;
    root = js_parse(answer.body, answer.length, &ignored);
    if (js_text(js_get(js_get(root, "consent"), "words")) != NULL)
        words = figure_plain(arena, js_text(js_get(js_get(root, "consent"), "words")), LONGEST);
    js_free(root);
    return words;
}

/* Two environments, or settings that the agent has not read yet, are no contradiction. */
static void say_words(const struct answering *answering, const char *agents, const char *own)
{
    say(agents != NULL ? agents : own);
    if (agents != NULL && strcmp(agents, own) != 0)
        say(arena_format(answering->call->arena,
                         "So the running agent says, which goes by its own environment and by the "
                         "settings that it read last. By those of this command it would be: %s",
                         own));
}

static int say_state(struct answering *answering)
{
    struct consent consent;
    const char *agents;
    struct error err;

    if (!verb_settings(answering->call, &answering->settings))
        return EXIT_SETTINGS;
    agents = ask_agent(answering);
    if (!permission_find(&answering->settings, &consent, &err)) {
        /* Who may not read the state folder may still ask the agent. */
        if (agents == NULL)
            return permission_failed(&err);
        say(agents);
        return EXIT_DONE;
    }
    say_words(answering, agents, consent_words(&consent, answering->call->arena));
    say_who_decides(answering, &consent);
    if (!verb_catalog(answering->call, &answering->settings, &answering->catalog))
        return EXIT_SETTINGS;
    say_definitions(answering);
    return EXIT_DONE;
}

/* ---- What an answer means ---- */

static void add_category(const struct answering *answering, enum data_category which,
                         const bool permitted[CATEGORY_COUNT], struct str *out)
{
    const struct catalog *catalog = &answering->catalog;
    size_t count = 0;

    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->metrics[i]->category == which)
            count++;
    str_add_format(out, "  %-13s %6s%s\n", data_category_name(which),
                   figure_count(answering->call->arena, (int64_t)count),
                   permitted[which] ? "" : "  not permitted: neither collected nor sent");
}

static void permitted_now(const struct answering *answering, bool permitted[CATEGORY_COUNT])
{
    struct settings settings = answering->settings;

    permission_assume(&settings);
    (void)memcpy(permitted,
                 answering->categories_named ? answering->categories : settings.categories,
                 sizeof(settings.categories));
}

static const char *where_to(const struct answering *answering)
{
    struct arena *arena = answering->call->arena;

    if (answering->settings.endpoint == NULL)
        return "sent, as soon as an endpoint is set (endpoint.url)";
    return arena_format(arena, "sent to %s",
                        figure_url(arena, delivery_url(&answering->settings, arena)));
}

/* What `on` permits, before it is asked for. */
static void say_meaning(const struct answering *answering, bool first)
{
    struct arena *arena = answering->call->arena;
    bool permitted[CATEGORY_COUNT];
    struct str out;

    permitted_now(answering, permitted);
    say(arena_format(arena, "%s in force; with your consent they are collected and %s:",
                     figure_of(arena, answering->catalog.count, "metric is", "metrics are"),
                     where_to(answering)));
    str_init(&out);
    for (int i = 0; i < CATEGORY_COUNT; i++)
        add_category(answering, (enum data_category)i, permitted, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    if (!first)
        say_definitions(answering);
    else
        say("Their definitions are approved as they are now. What an upgrade adds or changes is "
            "held, and not collected, until you accept it. 'service-ping preview' shows "
            "everything that would be sent.");
}

/* Asked of a person only: a script that says `on` has said it. */
static bool is_sure(const struct answering *answering)
{
    char line[16] = "";

    if (answering->sure || isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return true;
    (void)fputs("Do you agree? [y/N] ", stdout);
    (void)fflush(stdout);
    return fgets(line, sizeof(line), stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

/* Whether the consent that is about to be given is the first; a file that cannot be read here, but
 * by the agent, is one. */
static bool is_first(const struct answering *answering)
{
    struct error err;
    struct approvals *approvals = approvals_read(answering->settings.state, &err);
    bool first = approvals != NULL && !approvals_exist(approvals);

    approvals_free(approvals);
    return first;
}

/* ---- Giving it ---- */

static const char *question_of(const struct answering *answering)
{
    struct js_writer writer;
    const char *body;
    struct str out;

    str_init(&out);
    js_begin(&writer, &out, false);
    js_open_object(&writer, NULL);
    if (answering->categories_named) {
        js_open_list(&writer, "categories");
        for (int i = 0; i < CATEGORY_COUNT; i++)
            if (answering->categories[i])
                js_put_text(&writer, NULL, data_category_name((enum data_category)i));
        js_close_list(&writer);
    }
    js_put_text(&writer, "mode", consent_name(answering->mode));
    js_close_object(&writer);
    body = arena_copy(answering->call->arena, out.text);
    str_release(&out);
    return body;
}

static int take_answer(const struct answering *answering, const struct beside_answer *answer)
{
    struct error ignored;
    struct js_value *root = js_parse(answer->body, answer->length, &ignored);
    const char *words = js_text(js_get(root, "consent"));

    say(words != NULL ? figure_plain(answering->call->arena, words, LONGEST)
                      : "The running agent has taken the answer.");
    js_free(root);
    return EXIT_DONE;
}

/* Approved first: what is not held by then leaves with the consent. */
static bool approve(const struct answering *answering, struct store *store, struct error *err)
{
    struct approvals *approvals = approvals_read(answering->settings.state, err);
    bool done = approvals != NULL && approvals_begin(approvals, store, &answering->catalog, err);

    approvals_free(approvals);
    return done;
}

static int give_to(const struct answering *answering, struct store *store)
{
    const struct settings *settings = &answering->settings;
    const bool *categories = answering->categories_named ? answering->categories : NULL;
    struct consent consent;
    struct error err;

    if (answering->mode == CONSENT_ON && !approve(answering, store, &err))
        return verb_failed(EXIT_UNREACHABLE, "Nothing was changed: %s", err.text);
    if (!consent_give(store, settings, answering->mode, categories, answering->by, &err) ||
        !consent_read(store, settings, &consent, &err))
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    say(consent_words(&consent, answering->call->arena));
    return EXIT_DONE;
}

static int give_here(const struct answering *answering)
{
    int code = EXIT_DONE;
    struct store *store = seal_open_store(&answering->settings, &code);

    if (store == NULL)
        return code;
    code = give_to(answering, store);
    store_close(store);
    return code;
}

/* The name of who answers, before root becomes the owner of the state folder. */
static void note_name(struct answering *answering)
{
    const char *behind = getenv("SUDO_USER");
    struct passwd entry, *user = NULL;
    char texts[1024];
    bool known = getpwuid_r(getuid(), &entry, texts, sizeof(texts), &user) == 0 && user != NULL;

    if (getuid() == 0 && behind != NULL && behind[0] != '\0')
        (void)snprintf(answering->by, sizeof(answering->by), "%s (sudo)", behind);
    else if (known)
        (void)snprintf(answering->by, sizeof(answering->by), "%s", user->pw_name);
    else
        (void)snprintf(answering->by, sizeof(answering->by), "uid %ld", (long)getuid());
}

static int give(struct answering *answering)
{
    struct verb_call *call = answering->call;
    struct beside_question question = {.method = "POST", .path = "/v1/consent"};
    struct beside_answer said;
    enum beside how;
    struct error err;

    if (answering->mode == CONSENT_ON) {
        if (!verb_catalog(call, &answering->settings, &answering->catalog))
            return EXIT_SETTINGS;
        if (!owner_enter(answering->settings.state, &err))
            return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
        say_meaning(answering, is_first(answering));
        /* Root asks as himself: the agent notes who has answered. */
        owner_leave();
        if (!is_sure(answering))
            return verb_failed(EXIT_FOUND, "Nothing was changed.");
    }
    question.body = question_of(answering);
    how = beside_ask(call, &answering->settings, &question, &said);
    if (how == BESIDE_NOBODY)
        return give_here(answering);
    return how == BESIDE_ANSWERED ? take_answer(answering, &said) : beside_failed(how, &said);
}

static void read_categories(struct answering *answering)
{
    const char *name;

    while ((name = verb_option(answering->call, "--category")) != NULL) {
        enum data_category which;

        answering->categories_named = true;
        /* The table of options has let in nothing else. */
        if (data_category_from_name(name, &which))
            answering->categories[which] = true;
    }
}

int verb_consent(struct verb_call *call)
{
    struct answering answering = {.call = call};
    const char *word = call->argc > 0 ? call->argv[0] : "status";
    bool is_answer = consent_mode_from_name(word, &answering.mode);
    struct error err;

    read_categories(&answering);
    answering.sure = verb_option(call, "--yes") != NULL;
    if (!verb_arguments(call, 0, 1))
        return EXIT_USAGE;
    if (!is_answer && strcmp(word, "status") != 0)
        return verb_failed(EXIT_USAGE, "An answer is 'on', 'local' or 'off', not '%s'.", word);
    if (!is_answer && answering.categories_named)
        return verb_failed(EXIT_USAGE, "'--category' goes with an answer: 'on', 'local' or 'off'.");
    if (!is_answer)
        return say_state(&answering);
    if (!verb_settings(call, &answering.settings))
        return EXIT_SETTINGS;
    if (!consent_may_change(&answering.settings,
                            answering.categories_named ? answering.categories : NULL, &err))
        return verb_failed(EXIT_NO_CONSENT, "Nothing was changed: %s.", err.text);
    note_name(&answering);
    return give(&answering);
}
