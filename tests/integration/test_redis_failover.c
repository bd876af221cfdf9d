/* A collection goes on when the master dies or hangs in the middle of it, and the replica follows.
 */
#include "tests/support/test.h"

#include "metrics/key_reader.h"
#include "tests/support/redis_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct redis_group open_group = {.name = "open"};
static struct redis_group secured_group = {.name = "secured", .secured = true};
static struct redis_group *const groups[] = {&open_group, &secured_group};
static struct redis_extra *extra;

static int start_groups(void **state)
{
    (void)state;
    extra = redis_extra_new();
    redis_extra_do(extra, "certificates");
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        redis_group_start(groups[i], extra);
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        redis_group_await(groups[i]);
    return 0;
}

static int stop_groups(void **state)
{
    (void)state;
    redis_extra_free(extra);
    return 0;
}

#define QUESTIONS 5000 /* of one key each; many more than are asked at a time */

struct collection {
    struct desk desk;
    const struct redis_group *group;
    const char *signal; /* to the master, at the first answer; NULL: sent */
    char names[QUESTIONS][24];
    const char *keys[QUESTIONS];
    struct key_question questions[QUESTIONS];
    int answered;
    int64_t sum;
    bool ended;
};

static struct collection *collection_new(const struct redis_group *group, const char *signal)
{
    struct collection *collection = calloc(1, sizeof(*collection));

    assert_non_null(collection);
    collection->group = group;
    collection->signal = signal;
    for (int i = 0; i < QUESTIONS; i++) {
        (void)snprintf(collection->names[i], sizeof(collection->names[i]), "s:key:%d", i);
        collection->keys[i] = collection->names[i];
        collection->questions[i] =
            (struct key_question){.fold = FOLD_COUNT, .count = 1, .keys = &collection->keys[i]};
    }
    redis_group_master(group, &collection->desk);
    collection->desk.config.timeout_ms = 1000;
    return collection;
}

/* Key i is i, and the replica knows. */
static void write_keys(struct collection *collection)
{
    struct desk *desk = &collection->desk;
    char value[24];

    for (int i = 0; i < QUESTIONS; i++) {
        (void)snprintf(value, sizeof(value), "%d", i);
        (void)ASK(desk, "SET", collection->keys[i], value);
    }
    (void)ASK(desk, "WAIT", "1", "900");
    assert_non_null(strstr(desk_await(desk), "\n(1)\n"));
    assert_string_equal(redis_server(desk->redis), collection->group->servers[0]);
}

static void answered(const struct key_question *question, const struct outcome *outcome, void *arg)
{
    struct collection *collection = arg;

    (void)question;
    if (outcome->status != STATUS_OK)
        fail_msg("%s", outcome->reason);
    collection->answered++;
    collection->sum += outcome->value.count;
    if (collection->signal == NULL)
        return;
    redis_extra_do(extra, "signal %s-0 %s", collection->group->name, collection->signal);
    collection->signal = NULL;
}

static void ended(void *arg)
{
    struct collection *collection = arg;

    collection->ended = true;
    loop_stop(collection->desk.loop);
}

static void collect_through(const struct redis_group *group, const char *signal)
{
    struct collection *collection = collection_new(group, signal);
    struct desk *desk = &collection->desk;
    const struct key_listener listener = {answered, ended, collection};

    write_keys(collection);
    (void)key_reader_begin(desk->loop, desk->redis, collection->questions, QUESTIONS, &listener);
    run_guarded(desk->loop);
    assert_true(collection->ended);
    assert_int_equal(collection->answered, QUESTIONS);
    assert_int_equal(collection->sum, QUESTIONS * (QUESTIONS - 1) / 2);
    assert_string_equal(redis_server(desk->redis), group->servers[1]);
    (void)ASK(desk, "INCR", "s:written");
    assert_string_equal(desk_await(desk), "(1)\n");
    desk_close(desk);
    free(collection);
}

static void a_collection_survives_the_death_of_the_master(void **state)
{
    (void)state;
    collect_through(&open_group, "KILL");
}

/* The system still takes connections in its name. */
static void a_collection_survives_a_master_that_hangs(void **state)
{
    (void)state;
    collect_through(&secured_group, "STOP");
}

/*
 * Random lives: commands are asked, cancelled, and the connection is killed meanwhile. Each is
 * answered once and in the order of asking, or never if it was cancelled.
 */
#define TICKETS 60

struct life {
    struct desk desk, admin;
    unsigned seed;
    struct ticket {
        struct life *life;
        struct redis_command *command; /* NULL: over */
    } tickets[TICKETS];
    size_t asked, open;
    const struct ticket *newest;
};

static unsigned roll(struct life *life, unsigned sides)
{
    life->seed = life->seed * 1103515245U + 12345U;
    return (life->seed >> 16) % sides;
}

static void ticket_answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct ticket *ticket = arg;
    struct life *life = ticket->life;

    assert_non_null(ticket->command);
    assert_true((reply == NULL) != (err == NULL));
    assert_true(err == NULL || err->kind == ERROR_UNAVAILABLE);
    assert_true(life->newest == NULL || life->newest < ticket);
    ticket->command = NULL;
    life->newest = ticket;
    life->open--;
    loop_stop(life->desk.loop);
}

static void ask_ticket(struct life *life)
{
    struct ticket *ticket = &life->tickets[life->asked++];

    ticket->life = life;
    ticket->command = redis_command(life->desk.redis, 2, (const char *const[]){"INCR", "s:lives"},
                                    NULL, ticket_answered, ticket);
    life->open++;
}

static void cancel_any(struct life *life)
{
    struct ticket *ticket = &life->tickets[roll(life, TICKETS)];

    if (ticket->command == NULL)
        return;
    redis_command_cancel(ticket->command);
    ticket->command = NULL;
    life->open--;
}

static void take_a_step(struct life *life)
{
    unsigned step = roll(life, 20);

    if (step == 0) {
        (void)ASK(&life->admin, "CLIENT", "KILL", "TYPE", "normal");
        (void)desk_await(&life->admin);
    } else if (step < 4) {
        cancel_any(life);
    } else if (step < 9 && life->open > 0) {
        run_guarded(life->desk.loop);
    } else {
        ask_ticket(life);
    }
}

static void random_lives_end_well(void **state)
{
    const char *soak = getenv("SOAK");
    long lives = soak != NULL ? strtol(soak, NULL, 10) : 30;

    (void)state;
    for (long i = 0; i < lives; i++) {
        const struct redis_group *group = groups[i % (long)COUNT_OF(groups)];
        struct life life = {.seed = (unsigned)i + 1};

        redis_group_master(group, &life.desk);
        redis_group_admin(group, group->servers[1], &life.admin);
        (void)ASK(&life.admin, "PING");
        (void)desk_await(&life.admin);
        while (life.asked < TICKETS)
            take_a_step(&life);
        while (life.open > 0)
            run_guarded(life.desk.loop);
        desk_close(&life.admin);
        desk_close(&life.desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collection_survives_the_death_of_the_master),
        cmocka_unit_test(a_collection_survives_a_master_that_hangs),
        cmocka_unit_test(random_lives_end_well),
    };

    return cmocka_run_group_tests(tests, start_groups, stop_groups);
}
