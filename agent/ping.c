#include "agent/ping.h"

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/zone.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"

#include <stdio.h>

#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

static void take_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct ping_items *items = arg;

    items->items = arena_grow(items->arena, items->items, items->count, sizeof(items->items[0]));
    items->items[items->count++] = (struct payload_item){
        .key_path = arena_copy(items->arena, key_path),
        .outcome = outcome_copy(outcome, items->arena),
    };
}

bool ping_items_read(struct store *store, int64_t run_id, struct arena *arena,
                     struct ping_items *items, struct error *err)
{
    *items = (struct ping_items){.arena = arena};
    return store_outcomes(store, run_id, take_outcome, items, err);
}

static const char *const *permitted_categories(const struct settings *settings, struct arena *arena)
{
    const char **names = ARENA_ARRAY(arena, const char *, CATEGORY_COUNT + 1);
    size_t count = 0;

    for (unsigned which = 0; which < CATEGORY_COUNT; which++)
        if (settings->categories[which])
            names[count++] = data_category_name((enum data_category)which);
    return names;
}

static struct payload_input describe(const struct store *store, const struct store_run *run,
                                     const struct settings *settings, struct arena *arena)
{
    return (struct payload_input){
        .form = settings->payload_form,
        .instance_id = store_instance_id(store),
        .recorded_at = run->recorded_at,
        .collected_in_ms = (run->finished_us - run->started_us) / 1000,
        .resumed = run->resumed,
        .time_zone = settings->time_zone,
        .zone_offset_s = zone_offset_s(settings->time_zone, run->recorded_at),
        .definitions_digest = run->definitions_digest,
        .consent = consent_name(settings->consent),
        .categories = permitted_categories(settings, arena),
        .agent_version = VERSION,
    };
}

static bool write_bytes(const struct payload_input *input, struct arena *arena,
                        struct store_ping *ping, struct error *err)
{
    struct str bytes;
    bool done;

    str_init(&bytes);
    done = payload_write(input, &bytes, err);
    if (done) {
        ping->bytes = arena_copy_bytes(arena, bytes.text, bytes.length);
        ping->length = bytes.length;
    }
    str_release(&bytes);
    return done;
}

static bool check_run(const struct store_run *run, struct error *err)
{
    if (run->finished_us == 0)
        return error_set(err, ERROR_REFUSED,
                         "the collection is not finished, or its outcomes could not all be kept; "
                         "collect again");
    if (run->ping_id[0] != '\0')
        return error_set(err, ERROR_REFUSED, "the collection is sealed already, as ping %s",
                         run->ping_id);
    return true;
}

struct gaps {
    struct arena *arena;
    struct payload_gap *items;
    size_t count;
};

static void take_gap(const struct store_gap *gap, void *arg)
{
    struct gaps *gaps = arg;

    gaps->items = arena_grow(gaps->arena, gaps->items, gaps->count, sizeof(gaps->items[0]));
    gaps->items[gaps->count++] = (struct payload_gap){
        .from = gap->from, .to = gap->to, .reason = arena_copy(gaps->arena, gap->reason)};
}

/* The outcomes, the gaps and the place in the chain; its texts are in `arena`. */
static bool gather(struct store *store, struct store_run *run, struct arena *arena,
                   struct payload_input *input, struct error *err)
{
    struct store_chain *chain = ARENA_NEW(arena, struct store_chain);
    struct gaps gaps = {.arena = arena};
    struct ping_items items;

    if (!store_ping_next(store, chain, err) ||
        !ping_items_read(store, run->id, arena, &items, err) ||
        !store_gaps_untold(store, take_gap, &gaps, err))
        return false;
    input->items = items.items;
    input->count = items.count;
    input->missed = gaps.items;
    input->missed_count = gaps.count;
    input->seq = chain->seq;
    input->previous_ping_id = chain->seq > 1 ? chain->previous_id : NULL;
    input->previous_digest = chain->seq > 1 ? chain->previous_digest : NULL;
    return true;
}

void ping_trim(struct store *store, const struct settings *settings)
{
    int64_t before_us = now_wall_us() - settings->history_days * US_PER_DAY;
    struct error err;

    if (!store_trim(store, before_us, settings->history_megabytes << 20, &err))
        log_warning("agent", "the archive could not be kept within its bounds: %s", err.text);
}

enum ping_state ping_fate(const struct store_run *run, const struct settings *settings)
{
    bool leaves = settings->consent == CONSENT_ON && settings->endpoint != NULL;

    return leaves && run->wanted ? PING_WAITING : PING_SEALED;
}

bool ping_draft(struct store *store, struct store_run *run, const struct settings *settings,
                struct arena *arena, struct store_ping *ping, struct error *err)
{
    struct payload_input input = describe(store, run, settings, arena);

    *ping = (struct store_ping){.run_id = run->id};
    return check_run(run, err) && gather(store, run, arena, &input, err) &&
           write_bytes(&input, arena, ping, err);
}

bool ping_seal(struct store *store, struct store_run *run, const struct settings *settings,
               struct arena *arena, struct store_ping *ping, struct error *err)
{
    struct payload_input input = describe(store, run, settings, arena);
    enum ping_state state = ping->state;

    *ping = (struct store_ping){.run_id = run->id, .sealed_us = now_wall_us(), .state = state};
    if (!check_run(run, err) || !gather(store, run, arena, &input, err))
        return false;
    ping->seq = input.seq;
    if (input.previous_ping_id != NULL)
        (void)snprintf(ping->previous_id, sizeof(ping->previous_id), "%s", input.previous_ping_id);
    (void)uuid_ordered(ping->sealed_us, ping->id);
    input.ping_id = ping->id;
    if (!write_bytes(&input, arena, ping, err) || !store_ping_seal(store, ping, err))
        return false;
    (void)snprintf(run->ping_id, sizeof(run->ping_id), "%s", ping->id);
    return true;
}
