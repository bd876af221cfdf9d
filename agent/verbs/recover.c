#include "agent/store_recover.h"
#include "agent/verbs/archive.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/table.h"
#include "agent/verbs/verbs.h"

#include <inttypes.h>
#include <stdio.h>

static void print_saved(const struct store_recovery *recovery, struct arena *arena)
{
    static const char *const titles[] = {"saved", "", "", NULL};
    struct table table;
    struct str out;

    table_begin(&table, arena, titles);
    for (size_t i = 0; i < recovery->salvaged.saved_count; i++) {
        const struct store_saved *saved = &recovery->salvaged.saved[i];
        const char *const cells[] = {
            figure_count(arena, (int64_t)saved->rows),
            saved->what,
            saved->whole ? "" : "not all could be read",
        };

        if (saved->rows > 0 || !saved->whole)
            table_add(&table, cells);
    }
    str_init(&out);
    table_write(&table, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

static void print_losses(const struct store_recovery *recovery, struct arena *arena)
{
    if (recovery->salvaged.lost > 0)
        (void)printf("%s could not be read.\n",
                     figure_of(arena, recovery->salvaged.lost, "ping", "pings"));
    if (recovery->salvaged.emptied > 0)
        (void)printf("The bytes of %s had changed: only number, id and digest were saved.\n",
                     figure_of(arena, recovery->salvaged.emptied, "ping", "pings"));
    if (recovery->salvaged.orphaned > 0)
        (void)printf(
            "%s of pings that could not be read were left out.\n",
            figure_of(arena, recovery->salvaged.orphaned, "try or receipt", "tries and receipts"));
    if (recovery->salvaged.consent_lost)
        (void)printf("The answer about consent was lost: nothing leaves until there is a new one\n"
                     "('service-ping consent', or the settings).\n");
}

static void print_recovery(const struct store_recovery *recovery, struct arena *arena)
{
    if (recovery->aside != NULL)
        (void)printf("The damaged file is kept:\n  %s\n", recovery->aside);
    (void)printf(
        "The new store is that of %s\n  %s\n\n",
        recovery->new_identity ? "a new instance:" : "the same instance:", recovery->instance_id);
    print_saved(recovery, arena);
    print_losses(recovery, arena);
    (void)printf("The next ping has number %" PRId64 ".\n", recovery->salvaged.next_seq);
}

int verb_recover(struct verb_call *call)
{
    bool new_identity = verb_option(call, "--new-identity") != NULL;
    struct store_recovery recovery;
    struct settings settings;
    struct error err;

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    if (!store_recover(settings.state, new_identity, call->arena, &recovery, &err))
        return err.kind == ERROR_REFUSED
                   ? verb_failed(EXIT_FOUND, "Nothing was changed: %s.", err.text)
                   : archive_failed(&err);
    if (recovery.sound)
        (void)printf("The store in %s is sound: nothing was changed.\n", settings.state);
    else
        print_recovery(&recovery, call->arena);
    return EXIT_DONE;
}
