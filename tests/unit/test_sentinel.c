/* The search for a master, played as scripts of what the sentinels and the master say. */
#include "agent/io/sentinel.h"

#include "tests/support/test.h"

#include "agent/base/str.h"

#include <stdio.h>
#include <string.h>

/*
 * A script has a letter for each answer: to a question 1 or 2 (the master at that address is
 * named), - (unreachable), t (timeout), ? (knows no such name), p (wrong password); to a connection
 * y (it is the master), n (it is none), p (wrong password). What was done is written down as: aN
 * for asking the sentinel N, cN for connecting to N, w for a pause, ! for giving up.
 */
static const struct {
    const char *name, *script, *done, *error;
} cases[] = {
    {"the first sentinel knows it", "1y", "a0 c1", ""},
    {"an unreachable one is passed over", "-1y", "a0 a1 c1", ""},
    {"two are passed over", "-t1y", "a0 a1 a2 c1", ""},
    {"one that knows no such name is passed over", "?1y", "a0 a1 c1", ""},
    {"a wrong password is passed over", "p1y", "a0 a1 c1", ""},
    {"the next one knows better than a stale one", "1n2y", "a0 c1 a1 c2", ""},
    {"a master that failed is not tried twice in a round", "1n12y", "a0 c1 a1 a2 c2", ""},
    {"in the next round it is", "1n111y", "a0 c1 a1 a2 w a0 c1", ""},
    {"after a round without any comes a pause", "---2y", "a0 a1 a2 w a0 c2", ""},
    {"a failover takes a few rounds", "1n111n111n12y", "a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 c2",
     ""},
    {"who was right is asked first the next time", "-1y1y", "a0 a1 c1 | a1 c1", ""},
    {"and then the ones after it, around", "-1y--2y", "a0 a1 c1 | a1 a2 a0 c2", ""},
    {"the patience ends after a whole round", "---------------",
     "a0 a1 a2 w a0 a1 a2 w a0 a1 a2 w a0 a1 a2 w a0 a1 a2 !", "unavailable: silent"},
    {"it is longer while a failover may be under way", "1n111n111n111n111n111n11---2y",
     "a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w "
     "a0 a1 a2 !",
     "unavailable: silent"},
    {"and ends as well", "1n111n111n111n111n111n111n111n111n111n111n111n111n11",
     "a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w "
     "a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w a0 c1 a1 a2 w "
     "a0 c1 a1 a2 !",
     "unavailable: The master that a sentinel names cannot be used: none"},
    {"a late round is the last one", "tttttt", "a0 a1 a2 w a0 a1 a2 !", "timeout: late"},
    {"what nobody knows, nobody will know soon", "???", "a0 a1 a2 !", "invalid: unknown"},
    {"who knows it not says more than who is silent", "?--", "a0 a1 a2 !", "invalid: unknown"},
    {"even when silence came first", "-?-", "a0 a1 a2 !", "invalid: unknown"},
    {"a wrong password needs the operator", "ppp", "a0 a1 a2 !", "denied: password"},
    {"the master's wrong password needs the operator", "1p11", "a0 c1 a1 a2 !",
     "denied: The master that a sentinel names cannot be used: password"},
    {"the master's trouble says more than the sentinels'", "1p?-", "a0 c1 a1 a2 !",
     "denied: The master that a sentinel names cannot be used: password"},
    {"another master may still take us", "1p2y", "a0 c1 a1 c2", ""},
};

struct play {
    struct sentinel sentinel;
    const char *script; /* what is left of it */
    int64_t now_us;
    struct str done;
    char error[600];
    bool over; /* found, or given up */
};

static void set_error(char answer, struct error *err)
{
    static const struct {
        char answer;
        enum error_kind kind;
        const char *text;
    } errors[] = {
        {'-', ERROR_UNAVAILABLE, "silent"}, {'t', ERROR_TIMEOUT, "late"},
        {'?', ERROR_INVALID, "unknown"},    {'p', ERROR_DENIED, "password"},
        {'n', ERROR_UNAVAILABLE, "none"},
    };

    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        if (errors[i].answer == answer)
            (void)error_set(err, errors[i].kind, "%s", errors[i].text);
    }
    assert_int_not_equal(err->kind, ERROR_NONE);
}

/* Asking takes no time, but for a timeout. */
static void answer_question(struct play *play)
{
    char answer = *play->script++, port[2] = {answer, '\0'};
    struct error err = {.kind = ERROR_NONE};

    str_add_format(&play->done, "a%s", sentinel_asked(&play->sentinel));
    if (answer == '1' || answer == '2') {
        sentinel_named(&play->sentinel, "m", port);
        return;
    }
    if (answer == 't')
        play->now_us += 200000;
    set_error(answer, &err);
    sentinel_refused(&play->sentinel, &err);
}

static void answer_connection(struct play *play)
{
    char answer = *play->script++;
    struct error err = {.kind = ERROR_NONE};

    str_add_format(&play->done, "c%s", sentinel_master(&play->sentinel) + strlen("m:"));
    play->over = answer == 'y';
    if (play->over) {
        sentinel_found(&play->sentinel);
        return;
    }
    set_error(answer, &err);
    sentinel_lost(&play->sentinel, &err);
}

static void give_up(struct play *play)
{
    const struct error *err = sentinel_error(&play->sentinel);

    str_add(&play->done, "!");
    (void)snprintf(play->error, sizeof(play->error), "%s: %s", error_kind_name(err->kind),
                   err->text);
    play->over = true;
}

static void take_step(struct play *play)
{
    if (play->done.length > 0)
        str_add(&play->done, " ");
    switch (sentinel_next(&play->sentinel, play->now_us)) {
    case SENTINEL_ASK:
        answer_question(play);
        break;
    case SENTINEL_CONNECT:
        answer_connection(play);
        break;
    case SENTINEL_WAIT:
        str_add(&play->done, "w");
        play->now_us += INT64_C(1000) * SENTINEL_PAUSE_MS;
        break;
    case SENTINEL_GIVE_UP:
        give_up(play);
        break;
    }
}

/* What follows a master that was found is another search, after that one was lost. */
static void play_script(size_t i)
{
    static const char *const addresses[] = {"0", "1", "2"};
    struct play play = {.script = cases[i].script};

    str_init(&play.done);
    sentinel_init(&play.sentinel, addresses, COUNT_OF(addresses));
    while (*play.script != '\0') {
        if (play.done.length > 0)
            str_add(&play.done, " |");
        sentinel_begin(&play.sentinel, play.now_us, 1000);
        play.over = false;
        while (!play.over)
            take_step(&play);
        if (play.error[0] != '\0')
            break;
    }
    assert_string_equal(play.done.text, cases[i].done);
    assert_string_equal(play.error, cases[i].error);
    str_release(&play.done);
}

static void scripts_lead_where_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        print_message("# %s\n", cases[i].name);
        play_script(i);
    }
}

static void addresses_are_written_as_people_write_them(void **state)
{
    static const struct {
        const char *host, *port, *address;
    } hosts[] = {
        {"10.0.0.1", "6379", "10.0.0.1:6379"},
        {"redis.example", "1", "redis.example:1"},
        {"fd00::1", "6379", "[fd00::1]:6379"},
        {"::1", "65535", "[::1]:65535"},
    };
    static const char *const addresses[] = {"0"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct sentinel sentinel;

        sentinel_init(&sentinel, addresses, 1);
        assert_string_equal(sentinel_master(&sentinel), "");
        sentinel_begin(&sentinel, 0, 1000);
        assert_int_equal(sentinel_next(&sentinel, 0), SENTINEL_ASK);
        sentinel_named(&sentinel, hosts[i].host, hosts[i].port);
        assert_int_equal(sentinel_next(&sentinel, 0), SENTINEL_CONNECT);
        assert_string_equal(sentinel_master(&sentinel), hosts[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_lead_where_they_should),
        cmocka_unit_test(addresses_are_written_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
