#include "tests/support/redis_group.h"

#include "tests/support/fake_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SENTINEL_PASSWORD "watch"

static const char *port_of(const char *address)
{
    return strrchr(address, ':') + 1;
}

static void add_security(const char *port, struct str *options)
{
    str_add_format(options,
                   " --port 0 --tls-port %s --tls-cert-file %s --tls-key-file %s "
                   "--tls-ca-cert-file %s --tls-auth-clients no --tls-replication yes",
                   port, redis_extra_path("here.pem"), redis_extra_path("here.key"),
                   redis_extra_path("authority.pem"));
}

static void start_server(const struct redis_group *group, int number, struct redis_extra *extra)
{
    const char *port = port_of(group->servers[number]);
    struct str options;

    str_init(&options);
    if (group->secured)
        add_security(port, &options);
    if (number > 0)
        str_add_format(&options, " --replicaof 127.0.0.1 %s", port_of(group->servers[0]));
    if (group->secured)
        str_add(&options, " --user worker on >work ~* &* +@all -role");
    redis_extra_do(extra, "server %s-%d %s%s", group->name, number, port, options.text);
    str_release(&options);
}

static void start_sentinel(const struct redis_group *group, int number, struct redis_extra *extra)
{
    const char *port = port_of(group->sentinels[number]);
    struct str options;

    str_init(&options);
    if (group->secured) {
        add_security(port, &options);
        str_add(&options, " --requirepass " SENTINEL_PASSWORD);
    }
    redis_extra_do(extra, "sentinel %s-s%d %s %s%s", group->name, number, port,
                   port_of(group->servers[0]), options.text);
    str_release(&options);
}

void redis_group_start(struct redis_group *group, struct redis_extra *extra)
{
    group->list[0] = free_address(group->nobody);
    for (int i = 0; i < 2; i++) {
        (void)free_address(group->servers[i]);
        start_server(group, i, extra);
    }
    for (int i = 0; i < GROUP_SENTINELS; i++) {
        group->list[i + 1] = free_address(group->sentinels[i]);
        start_sentinel(group, i, extra);
    }
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static bool knows_all(struct desk *desk)
{
    (void)ASK(desk, "SENTINEL", "MASTER", "mymaster");
    (void)desk_await(desk);
    return strstr(desk->said.text, "\"num-slaves\" \"1\"") != NULL &&
           strstr(desk->said.text, "\"num-other-sentinels\" \"2\"") != NULL;
}

/* They greet each other every two seconds. */
static void await_sentinel(struct desk *desk)
{
    for (int tries = 0; !knows_all(desk); tries++) {
        if (tries == 400) {
            (void)printf("Bail out! a sentinel does not find the others: %s\n", desk->said.text);
            exit(EXIT_FAILURE);
        }
        (void)loop_after(desk->loop, 50, stop, desk->loop);
        loop_run(desk->loop);
    }
}

void redis_group_await(const struct redis_group *group)
{
    for (int i = 0; i < GROUP_SENTINELS; i++) {
        struct desk desk;

        redis_group_admin(group, group->sentinels[i], &desk);
        await_sentinel(&desk);
        desk_close(&desk);
    }
}

static void secure(struct desk *desk)
{
    desk->config.tls = true;
    desk->config.ca_file = redis_extra_path("authority.pem");
}

void redis_group_admin(const struct redis_group *group, const char *address, struct desk *desk)
{
    bool is_server =
        strcmp(address, group->servers[0]) == 0 || strcmp(address, group->servers[1]) == 0;

    desk_open(desk);
    desk->config.address = address;
    if (!group->secured)
        return;
    secure(desk);
    desk->config.password = is_server ? NULL : SENTINEL_PASSWORD;
}

static const char *sentinel_password_file(void)
{
    const char *path = redis_extra_path("sentinel-password");
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(SENTINEL_PASSWORD "\n", file) < 0 || fclose(file) != 0 ||
        chmod(path, 0600) != 0) {
        (void)printf("Bail out! cannot write %s\n", path);
        exit(EXIT_FAILURE);
    }
    return path;
}

void redis_group_master(const struct redis_group *group, struct desk *desk)
{
    desk_open(desk);
    desk->config.address = NULL;
    desk->config.sentinels = group->list;
    desk->config.sentinel_count = GROUP_SENTINELS + 1;
    desk->config.sentinel_master = "mymaster";
    if (!group->secured)
        return;
    secure(desk);
    desk->config.sentinel_password_file = sentinel_password_file();
    desk->config.user = "worker";
    desk->config.password = "work";
    desk->config.database = 3;
}
