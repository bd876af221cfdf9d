#include "agent/io/redis_reply.h"

#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct redis_reply {
    enum redis_kind kind;
    int64_t integer;
    size_t length; /* of the text, or the number of items */
    struct redis_reply *parent;
    struct redis_reply **items; /* holds NULL where the list is not read yet */
    char text[];
};

/* How error replies begin. What stands nowhere here is REFUSED. */
static const struct {
    const char *begins;
    enum error_kind kind;
} faults[] = {
    {"NOPERM ", ERROR_DENIED},           {"NOAUTH ", ERROR_DENIED},
    {"WRONGPASS ", ERROR_DENIED},        {"DENIED ", ERROR_DENIED}, /* protected mode */
    {"LOADING ", ERROR_UNAVAILABLE},     {"BUSY ", ERROR_UNAVAILABLE},
    {"MASTERDOWN ", ERROR_UNAVAILABLE},  {"TRYAGAIN ", ERROR_UNAVAILABLE},
    {"CLUSTERDOWN ", ERROR_UNAVAILABLE}, {"ERR max number of clients", ERROR_UNAVAILABLE},
    {"UNBLOCKED ", ERROR_UNAVAILABLE}, /* a master became a replica */
};

/* One allocation each, so that a large text is copied once, and no page is cleared for it first. */
static struct redis_reply *reply_new(enum redis_kind kind, size_t room, struct redis_reply *parent,
                                     int index)
{
    struct redis_reply *reply = memory_resize(NULL, sizeof(*reply) + room + 1);

    *reply = (struct redis_reply){.kind = kind, .parent = parent};
    reply->text[0] = '\0';
    if (parent != NULL)
        parent->items[index] = reply;
    return reply;
}

struct redis_reply *redis_reply_nil(struct redis_reply *parent, int index)
{
    return reply_new(REDIS_NIL, 0, parent, index);
}

struct redis_reply *redis_reply_integer(int64_t integer, struct redis_reply *parent, int index)
{
    struct redis_reply *reply = reply_new(REDIS_INTEGER, 0, parent, index);

    reply->integer = integer;
    return reply;
}

struct redis_reply *redis_reply_list(size_t count, struct redis_reply *parent, int index)
{
    struct redis_reply *reply = reply_new(REDIS_LIST, 0, parent, index);

    reply->items = memory_alloc(sizeof(struct redis_reply *) * count);
    reply->length = count;
    return reply;
}

struct redis_reply *redis_reply_text(enum redis_kind kind, const char *text, size_t length,
                                     struct redis_reply *parent, int index)
{
    struct redis_reply *reply = reply_new(kind, length, parent, index);

    memcpy(reply->text, text, length);
    reply->text[length] = '\0';
    reply->length = length;
    return reply;
}

/* Goes down to the last item and frees on the way up. */
void redis_reply_free(struct redis_reply *root)
{
    struct redis_reply *reply = root;

    while (reply != NULL) {
        struct redis_reply *last = NULL, *parent = reply != root ? reply->parent : NULL;

        if (reply->kind == REDIS_LIST && reply->length > 0) {
            last = reply->items[--reply->length];
            reply = last != NULL ? last : reply;
            continue;
        }
        free(reply->items);
        free(reply);
        reply = parent;
    }
}

bool redis_reply_fault(const struct redis_reply *reply, struct error *err)
{
    enum error_kind kind = ERROR_REFUSED;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (strncmp(reply->text, faults[i].begins, strlen(faults[i].begins)) == 0)
            kind = faults[i].kind;
    }
    return error_set(err, kind, "Redis says: %s", reply->text);
}

enum redis_kind redis_kind(const struct redis_reply *reply)
{
    return reply->kind;
}

int64_t redis_integer(const struct redis_reply *reply)
{
    return reply->integer;
}

const char *redis_text(const struct redis_reply *reply, size_t *length)
{
    bool has_text = reply->kind == REDIS_TEXT || reply->kind == REDIS_FAULT;

    if (length != NULL)
        *length = has_text ? reply->length : 0;
    return reply->text;
}

size_t redis_count(const struct redis_reply *list)
{
    return list->kind == REDIS_LIST ? list->length : 0;
}

const struct redis_reply *redis_at(const struct redis_reply *list, size_t index)
{
    return list->items[index];
}
