#include "tests/support/redis_desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 9

static void hang(void *arg)
{
    (void)arg;
    (void)fputs("nothing happened for 30 s\n", stderr);
    exit(1);
}

void run_guarded(struct loop *loop)
{
    struct loop_timer *guard = loop_after(loop, 30000, hang, NULL);

    loop_run(loop);
    loop_timer_cancel(guard);
}

static void write_leaf(const struct redis_reply *reply, struct str *out)
{
    size_t length;
    const char *text = redis_text(reply, &length);

    if (redis_kind(reply) == REDIS_NIL) {
        str_add(out, "nil");
    } else if (redis_kind(reply) == REDIS_INTEGER) {
        str_add_format(out, "(%" PRId64 ")", redis_integer(reply));
    } else {
        str_add(out, redis_kind(reply) == REDIS_FAULT ? "!\"" : "\"");
        str_add_bytes(out, text, length);
        str_add_char(out, '"');
    }
}

/* Depth first without recursion: the place in each open list. */
static void write_reply(const struct redis_reply *root, struct str *out)
{
    const struct redis_reply *open[MOST_DEPTH];
    size_t at[MOST_DEPTH], depth = 0;
    const struct redis_reply *reply = root;

    while (reply != NULL) {
        if (redis_kind(reply) == REDIS_LIST) {
            str_add_char(out, '[');
            open[depth] = reply;
            at[depth++] = 0;
        } else {
            write_leaf(reply, out);
        }
        while (depth > 0 && at[depth - 1] == redis_count(open[depth - 1])) {
            str_add_char(out, ']');
            depth--;
        }
        if (depth == 0)
            break;
        if (out->text[out->length - 1] != '[')
            str_add_char(out, ' ');
        reply = redis_at(open[depth - 1], at[depth - 1]++);
    }
}

void write_answer(const struct redis_reply *reply, const struct error *err, struct str *out)
{
    if (reply != NULL)
        write_reply(reply, out);
    if (err != NULL)
        str_add_format(out, "%s: %s", error_kind_name(err->kind), err->text);
}

void desk_answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct desk *desk = arg;

    write_answer(reply, err, &desk->said);
    str_add_char(&desk->said, '\n');
    if (--desk->to_arrive == 0)
        loop_stop(desk->loop);
}

void desk_open(struct desk *desk)
{
    *desk = (struct desk){.loop = loop_new(), .config.address = getenv("TEST_REDIS")};
    if (desk->config.address == NULL) {
        (void)fputs("run this under tests/support/with-services\n", stderr);
        exit(1);
    }
    desk->redis = redis_new(desk->loop, &desk->config);
    str_init(&desk->said);
}

void desk_close(struct desk *desk)
{
    redis_free(desk->redis);
    loop_free(desk->loop);
    str_release(&desk->said);
}

struct redis_command *desk_ask(struct desk *desk, const char *const *words)
{
    int count = 0;

    while (words[count] != NULL)
        count++;
    if (desk->to_arrive++ == 0)
        str_clear(&desk->said);
    return redis_command(desk->redis, count, words, NULL, desk_answered, desk);
}

const char *desk_await(struct desk *desk)
{
    run_guarded(desk->loop);
    return desk->said.text;
}

unsigned long desk_calls_of(struct desk *desk, const char *command)
{
    char line[64];
    const char *found;

    (void)ASK(desk, "INFO", "commandstats");
    (void)snprintf(line, sizeof(line), "cmdstat_%s:calls=", command);
    found = strstr(desk_await(desk), line);
    return found != NULL ? strtoul(found + strlen(line), NULL, 10) : 0;
}
