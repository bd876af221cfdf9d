/* What Redis answers, against the real one of with-services. */
#include "tests/support/test.h"

#include "agent/base/memory.h"
#include "tests/support/redis_desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One after the other, on one connection. */
static const struct {
    const char *name;
    const char *words[7];
    const char *says;
} answers[] = {
    {"a status", {"SET", "t:text", "some text"}, "\"OK\""},
    {"a text", {"GET", "t:text"}, "\"some text\""},
    {"a key that is not there", {"GET", "t:none"}, "nil"},
    {"an integer", {"INCR", "t:count"}, "(1)"},
    {"a large integer", {"INCRBY", "t:count", "9223372036854775806"}, "(9223372036854775807)"},
    {"a negative integer", {"DECRBY", "t:less", "5"}, "(-5)"},
    {"an empty text", {"SET", "t:empty", ""}, "\"OK\""},
    {"many keys, some of which are not there",
     {"MGET", "t:text", "t:none", "t:count", "t:empty"},
     "[\"some text\" nil \"9223372036854775807\" \"\"]"},
    {"a list", {"RPUSH", "t:list", "a", "b", "c"}, "(3)"},
    {"MGET of a key of another type", {"MGET", "t:list", "t:text"}, "[nil \"some text\"]"},
    {"the type of a key", {"TYPE", "t:list"}, "\"list\""},
    {"an empty list", {"LRANGE", "t:none", "0", "-1"}, "[]"},
    {"lists in lists",
     {"EVAL", "return {1,{'a',{},{false,{2}}},'b'}", "0"},
     "[(1) [\"a\" [] [nil [(2)]]] \"b\"]"},
    {"an error inside a list",
     {"EVAL", "return {redis.error_reply('ERR inside'),1}", "0"},
     "[!\"ERR inside\" (1)]"},
    {"a command for another type",
     {"GET", "t:list"},
     "refused: Redis says: WRONGTYPE Operation against a key holding the wrong kind of value"},
    {"an overflow",
     {"INCR", "t:count"},
     "refused: Redis says: ERR increment or decrement would overflow"},
    {"the connection still lives", {"PING"}, "\"PONG\""},
    {"it has our name", {"CLIENT", "GETNAME"}, "\"service-ping\""},
};

static void commands_get_their_answers(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        char line[256];

        print_message("# %s\n", answers[i].name);
        (void)desk_ask(&desk, answers[i].words);
        (void)snprintf(line, sizeof(line), "%s\n", answers[i].says);
        assert_string_equal(desk_await(&desk), line);
    }
    desk_close(&desk);
}

static void ten_thousand_commands_in_one_go_keep_their_order(void **state)
{
    struct desk desk;
    struct str expected;

    (void)state;
    desk_open(&desk);
    str_init(&expected);
    for (int i = 1; i <= 10000; i++) {
        (void)ASK(&desk, "INCR", "t:pipelined");
        str_add_format(&expected, "(%d)\n", i);
    }
    assert_string_equal(desk_await(&desk), expected.text);
    str_release(&expected);
    desk_close(&desk);
}

struct bytes {
    struct loop *loop;
    const char *expected;
    size_t length;
    bool equal;
};

static void compare_bytes(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct bytes *bytes = arg;
    size_t length = 0;
    const char *text = err == NULL ? redis_text(reply, &length) : NULL;

    bytes->equal = text != NULL && length == bytes->length &&
                   memcmp(text, bytes->expected, length) == 0 && text[length] == '\0';
    loop_stop(bytes->loop);
}

static void ignore(const struct redis_reply *reply, const struct error *err, void *arg)
{
    (void)reply;
    (void)err;
    (void)arg;
}

static void keys_and_values_may_hold_any_byte(void **state)
{
    static const char key[] = "t:\0\r\nkey", value[] = "\0a\r\n$5\r\n\xff\0";
    const char *set[] = {"SET", key, value}, *get[] = {"GET", key};
    const size_t set_lengths[] = {3, sizeof(key) - 1, sizeof(value) - 1};
    struct desk desk;
    struct bytes bytes;

    (void)state;
    desk_open(&desk);
    bytes = (struct bytes){desk.loop, value, sizeof(value) - 1, false};
    (void)redis_command(desk.redis, 3, set, set_lengths, ignore, NULL);
    (void)redis_command(desk.redis, 2, get, set_lengths, compare_bytes, &bytes);
    run_guarded(desk.loop);
    assert_true(bytes.equal);
    (void)ASK(&desk, "STRLEN", "t:");
    assert_string_equal(desk_await(&desk), "(0)\n");
    desk_close(&desk);
}

#define LARGE_KEYS 40
#define LARGE_SIZE 12304

/* The size of a dense HyperLogLog; each key has another content. */
static const char *large_value(int key)
{
    static char value[LARGE_SIZE + 1];

    for (int i = 0; i < LARGE_SIZE; i++)
        value[i] = (char)('!' + (key * 31 + i) % 90);
    return value;
}

static void check_large(const struct redis_reply *reply, const struct error *err, void *arg)
{
    assert_null(err);
    assert_int_equal(redis_count(reply), LARGE_KEYS);
    for (int i = 0; i < LARGE_KEYS; i++) {
        size_t length;
        const char *text = redis_text(redis_at(reply, (size_t)i), &length);

        assert_int_equal(length, LARGE_SIZE);
        assert_memory_equal(text, large_value(i), LARGE_SIZE);
    }
    loop_stop(arg);
}

static void large_answers_arrive_whole(void **state)
{
    char names[LARGE_KEYS][24];
    const char *words[LARGE_KEYS + 1] = {"MGET"};
    struct desk desk;

    (void)state;
    desk_open(&desk);
    for (int i = 0; i < LARGE_KEYS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "t:large:%d", i);
        words[i + 1] = names[i];
        (void)ASK(&desk, "SET", names[i], large_value(i));
    }
    (void)desk_await(&desk);
    for (int round = 0; round < 19; round++)
        (void)redis_command(desk.redis, LARGE_KEYS + 1, words, NULL, ignore, NULL);
    (void)redis_command(desk.redis, LARGE_KEYS + 1, words, NULL, check_large, desk.loop);
    run_guarded(desk.loop);
    desk_close(&desk);
}

static void an_absurd_answer_ends_the_connection_only(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    desk.config.timeout_ms = 60000; /* 70 MB take their time where much else goes on */
    (void)ASK(&desk, "SETRANGE", "t:absurd", "70000000", "x");
    (void)ASK(&desk, "GET", "t:absurd");
    (void)desk_await(&desk);
    assert_non_null(strstr(desk.said.text, "(70000001)\ninvalid: "));
    assert_non_null(strstr(desk.said.text, "an answer of more than 64 MiB"));
    (void)ASK(&desk, "DEL", "t:absurd");
    assert_string_equal(desk_await(&desk), "(1)\n");
    desk_close(&desk);
}

static void databases_are_kept_apart(void **state)
{
    struct desk first, other;

    (void)state;
    desk_open(&first);
    desk_open(&other);
    other.config.database = 3;
    (void)ASK(&other, "SET", "t:database", "3");
    assert_string_equal(desk_await(&other), "\"OK\"\n");
    (void)ASK(&first, "GET", "t:database");
    assert_string_equal(desk_await(&first), "nil\n");
    (void)ASK(&first, "SELECT", "3");
    (void)ASK(&first, "GET", "t:database");
    assert_string_equal(desk_await(&first), "\"OK\"\n\"3\"\n");
    desk_close(&other);
    desk_close(&first);
}

static void a_database_that_does_not_exist_is_explained(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    desk.config.database = 99;
    (void)ASK(&desk, "INCR", "t:nowhere");
    (void)ASK(&desk, "PING");
    (void)desk_await(&desk);
    assert_memory_equal(desk.said.text, "refused: Redis at ", 18);
    assert_non_null(strstr(desk.said.text, " refuses SELECT; check the number of the database: "
                                           "Redis says: ERR DB index is out of range\nrefused: "));
    desk.config.database = 0;
    (void)ASK(&desk, "EXISTS", "t:nowhere");
    assert_string_equal(desk_await(&desk), "(0)\n");
    desk_close(&desk);
}

/* Users and passwords */

static void write_secret(char path[256], const char *text, mode_t mode)
{
    FILE *file;

    (void)snprintf(path, 256, "%s/secret", getenv("TEST_DIR"));
    (void)unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const struct {
    const char *name, *user, *password, *file_text;
    mode_t mode;
    const char *get, *incr; /* what the answers begin with */
} users[] = {
    {"a user with a password file", "t-reader", NULL, "se cret\n", 0640, "\"7\"\n",
     "denied: Redis says: NOPERM "},
    {"a user with a password", "t-reader", "se cret", NULL, 0, "\"7\"\n",
     "denied: Redis says: NOPERM "},
    {"the file wins over the password", "t-reader", "wrong", "se cret", 0600, "\"7\"\n",
     "denied: Redis says: NOPERM "},
    {"a user without a password", "t-open", NULL, NULL, 0, "\"7\"\n", "(8)\n"},
    {"the default user", NULL, NULL, NULL, 0, "\"8\"\n", "(9)\n"},
    {"a wrong password", "t-reader", "guess", NULL, 0, "denied: Redis at ", "denied: Redis at "},
    {"an unknown user", "t-nobody", "se cret", NULL, 0, "denied: Redis at ", "denied: Redis at "},
    {"a password that Redis does not ask for", NULL, "needless", NULL, 0, "refused: Redis at ",
     "refused: Redis at "},
    {"a password file that all may read", "t-reader", NULL, "se cret\n", 0644,
     "denied: ", "denied: "},
};

static void play_user(struct desk *desk, size_t i)
{
    char path[256];
    const char *second;

    print_message("# %s\n", users[i].name);
    desk->config.user = users[i].user;
    desk->config.password = users[i].password;
    if (users[i].file_text != NULL) {
        write_secret(path, users[i].file_text, users[i].mode);
        desk->config.password_file = path;
    }
    (void)ASK(desk, "GET", "t:acl");
    (void)ASK(desk, "INCR", "t:acl");
    (void)desk_await(desk);
    assert_memory_equal(desk->said.text, users[i].get, strlen(users[i].get));
    second = strchr(desk->said.text, '\n') + 1;
    assert_memory_equal(second, users[i].incr, strlen(users[i].incr));
}

static void users_may_what_their_rules_say(void **state)
{
    struct desk admin;

    (void)state;
    desk_open(&admin);
    (void)ASK(&admin, "ACL", "SETUSER", "t-reader", "on", ">se cret", "~t:*", "+get");
    (void)ASK(&admin, "ACL", "SETUSER", "t-open", "on", "nopass", "~*", "+@all");
    (void)ASK(&admin, "SET", "t:acl", "7");
    assert_string_equal(desk_await(&admin), "\"OK\"\n\"OK\"\n\"OK\"\n");
    for (size_t i = 0; i < COUNT_OF(users); i++) {
        struct desk desk;

        desk_open(&desk);
        play_user(&desk, i);
        desk_close(&desk);
    }
    desk_close(&admin);
}

static void a_password_file_that_is_not_there_is_named(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk);
    desk.config.password_file = "/nonexistent/secret";
    (void)ASK(&desk, "PING");
    assert_memory_equal(desk_await(&desk), "missing: /nonexistent/secret: cannot open", 41);
    desk_close(&desk);
}

/* The password is read anew at each connection, so that a changed one needs no restart. */
static void a_changed_password_is_read_when_it_reconnects(void **state)
{
    struct desk admin, desk;
    char path[256];

    (void)state;
    desk_open(&admin);
    desk_open(&desk);
    (void)ASK(&admin, "ACL", "SETUSER", "t-changing", "on", ">old", "~*", "+@all");
    (void)desk_await(&admin);
    write_secret(path, "old\n", 0600);
    desk.config.user = "t-changing";
    desk.config.password_file = path;
    (void)ASK(&desk, "PING");
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    (void)ASK(&admin, "ACL", "SETUSER", "t-changing", "resetpass", ">new");
    (void)ASK(&admin, "CLIENT", "KILL", "USER", "t-changing");
    (void)desk_await(&admin);
    write_secret(path, "new\n", 0600);
    (void)ASK(&desk, "PING");
    assert_non_null(strstr(desk_await(&desk), "unavailable: The connection to Redis at "));
    (void)ASK(&desk, "PING");
    assert_string_equal(desk_await(&desk), "\"PONG\"\n");
    desk_close(&desk);
    desk_close(&admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_get_their_answers),
        cmocka_unit_test(ten_thousand_commands_in_one_go_keep_their_order),
        cmocka_unit_test(keys_and_values_may_hold_any_byte),
        cmocka_unit_test(large_answers_arrive_whole),
        cmocka_unit_test(an_absurd_answer_ends_the_connection_only),
        cmocka_unit_test(databases_are_kept_apart),
        cmocka_unit_test(a_database_that_does_not_exist_is_explained),
        cmocka_unit_test(users_may_what_their_rules_say),
        cmocka_unit_test(a_password_file_that_is_not_there_is_named),
        cmocka_unit_test(a_changed_password_is_read_when_it_reconnects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
