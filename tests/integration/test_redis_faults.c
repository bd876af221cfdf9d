/* What becomes of Redis commands when the server, the network or their owner leaves them alone. */
#include "tests/support/test.h"

#include "tests/support/fake_server.h"
#include "tests/support/redis_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Servers that are none, or say no. `says` is said to whatever comes first. */
static const struct {
    const char *name, *says;
    bool closes;
    const char *begins, *holds; /* of the answer to a PING */
} servers[] = {
    {"a server of another kind", "HTTP/1.1 400 Bad Request\r\n\r\n", true, "invalid: What answers ",
     "does not speak as Redis does (Protocol error, got \"H\""},
    {"a list without end", "*2000000\r\n", false, "invalid: What answers ", "check the address"},
    {"a list that is too deep", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
     false, "invalid: What answers ", "check the address"},
    {"a text of impossible length", "$-5\r\n", false, "invalid: What answers ",
     "check the address"},
    {"a server that hangs up", "", true,
     "unavailable: The connection to Redis at 127.0.0.1:", "broke: the other side closed it."},
    {"a server that hangs up within an answer", "+PO", true, "unavailable: The connection to Redis",
     "the other side closed it."},
    {"a server with too many clients", "-ERR max number of clients reached\r\n", true,
     "unavailable: Redis at ", "refuses CLIENT SETNAME: Redis says: ERR max number of clients"},
    {"a server in protected mode", "-DENIED Redis is running in protected mode\r\n", true,
     "denied: Redis at ", "Redis says: DENIED Redis is running in protected mode"},
    {"a server that says nothing", NULL, false,
     "timeout: Redis at 127.0.0.1:", "did not answer within 60 ms."},
    {"a server that stops after the greeting", "+OK\r\n", false,
     "timeout: Redis at 127.0.0.1:", "did not answer within 60 ms."},
    {"a server without CLIENT SETNAME", "-ERR unknown command\r\n+PONG\r\n", false, "\"PONG\"\n",
     ""},
};

static void bad_servers_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        struct fake_server *server;
        struct desk desk;
        const char *said;

        print_message("# %s\n", servers[i].name);
        desk_open(&desk);
        server = fake_server_new(desk.loop, servers[i].says, servers[i].closes);
        desk.config.address = fake_server_address(server);
        if (strncmp(servers[i].begins, "timeout", 7) == 0)
            desk.config.timeout_ms = 60;
        (void)ASK(&desk, "PING");
        said = desk_await(&desk);
        assert_memory_equal(said, servers[i].begins, strlen(servers[i].begins));
        assert_non_null(strstr(said, servers[i].holds));
        assert_non_null(strstr(fake_server_heard(server)->text, "SETNAME"));
        redis_free(desk.redis);
        desk.redis = NULL;
        fake_server_free(server);
        desk_close(&desk);
    }
}

static const struct {
    const char *name, *address, *says;
} wrong[] = {
    {"a socket that is not there", "/nonexistent/redis.sock",
     "unavailable: Cannot reach Redis at /nonexistent/redis.sock: No such file or directory; "
     "check the address and whether it runs.\n"},
    {"a file that is no socket", "unix:/dev/null",
     "unavailable: Cannot reach Redis at unix:/dev/null: Connection refused; "
     "check the address and whether it runs.\n"},
    {"a URL", "redis://localhost:6379",
     "invalid: The address \"redis://localhost:6379\" is a URL or a path; write it as "
     "host:port.\n"},
    {"an impossible port", "localhost:99999",
     "invalid: The address \"localhost:99999\" needs a port from 0 to 65535; write it as "
     "host:port.\n"},
};

static void wrong_addresses_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct desk desk;

        print_message("# %s\n", wrong[i].name);
        desk_open(&desk);
        desk.config.address = wrong[i].address;
        for (int again = 0; again < 2; again++) {
            (void)ASK(&desk, "PING");
            assert_string_equal(desk_await(&desk), wrong[i].says);
        }
        desk_close(&desk);
    }
}

static void a_refused_port_fails_all_that_wait_and_the_next_command_tries_again(void **state)
{
    char address[32], expected[512];
    struct desk desk, admin;

    (void)state;
    desk_open(&desk);
    desk_open(&admin);
    desk.config.address = free_address(address);
    (void)snprintf(expected, sizeof(expected),
                   "unavailable: Cannot reach Redis at %s: Connection refused; check the address "
                   "and whether it runs.\n",
                   address);
    (void)ASK(&desk, "PING");
    (void)ASK(&desk, "PING");
    (void)desk_await(&desk);
    assert_memory_equal(desk.said.text, expected, strlen(expected));
    assert_string_equal(desk.said.text + strlen(expected), expected);

    (void)ASK(&admin, "CONFIG", "SET", "port", strchr(address, ':') + 1);
    assert_string_equal(desk_await(&admin), "\"OK\"\n");
    (void)ASK(&desk, "PING");
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    (void)ASK(&admin, "CONFIG", "SET", "port", "0");
    (void)desk_await(&admin);
    desk_close(&admin);
    desk_close(&desk);
}

/* Where /etc/hosts has ::1 for localhost, the first address is refused and the second one taken. */
static void all_addresses_of_a_name_are_tried(void **state)
{
    char address[32], by_name[64];
    struct desk desk, admin;

    (void)state;
    desk_open(&desk);
    desk_open(&admin);
    (void)ASK(&admin, "CONFIG", "SET", "bind", "127.0.0.1");
    (void)ASK(&admin, "CONFIG", "SET", "port", strchr(free_address(address), ':') + 1);
    assert_string_equal(desk_await(&admin), "\"OK\"\n\"OK\"\n");
    (void)snprintf(by_name, sizeof(by_name), "localhost%s", strchr(address, ':'));
    desk.config.address = by_name;
    (void)ASK(&desk, "PING");
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    (void)ASK(&admin, "CONFIG", "SET", "port", "0");
    (void)desk_await(&admin);
    desk_close(&admin);
    desk_close(&desk);
}

/* Calls back inside the loop once, so that what is sent meets a connection that is ready. */
static void make_ready(struct desk *desk)
{
    (void)ASK(desk, "PING");
    assert_string_equal(desk_await(desk), "\"PONG\"\n");
}

static void kill_others(struct desk *admin)
{
    (void)ASK(admin, "CLIENT", "KILL", "TYPE", "normal");
    (void)desk_await(admin);
}

static void a_killed_connection_fails_what_is_in_flight_and_comes_back(void **state)
{
    struct desk desk, admin;

    (void)state;
    desk_open(&desk);
    desk_open(&admin);
    make_ready(&desk);
    make_ready(&admin);
    (void)ASK(&desk, "BLPOP", "f:none", "0");
    (void)ASK(&desk, "INCR", "f:killed");
    kill_others(&admin);
    (void)desk_await(&desk);
    assert_memory_equal(desk.said.text, "unavailable: The connection to Redis at /", 41);
    assert_non_null(strstr(desk.said.text, "\nunavailable: The connection to Redis at /"));
    make_ready(&desk);
    desk_close(&admin);
    desk_close(&desk);
}

struct later {
    struct desk *desk;
    const char *const *words;
};

static void ask_later(void *arg)
{
    const struct later *later = arg;

    (void)desk_ask(later->desk, later->words);
}

/* The second command is asked when the first has waited long: its own time is not over. */
static void a_command_that_takes_too_long_takes_the_connection_along(void **state)
{
    static const char *const get[] = {"GET", "f:none", NULL};
    struct desk desk;
    struct later later = {&desk, get};

    (void)state;
    desk_open(&desk);
    make_ready(&desk);
    desk.config.timeout_ms = 100;
    (void)ASK(&desk, "BLPOP", "f:none", "0");
    desk.config.timeout_ms = 10000;
    (void)loop_after(desk.loop, 10, ask_later, &later);
    (void)desk_await(&desk);
    assert_memory_equal(desk.said.text, "timeout: Redis at ", 18);
    assert_non_null(strstr(desk.said.text, "\nunavailable: The connection to Redis was closed, "
                                           "because it did not answer an earlier command in time"));
    make_ready(&desk);
    desk_close(&desk);
}

static void nobody_takes_part(const struct redis_reply *reply, const struct error *err, void *arg)
{
    (void)reply;
    (void)err;
    (void)arg;
    fail_msg("a cancelled command called back");
}

static struct redis_command *ask_silently(struct desk *desk, const char *key)
{
    return redis_command(desk->redis, 2, (const char *const[]){"INCR", key}, NULL,
                         nobody_takes_part, NULL);
}

static void what_is_cancelled_before_it_is_sent_is_never_done(void **state)
{
    struct redis_command *cancelled;
    struct desk desk;

    (void)state;
    desk_open(&desk);
    (void)ASK(&desk, "INCR", "f:unsent");
    cancelled = ask_silently(&desk, "f:unsent");
    (void)ASK(&desk, "INCR", "f:unsent");
    redis_command_cancel(cancelled);
    redis_command_cancel(NULL);
    assert_string_equal(desk_await(&desk), "(1)\n(2)\n");
    desk_close(&desk);
}

static void what_is_cancelled_after_it_is_sent_consumes_its_answer(void **state)
{
    struct redis_command *first, *third;
    struct desk desk;

    (void)state;
    desk_open(&desk);
    make_ready(&desk);
    first = ask_silently(&desk, "f:sent");
    (void)ASK(&desk, "INCR", "f:sent");
    third = ask_silently(&desk, "f:sent");
    (void)ASK(&desk, "INCR", "f:sent");
    redis_command_cancel(third);
    redis_command_cancel(first);
    assert_string_equal(desk_await(&desk), "(2)\n(4)\n");
    desk_close(&desk);
}

/* In its callback a command may cancel itself, cancel others, ask anew, and end the whole redis. */
struct meddler {
    struct desk *desk;
    struct redis_command *itself, *other;
    bool asks, frees;
};

static void meddle(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct meddler *meddler = arg;
    struct desk *desk = meddler->desk;

    redis_command_cancel(meddler->itself);
    redis_command_cancel(meddler->other);
    if (meddler->asks)
        (void)ASK(desk, "PING");
    if (meddler->frees) {
        redis_free(desk->redis);
        desk->redis = NULL;
    }
    desk_answered(reply, err, desk);
}

static void begin_meddling(struct desk *desk, struct meddler *meddler)
{
    static const char *const words[] = {"GET", "f:none"};

    desk->to_arrive++;
    meddler->desk = desk;
    meddler->itself = redis_command(desk->redis, 2, words, NULL, meddle, meddler);
    meddler->other = redis_command(desk->redis, 2, words, NULL, nobody_takes_part, NULL);
}

static void a_callback_may_cancel_and_ask(void **state)
{
    struct meddler meddler = {.asks = true};
    struct desk desk;

    (void)state;
    desk_open(&desk);
    for (int ready = 0; ready < 2; ready++) {
        str_clear(&desk.said);
        begin_meddling(&desk, &meddler);
        assert_string_equal(desk_await(&desk), "nil\n\"PONG\"\n");
    }
    desk_close(&desk);
}

static void a_callback_may_cancel_and_ask_when_all_have_failed(void **state)
{
    struct meddler meddler = {.asks = true};
    struct desk desk;
    const char *second;

    (void)state;
    desk_open(&desk);
    desk.config.address = "/nonexistent/redis.sock";
    begin_meddling(&desk, &meddler);
    second = strchr(desk_await(&desk), '\n') + 1;
    assert_memory_equal(desk.said.text, "unavailable: Cannot reach", 25);
    assert_memory_equal(second, "unavailable: Cannot reach", 25);
    desk_close(&desk);
}

static void a_callback_may_end_everything(void **state)
{
    static const char *const addresses[] = {NULL, "/nonexistent/redis.sock"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct meddler meddler = {.frees = true};
        struct desk desk;

        desk_open(&desk);
        if (addresses[i] != NULL)
            desk.config.address = addresses[i];
        begin_meddling(&desk, &meddler);
        (void)ask_silently(&desk, "f:more");
        redis_command_cancel(ask_silently(&desk, "f:more"));
        (void)ask_silently(&desk, "f:more");
        (void)desk_await(&desk);
        assert_memory_equal(desk.said.text, addresses[i] == NULL ? "nil\n" : "unavailable:",
                            addresses[i] == NULL ? 5 : 12);
        desk_close(&desk);
    }
}

static void what_is_freed_calls_nobody(void **state)
{
    static const bool ready[] = {false, true};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ready); i++) {
        struct desk desk;

        desk_open(&desk);
        if (ready[i])
            make_ready(&desk);
        (void)ask_silently(&desk, "f:freed");
        redis_command_cancel(ask_silently(&desk, "f:freed"));
        redis_free(desk.redis);
        desk.redis = NULL;
        loop_run(desk.loop);
        desk_close(&desk);
    }
    redis_free(NULL);
}

/*
 * Random lives: commands are asked, cancelled before and after they are sent, from outside and from
 * callbacks, and the connection is killed meanwhile. Whatever happens, each is answered once and in
 * the order of asking, or never if it was cancelled, and what succeeds counts upwards.
 */
#define TICKETS 120

struct life {
    struct desk desk, admin;
    unsigned seed;
    struct ticket {
        struct life *life;
        struct redis_command *command;
        enum { TICKET_FREE, TICKET_ASKED, TICKET_CANCELLED, TICKET_ANSWERED } state;
    } tickets[TICKETS];
    size_t asked, open;
    const struct ticket *newest;
    int64_t counted;
};

static unsigned roll(struct life *life, unsigned sides)
{
    life->seed = life->seed * 1103515245U + 12345U;
    return (life->seed >> 16) % sides;
}

static void cancel_any(struct life *life)
{
    struct ticket *ticket = &life->tickets[roll(life, TICKETS)];

    if (ticket->state != TICKET_ASKED)
        return;
    redis_command_cancel(ticket->command);
    ticket->state = TICKET_CANCELLED;
    life->open--;
}

static void ticket_answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct ticket *ticket = arg;
    struct life *life = ticket->life;

    assert_int_equal(ticket->state, TICKET_ASKED);
    assert_true((reply == NULL) != (err == NULL));
    assert_true(life->newest == NULL || life->newest < ticket);
    ticket->state = TICKET_ANSWERED;
    life->newest = ticket;
    life->open--;
    if (err != NULL)
        assert_int_equal(err->kind, ERROR_UNAVAILABLE);
    if (reply != NULL) {
        assert_true(redis_integer(reply) > life->counted);
        life->counted = redis_integer(reply);
    }
    if (roll(life, 4) == 0)
        cancel_any(life);
    loop_stop(life->desk.loop);
}

static void ask_ticket(struct life *life)
{
    struct ticket *ticket = &life->tickets[life->asked++];

    *ticket = (struct ticket){.life = life, .state = TICKET_ASKED};
    ticket->command = redis_command(life->desk.redis, 2, (const char *const[]){"INCR", "f:lives"},
                                    NULL, ticket_answered, ticket);
    life->open++;
}

static void take_a_step(struct life *life)
{
    unsigned step = roll(life, 20);

    if (step == 0)
        kill_others(&life->admin);
    else if (step < 4)
        cancel_any(life);
    else if (step < 9 && life->open > 0)
        run_guarded(life->desk.loop);
    else
        ask_ticket(life);
}

static void random_lives_end_well(void **state)
{
    const char *soak = getenv("SOAK");
    long lives = soak != NULL ? strtol(soak, NULL, 10) : 30;

    (void)state;
    for (long i = 0; i < lives; i++) {
        struct life *life = calloc(1, sizeof(*life));

        assert_non_null(life);
        life->seed = (unsigned)i + 1;
        desk_open(&life->desk);
        desk_open(&life->admin);
        make_ready(&life->admin);
        while (life->asked < TICKETS)
            take_a_step(life);
        while (life->open > 0)
            run_guarded(life->desk.loop);
        for (size_t j = 0; j < TICKETS; j++)
            assert_true(life->tickets[j].state >= TICKET_CANCELLED);
        desk_close(&life->admin);
        desk_close(&life->desk);
        free(life);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_servers_are_explained),
        cmocka_unit_test(wrong_addresses_are_explained),
        cmocka_unit_test(a_refused_port_fails_all_that_wait_and_the_next_command_tries_again),
        cmocka_unit_test(all_addresses_of_a_name_are_tried),
        cmocka_unit_test(a_killed_connection_fails_what_is_in_flight_and_comes_back),
        cmocka_unit_test(a_command_that_takes_too_long_takes_the_connection_along),
        cmocka_unit_test(what_is_cancelled_before_it_is_sent_is_never_done),
        cmocka_unit_test(what_is_cancelled_after_it_is_sent_consumes_its_answer),
        cmocka_unit_test(a_callback_may_cancel_and_ask),
        cmocka_unit_test(a_callback_may_cancel_and_ask_when_all_have_failed),
        cmocka_unit_test(a_callback_may_end_everything),
        cmocka_unit_test(what_is_freed_calls_nobody),
        cmocka_unit_test(random_lives_end_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
