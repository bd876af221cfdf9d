#include "tests/support/test.h"

#include "agent/io/redis_reply.h"

#include <string.h>

static const struct {
    const char *name, *text;
    enum error_kind kind;
} faults[] = {
    {"a command that the ACL forbids", "NOPERM this user has no permissions", ERROR_DENIED},
    {"no password given", "NOAUTH Authentication required.", ERROR_DENIED},
    {"a wrong password", "WRONGPASS invalid username-password pair", ERROR_DENIED},
    {"protected mode", "DENIED Redis is running in protected mode", ERROR_DENIED},
    {"a server that still loads", "LOADING Redis is loading the dataset", ERROR_UNAVAILABLE},
    {"a script that runs too long", "BUSY Redis is busy running a script", ERROR_UNAVAILABLE},
    {"a replica without its master", "MASTERDOWN Link with MASTER is down", ERROR_UNAVAILABLE},
    {"a slot that moves", "TRYAGAIN Multiple keys request", ERROR_UNAVAILABLE},
    {"a cluster that is down", "CLUSTERDOWN Hash slot not served", ERROR_UNAVAILABLE},
    {"too many clients", "ERR max number of clients reached", ERROR_UNAVAILABLE},
    {"a key of another type", "WRONGTYPE Operation against a key", ERROR_REFUSED},
    {"a word that only begins like a known one", "BUSYGROUP Consumer Group name", ERROR_REFUSED},
    {"anything else", "ERR unknown command", ERROR_REFUSED},
    {"nothing", "", ERROR_REFUSED},
};

static void error_replies_get_their_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        const char *text = faults[i].text;
        struct redis_reply *reply = redis_reply_text(REDIS_FAULT, text, strlen(text), NULL, 0);
        struct error err = {0};

        print_message("# %s\n", faults[i].name);
        assert_false(redis_reply_fault(reply, &err));
        assert_int_equal(err.kind, faults[i].kind);
        assert_memory_equal(err.text, "Redis says: ", 12);
        assert_string_equal(err.text + 12, text);
        redis_reply_free(reply);
    }
}

static void a_tree_is_read_and_freed_whole(void **state)
{
    struct redis_reply *root = redis_reply_list(3, NULL, 0);
    struct redis_reply *inner = redis_reply_list(2, root, 1);
    size_t length = 0;

    (void)state;
    (void)redis_reply_text(REDIS_TEXT, "a\0b", 3, root, 0);
    (void)redis_reply_integer(-7, inner, 0);
    (void)redis_reply_nil(inner, 1);
    (void)redis_reply_list(0, root, 2);

    assert_int_equal(redis_kind(root), REDIS_LIST);
    assert_int_equal(redis_count(root), 3);
    assert_memory_equal(redis_text(redis_at(root, 0), &length), "a\0b", 4);
    assert_int_equal(length, 3);
    assert_int_equal(redis_integer(redis_at(redis_at(root, 1), 0)), -7);
    assert_int_equal(redis_kind(redis_at(redis_at(root, 1), 1)), REDIS_NIL);
    assert_int_equal(redis_count(redis_at(root, 2)), 0);
    assert_int_equal(redis_count(redis_at(root, 0)), 0);
    assert_string_equal(redis_text(root, &length), "");
    assert_int_equal(length, 0);
    redis_reply_free(root);
}

static void a_list_that_is_half_read_is_freed_whole(void **state)
{
    struct redis_reply *root = redis_reply_list(4, NULL, 0);
    struct redis_reply *inner = redis_reply_list(4, root, 1);

    (void)state;
    (void)redis_reply_text(REDIS_TEXT, "x", 1, root, 0);
    (void)redis_reply_text(REDIS_TEXT, "y", 1, inner, 0);
    redis_reply_free(root);
    redis_reply_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_replies_get_their_kind),
        cmocka_unit_test(a_tree_is_read_and_freed_whole),
        cmocka_unit_test(a_list_that_is_half_read_is_freed_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
