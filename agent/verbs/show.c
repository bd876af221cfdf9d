#include "agent/store_memory.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/archive_show.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

struct showing {
    struct arena *arena;
    struct store *store;
    struct store_ping ping;
    const char *trouble; /* why its bytes cannot be had; NULL: they can */
    struct store_ping_line line;
    struct store_attempt *attempts;
    size_t attempt_count;
    struct archive_counts counts;
};

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static void take_line(const struct store_ping_line *line, void *arg)
{
    struct showing *showing = arg;

    if (strcmp(line->ping.id, showing->ping.id) != 0)
        return;
    showing->line = *line;
    showing->line.last_said = copy_or_null(showing->arena, line->last_said);
    showing->line.receipt = copy_or_null(showing->arena, line->receipt);
}

static void take_attempt(const struct store_attempt *attempt, void *arg)
{
    struct showing *showing = arg;
    struct store_attempt *copy;

    showing->attempts =
        arena_grow(showing->arena, showing->attempts, showing->attempt_count, sizeof(*copy));
    copy = &showing->attempts[showing->attempt_count++];
    *copy = *attempt;
    copy->said = copy_or_null(showing->arena, attempt->said);
}

/* What is stored of its run, where the ping itself does not say. */
static void count_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct archive_counts *counts = arg;

    (void)key_path;
    counts->known = true;
    counts->total++;
    counts->of[outcome->status]++;
}

static bool read_counts(struct showing *showing, struct error *err)
{
    archive_count(showing->ping.bytes, showing->ping.length, &showing->counts);
    return showing->counts.known || store_outcomes(showing->store, showing->ping.run_id,
                                                   count_outcome, &showing->counts, err);
}

static int fail(const struct error *err)
{
    bool none_such = err->kind == ERROR_MISSING || err->kind == ERROR_INVALID;

    return none_such ? verb_failed(EXIT_FOUND, "%s.", err->text) : archive_failed(err);
}

/* A ping that was found and whose bytes are gone still has a place in the chain. */
static bool find(struct showing *showing, const char *which, struct error *err)
{
    if (store_ping_find(showing->store, which, showing->arena, &showing->ping, err))
        return true;
    if (showing->ping.id[0] == '\0')
        return false;
    showing->trouble = arena_copy(showing->arena, err->text);
    return true;
}

static int print_summary(struct showing *showing)
{
    struct archive_summary summary;
    struct store_courier courier;
    struct error err;
    struct str out;

    if (!store_pings(showing->store, SIZE_MAX >> 1, take_line, showing, &err) ||
        !store_attempts(showing->store, showing->ping.id, take_attempt, showing, &err) ||
        !read_counts(showing, &err) || !store_courier(showing->store, &courier, &err))
        return archive_failed(&err);
    summary = (struct archive_summary){
        .arena = showing->arena,
        .instance_id = store_instance_id(showing->store),
        .line = &showing->line,
        .trouble = showing->trouble,
        .counts = showing->counts,
        .attempts = showing->attempts,
        .attempt_count = showing->attempt_count,
        .next_try_us = courier.next_try_us,
    };
    str_init(&out);
    archive_write_summary(&summary, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    return EXIT_DONE;
}

static int print_bytes(const struct showing *showing)
{
    if (showing->trouble != NULL)
        return verb_failed(EXIT_FOUND, "%s.", showing->trouble);
    (void)fwrite(showing->ping.bytes, 1, showing->ping.length, stdout);
    return EXIT_DONE;
}

static int show(struct showing *showing, const char *which, bool json)
{
    struct error err;

    if (!find(showing, which, &err))
        return fail(&err);
    return json ? print_bytes(showing) : print_summary(showing);
}

int verb_show(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct showing showing = {.arena = call->arena};
    struct settings settings;
    int code;

    if (!verb_arguments(call, 1, 1))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    showing.store = archive_open(&settings, &code);
    if (showing.store == NULL)
        return code != EXIT_DONE
                   ? code
                   : verb_failed(EXIT_FOUND, "There is no ping yet in %s.", settings.state);
    code = show(&showing, call->argv[0], format != NULL && strcmp(format, "json") == 0);
    store_close(showing.store);
    return code;
}
