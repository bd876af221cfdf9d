/*
 * A master, a replica and three sentinels that watch "mymaster", all real, on free ports of
 * loopback; and desks at them. A secured group speaks TLS only, its sentinels want a password, and
 * its servers know an ACL user "worker", who may do anything but ask for the role.
 */
#ifndef TESTS_SUPPORT_REDIS_GROUP_H
#define TESTS_SUPPORT_REDIS_GROUP_H

#include "tests/support/redis_desk.h"
#include "tests/support/redis_extra.h"

#define GROUP_SENTINELS 3

struct redis_group {
    const char *name;    /* of its processes: NAME-0 and NAME-1 are the servers, NAME-s0... */
    bool secured;        /* needs redis-extra's certificates */
    char servers[2][32]; /* "127.0.0.1:PORT"; at first the first one is the master */
    char sentinels[GROUP_SENTINELS][32];
    const char *list[GROUP_SENTINELS + 1]; /* where nobody listens, then the sentinels */
    char nobody[32];
};

/* `name` and `secured` are set. */
void redis_group_start(struct redis_group *group, struct redis_extra *extra);

/* Until the sentinels know each other and the replica, which a failover needs. */
void redis_group_await(const struct redis_group *group);

/* A desk at one of the group's addresses, with all rights. */
void redis_group_admin(const struct redis_group *group, const char *address, struct desk *desk);

/* A desk at the group's master, wherever that is; of a secured group as worker, in database 3. */
void redis_group_master(const struct redis_group *group, struct desk *desk);

#endif
