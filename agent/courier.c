#include "agent/courier.h"

#include "agent/base/arena.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/store_archive.h"
#include "agent/store_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_DAY INT64_C(86400)
#define US_PER_DAY      (SECONDS_PER_DAY * US_PER_SECOND)
#define FIRST_PAUSE_S   60
#define LONGEST_PAUSE_S 3600
#define LEAST_PAUSE_MS  1000
/* So that an endpoint that is blocked costs a firewall's log no more, by the hour at most. */
#define MOST_TRIES_A_DAY 24

struct courier {
    struct loop *loop;
    struct store *store;
    struct permitted now; /* its settings NULL: not configured yet */
    bool may_send;
    struct delivery *delivery; /* NULL: no try is in flight */
    struct loop_timer *timer;
    struct store_courier memory;
    int64_t asked_to_wait_us; /* wall time that a Retry-After named; not in the store */
    unsigned waiting;
    struct str said;
    void (*changed)(void *arg); /* whoever watches; NULL: nobody */
    void *changed_arg;
};

int64_t courier_pause_ms(unsigned tries, int64_t failing_s, double random)
{
    int64_t cap = FIRST_PAUSE_S;
    double pause_ms;

    /* From the second day on once a day, a tenth of it sooner or later. */
    if (failing_s >= SECONDS_PER_DAY)
        return (int64_t)((double)SECONDS_PER_DAY * 1000 * (0.9 + 0.2 * random));
    for (unsigned i = 1; i < tries && cap < LONGEST_PAUSE_S; i++)
        cap *= 2;
    pause_ms = (double)(cap < LONGEST_PAUSE_S ? cap : LONGEST_PAUSE_S) * 1000 * random;
    return pause_ms > LEAST_PAUSE_MS ? (int64_t)pause_ms : LEAST_PAUSE_MS;
}

static void look(void *arg);

static void look_soon(struct courier *courier)
{
    loop_timer_cancel(courier->timer);
    courier->timer = loop_after(courier->loop, 0, look, courier);
}

static void look_at(struct courier *courier, int64_t wall_us)
{
    loop_timer_cancel(courier->timer);
    courier->timer = loop_at(courier->loop, wall_us, look, courier);
}

/* The agent goes on without its memory: at worst it tries sooner after a restart. */
static void remember(struct courier *courier)
{
    struct error err;

    if (!store_courier_keep(courier->store, &courier->memory, &err))
        log_error("delivery", "when to try again could not be kept: %s", err.text);
}

/* ---- What came of a try ---- */

static void went_well(struct courier *courier)
{
    if (courier->memory.failing_since_us != 0)
        log_info("delivery", "the endpoint takes pings again, after %u tries that failed",
                 courier->memory.tries);
    courier->memory = (struct store_courier){0};
    str_clear(&courier->said);
}

static void went_wrong(struct courier *courier, const struct delivery_result *result)
{
    struct store_courier *memory = &courier->memory;
    int64_t now = now_wall_us(), failing_s;
    double random = (double)arc4random() / (double)UINT32_MAX;

    if (memory->failing_since_us == 0 || memory->failing_since_us > now) {
        memory->failing_since_us = now;
        log_warning("delivery", "%s It is tried again later, quietly.", result->said);
    }
    memory->tries++;
    failing_s = (now - memory->failing_since_us) / US_PER_SECOND;
    memory->next_try_us = now + courier_pause_ms(memory->tries, failing_s, random) * 1000;
    courier->asked_to_wait_us = result->wait_s > 0 ? now + result->wait_s * US_PER_SECOND : 0;
    if (memory->next_try_us < courier->asked_to_wait_us)
        memory->next_try_us = courier->asked_to_wait_us;
}

/* A ping that is refused is in quarantine; the endpoint itself does well. */
static void tried(const struct delivery_result *result, void *arg)
{
    struct courier *courier = arg;

    delivery_free(courier->delivery);
    courier->delivery = NULL;
    str_clear(&courier->said);
    if (result->end == DELIVERY_DEFERRED)
        went_wrong(courier, result);
    else
        went_well(courier);
    if (result->end == DELIVERY_REJECTED)
        log_warning("delivery", "%s", result->said);
    if (result->end != DELIVERY_SENT)
        str_add(&courier->said, result->said);
    remember(courier);
    look_soon(courier);
}

/* ---- The next try ---- */

static void begin(struct courier *courier, const struct store_ping *ping)
{
    courier->delivery =
        delivery_start(courier->loop, courier->now.settings, courier->store, ping, tried, courier);
}

/* When the next try may be, at `now` or later. */
static bool settle_moment(struct courier *courier, int64_t now, int64_t *when, struct error *err)
{
    struct store_courier *memory = &courier->memory;
    unsigned tries = 0;

    *when = memory->next_try_us > now ? memory->next_try_us : now;
    /* A clock that was set back must not stop it for longer than any pause. */
    if (*when > now + 8 * US_PER_DAY)
        *when = now;
    if (memory->tries == 0 || *when > now)
        return true;
    /* Those of a clock that was ahead are none of this day. */
    if (!store_tries_within(courier->store, now - US_PER_DAY, now, &tries, err))
        return false;
    if (tries >= MOST_TRIES_A_DAY)
        *when = memory->next_try_us = now + LONGEST_PAUSE_S * US_PER_SECOND;
    return true;
}

static bool withhold(const struct courier *courier, const struct store_ping *ping,
                     struct error *err)
{
    if (!store_ping_withhold(courier->store, ping->id, err))
        return false;
    log_warning("delivery",
                "ping %s, number %" PRId64 ", is not sent but kept here: it was sealed when more "
                "was permitted than now",
                ping->id, ping->seq);
    return true;
}

/* The oldest that waits and may leave; those before it may not. */
static bool find_next(struct courier *courier, struct arena *arena, struct store_ping *ping,
                      bool *found, struct error *err)
{
    bool permitted = false;

    while (!permitted) {
        if (!store_ping_waiting(courier->store, arena, ping, &courier->waiting, found, err))
            return false;
        if (!*found)
            return true;
        if (!permitted_ping(&courier->now, courier->store, ping, &permitted, err) ||
            (!permitted && !withhold(courier, ping, err)))
            return false;
    }
    return true;
}

static bool take_next(struct courier *courier, struct arena *arena, struct error *err)
{
    int64_t now = now_wall_us(), when;
    struct store_ping ping;
    bool found;

    if (!find_next(courier, arena, &ping, &found, err) || !settle_moment(courier, now, &when, err))
        return false;
    if (!found)
        return true;
    if (when > now)
        look_at(courier, when);
    else
        begin(courier, &ping);
    return true;
}

static void look(void *arg)
{
    struct courier *courier = arg;
    struct arena *arena;
    struct error err;

    courier->timer = NULL;
    if (courier->delivery != NULL || courier->now.settings == NULL || !courier->may_send ||
        courier->now.settings->endpoint == NULL)
        return;
    arena = arena_new();
    if (!take_next(courier, arena, &err)) {
        log_error("delivery", "what is to be sent cannot be read: %s", err.text);
        str_clear(&courier->said);
        str_add(&courier->said, err.text);
        look_at(courier, now_wall_us() + LONGEST_PAUSE_S * US_PER_SECOND);
    }
    arena_free(arena);
    if (courier->changed != NULL)
        courier->changed(courier->changed_arg);
}

/* ---- From outside ---- */

struct courier *courier_new(struct loop *loop, struct store *store)
{
    struct courier *courier = memory_alloc(sizeof(*courier));
    struct error err;

    *courier = (struct courier){.loop = loop, .store = store};
    str_init(&courier->said);
    if (!store_courier(store, &courier->memory, &err))
        log_error("delivery", "when to try again is not known: %s", err.text);
    return courier;
}

void courier_free(struct courier *courier)
{
    if (courier == NULL)
        return;
    loop_timer_cancel(courier->timer);
    delivery_free(courier->delivery);
    str_release(&courier->said);
    free(courier);
}

void courier_configure(struct courier *courier, const struct permitted *now, bool may_send)
{
    /* A try with the old settings, or without consent, is not finished. */
    delivery_free(courier->delivery);
    courier->delivery = NULL;
    courier->now = *now;
    courier->may_send = may_send;
    look_soon(courier);
}

void courier_wake(struct courier *courier)
{
    courier->memory.next_try_us = courier->asked_to_wait_us;
    look_soon(courier);
}

void courier_watch(struct courier *courier, void (*changed)(void *arg), void *arg)
{
    courier->changed = changed;
    courier->changed_arg = arg;
}

struct courier_status courier_status(const struct courier *courier)
{
    return (struct courier_status){
        .waiting = courier->waiting,
        .next_try_us = courier->waiting > 0 ? courier->memory.next_try_us : 0,
        .failing_since_us = courier->memory.failing_since_us,
        .said = courier->said.length > 0 ? courier->said.text : NULL,
        .trying = courier->delivery != NULL,
    };
}
