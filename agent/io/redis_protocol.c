#include "agent/io/redis_protocol.h"

#include "agent/base/memory.h"

#include <hiredis/hiredis.h>

#include <stdlib.h>
#include <string.h>

/* What no sane answer reaches; beyond it the server is not trusted with this machine's memory. */
#define LARGEST_TEXT ((size_t)64 << 20)
#define MOST_ITEMS   (1 << 20)

struct redis_reader {
    struct redisReader *reader;
    const char *fault;
};

/* What hiredis calls to make replies of what it reads. */

static struct redis_reply *parent_of(const redisReadTask *task)
{
    return task->parent != NULL ? task->parent->obj : NULL;
}

static void *text_read(const redisReadTask *task, char *text, size_t length)
{
    enum redis_kind kind = task->type == REDIS_REPLY_ERROR ? REDIS_FAULT : REDIS_TEXT;

    return redis_reply_text(kind, text, length, parent_of(task), task->idx);
}

static void *list_read(const redisReadTask *task, int count)
{
    bool sane = count <= MOST_ITEMS;

    return sane ? redis_reply_list((size_t)count, parent_of(task), task->idx) : NULL;
}

static void *integer_read(const redisReadTask *task, long long integer)
{
    return redis_reply_integer(integer, parent_of(task), task->idx);
}

static void *nil_read(const redisReadTask *task)
{
    return redis_reply_nil(parent_of(task), task->idx);
}

static void reply_dropped(void *reply)
{
    redis_reply_free(reply);
}

static redisReplyObjectFunctions makers = {text_read, list_read, integer_read, nil_read,
                                           reply_dropped};

struct redis_reader *redis_reader_new(void)
{
    struct redis_reader *reader = memory_alloc(sizeof(*reader));

    reader->reader = redisReaderCreateWithFunctions(&makers);
    if (reader->reader == NULL)
        memory_exhausted();
    return reader;
}

void redis_reader_free(struct redis_reader *reader)
{
    if (reader == NULL)
        return;
    redisReaderFree(reader->reader);
    free(reader);
}

void redis_reader_feed(struct redis_reader *reader, const void *bytes, size_t length)
{
    if (redisReaderFeed(reader->reader, bytes, length) != REDIS_OK)
        memory_exhausted();
}

struct redis_reply *redis_reader_next(struct redis_reader *reader)
{
    void *reply = NULL;

    if (redisReaderGetReply(reader->reader, &reply) != REDIS_OK)
        reader->fault = reader->reader->errstr;
    else if (reply == NULL && reader->reader->len > LARGEST_TEXT)
        reader->fault = "an answer of more than 64 MiB";
    return reply;
}

const char *redis_reader_fault(const struct redis_reader *reader)
{
    return reader->fault;
}

char *redis_format(int argc, const char *const *argv, const size_t *lengths, size_t *length)
{
    const char **words = memory_alloc(sizeof(*words) * (size_t)argc);
    char *bytes = NULL;
    int written;

    memcpy(words, argv, sizeof(*words) * (size_t)argc);
    written = redisFormatCommandArgv(&bytes, argc, words, lengths);
    free(words);
    if (written < 0 || bytes == NULL)
        memory_exhausted();
    *length = (size_t)written;
    return bytes;
}
