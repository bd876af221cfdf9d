/*
 * Where events are handed in over HTTP, for tests: settings and definitions of its own in a folder,
 * and an HTTP server on a unix socket in front of an event_desk. Its definitions have a metric of
 * every kind that counts events.
 */
#ifndef TESTS_SUPPORT_EVENT_SHOP_H
#define TESTS_SUPPORT_EVENT_SHOP_H

#include "agent/event_desk.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "tests/support/scratch.h"

struct event_shop {
    struct scratch scratch;
    struct loop *loop;
    struct arena *arena;
    struct settings settings; /* may be changed; event_desk_use then */
    struct catalog catalog;
    struct event_desk *desk;
    struct http_server *server;
    char config[128], socket[128];
};

/* Redis is at that address, which is not asked before the first event. */
void event_shop_open(struct event_shop *shop, struct loop *loop, const char *redis);

/*
 * For the agent itself (`service-ping run`) with the shop's settings, socket included: all but the
 * server, and no loop.
 */
void event_shop_prepare(struct event_shop *shop, const char *redis);
void event_shop_close(struct event_shop *shop);

#endif
