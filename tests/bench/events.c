/*
 * Events over HTTP: how many a second one core takes, agent and Redis together, when clients post
 * them in batches of 1, 10, 50 and 500 over the unix socket, each the next when the last one is
 * answered; beside it the same commands as pipelined by a client of Redis that merges nothing.
 * None may be lost: every answer is checked, and Redis' own totals in the end. Agent and Redis are
 * pinned to one core, clients to another. Run it under with-services (make bench B=events).
 */
#include "tests/support/event_shop.h"

#include "agent/base/clock.h"
#include "agent/io/redis.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 16, EVENTS = 100000, DEPTH = 200, MOST_REQUEST = 512 * 160 };

struct figures {
    double wall_s, agent_s, redis_s;
};

struct client {
    int socket;
    size_t asked; /* events of the request in flight */
    size_t got;
    char answer[64 * 1024];
};

struct bench {
    struct loop *loop;
    struct redis_config config;
    struct redis *redis;
    struct event_shop shop;
    pid_t agent;
    long server; /* the process id of Redis */
    struct client clients[CLIENTS];
    size_t sent, answered, in_flight;
    char *request;
    char text[256]; /* the last answer of Redis */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "events: %s\n", what);
    exit(1);
}

static void pin(pid_t process, int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (sched_setaffinity(process, sizeof(set), &set) != 0)
        (void)fprintf(stderr, "events: not pinned to core %d: %s\n", core, strerror(errno));
}

/* Redis, asked by the bench itself */

static void heard(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct bench *bench = arg;
    const char *text;

    if (err != NULL)
        fail(err->text);
    text = redis_text(reply, NULL);
    if (text != NULL && strstr(text, "process_id:") != NULL)
        text = strstr(text, "process_id:") + strlen("process_id:");
    (void)snprintf(bench->text, sizeof(bench->text), "%.200s", text != NULL ? text : "");
    if (text == NULL)
        (void)snprintf(bench->text, sizeof(bench->text), "%" PRId64, redis_integer(reply));
    if (--bench->in_flight == 0)
        loop_stop(bench->loop);
}

static void ask(struct bench *bench, int argc, const char *const *argv)
{
    (void)redis_command(bench->redis, argc, argv, NULL, heard, bench);
    bench->in_flight++;
}

static const char *ask_now(struct bench *bench, const char *command, const char *argument)
{
    const char *const argv[] = {command, argument};

    ask(bench, argument != NULL ? 2 : 1, argv);
    loop_run(bench->loop);
    return bench->text;
}

/* Measuring */

static double spent_s(long process)
{
    char path[64];
    uint64_t spent_ns = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%ld/schedstat", process);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%" SCNu64, &spent_ns) != 1)
        fail("no /proc/PID/schedstat");
    (void)fclose(file);
    return (double)spent_ns / 1e9;
}

static struct figures now(const struct bench *bench)
{
    return (struct figures){
        .wall_s = (double)now_monotonic_us() / 1e6,
        .agent_s = spent_s(bench->agent > 0 ? (long)bench->agent : (long)getpid()),
        .redis_s = spent_s(bench->server),
    };
}

static void print(const char *name, struct figures before, struct figures after)
{
    double wall = after.wall_s - before.wall_s, agent = after.agent_s - before.agent_s,
           redis = after.redis_s - before.redis_s;

    (void)printf("| %-28s | %9.0f | %8.2f | %8.2f | %9.0f |\n", name, EVENTS / wall,
                 agent / EVENTS * 1e6, redis / EVENTS * 1e6, EVENTS / (agent + redis));
    (void)fflush(stdout);
}

/* The events: the n-th, of 5,000 users */

static void add_event(struct bench *bench, size_t n, size_t *length)
{
    char *at = bench->request + *length;

    if (n % 2 == 0)
        *length += (size_t)sprintf(at, "{\"event\":\"closed\",\"user\":%zu}\n", n * 7919 % 5000);
    else
        *length += (size_t)sprintf(at,
                                   "{\"event\":\"used\",\"user\":%zu,\"project\":%zu,"
                                   "\"label\":\"%s\",\"value\":%zu}\n",
                                   n * 7919 % 5000, n % 300, n % 4 == 1 ? "npm" : "pypi", n % 50);
}

/* The clients */

static void write_all(int to, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(to, text, length);

        if (written < 0 && errno != EINTR)
            fail(strerror(errno));
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static void post_next(struct bench *bench, struct client *client, size_t batch)
{
    enum { HEAD = 160 };
    size_t length = HEAD, head;
    char text[HEAD];

    client->asked = EVENTS - bench->sent < batch ? EVENTS - bench->sent : batch;
    if (client->asked == 0)
        return;
    for (size_t i = 0; i < client->asked; i++)
        add_event(bench, bench->sent++, &length);
    head = (size_t)snprintf(text, sizeof(text),
                            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Type: application/x-ndjson\r\nContent-Length: %zu\r\n\r\n",
                            length - HEAD);
    memcpy(bench->request + HEAD - head, text, head);
    client->got = 0;
    write_all(client->socket, bench->request + HEAD - head, length - HEAD + head);
}

static void check_answer(struct bench *bench, struct client *client)
{
    char expected[64];

    (void)snprintf(expected, sizeof(expected), "{\"recorded\":%zu,\"refused\":[]}", client->asked);
    if (strncmp(client->answer, "HTTP/1.1 200 ", 13) != 0 ||
        strstr(client->answer, expected) == NULL)
        fail(client->answer);
    bench->answered += client->asked;
}

static void hear(struct bench *bench, struct client *client, size_t batch)
{
    ssize_t got = read(client->socket, client->answer + client->got,
                       sizeof(client->answer) - 1 - client->got);

    if (got <= 0)
        fail("a connection ended");
    client->got += (size_t)got;
    client->answer[client->got] = '\0';
    if (strstr(client->answer, "}\n") == NULL)
        return;
    check_answer(bench, client);
    post_next(bench, client, batch);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) != 0)
        fail(strerror(errno));
    return client;
}

static void post_all(struct bench *bench, size_t batch)
{
    struct pollfd polled[CLIENTS];

    bench->sent = bench->answered = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        bench->clients[i].socket = connect_to(bench->shop.socket);
        polled[i] = (struct pollfd){.fd = bench->clients[i].socket, .events = POLLIN};
        post_next(bench, &bench->clients[i], batch);
    }
    while (bench->answered < EVENTS) {
        if (poll(polled, CLIENTS, 30000) <= 0)
            fail("nothing was answered for 30 s");
        for (size_t i = 0; i < CLIENTS; i++)
            if (polled[i].revents != 0)
                hear(bench, &bench->clients[i], batch);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        (void)close(bench->clients[i].socket);
}

static void expect_total(struct bench *bench, const char *key, size_t count)
{
    if (strtoul(ask_now(bench, "GET", key), NULL, 10) != count)
        fail("events were lost, or counted twice");
}

static void measure(struct bench *bench, size_t batch)
{
    struct figures before;
    char name[64];

    (void)ask_now(bench, "FLUSHALL", NULL);
    before = now(bench);
    post_all(bench, batch);
    (void)snprintf(name, sizeof(name), "posted in batches of %zu", batch);
    print(name, before, now(bench));
    expect_total(bench, "{event_counters}_closed", EVENTS / 2);
    expect_total(bench, "{event_counters}_used", EVENTS / 2);
    expect_total(bench, "{event_counters}_used-filter:[label:npm]", EVENTS / 4);
}

/* The baseline: what GitLab sends to Redis for each of these events, pipelined. */

#define COMMAND(...)                                                                               \
    ask(bench, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                \
        (const char *const[]){__VA_ARGS__})

static void ask_unique(struct bench *bench, const char *key, const char *value)
{
    COMMAND("PFADD", key, value);
    COMMAND("EXPIRE", key, "3628800");
}

static void ask_event(struct bench *bench, size_t n)
{
    char user[24], project[24], value[24];
    const char *label = n % 4 == 1 ? "npm" : "pypi";

    (void)snprintf(user, sizeof(user), "%zu", n * 7919 % 5000);
    (void)snprintf(project, sizeof(project), "%zu", n % 300);
    (void)snprintf(value, sizeof(value), "%zu", n % 50);
    if (n % 2 == 0) {
        COMMAND("INCR", "{event_counters}_closed");
        COMMAND("INCR", "{event_counters}_closed-2026-47");
        COMMAND("TTL", "{event_counters}_closed-2026-47");
        ask_unique(bench, "{hll_counters}_closed-user-2026-47", user);
        return;
    }
    COMMAND("INCR", "{event_counters}_used");
    COMMAND("INCR", "{event_counters}_used-2026-47");
    COMMAND("TTL", "{event_counters}_used-2026-47");
    COMMAND("INCRBYFLOAT", "{event_sums}_used-operator:sum(value)", value);
    COMMAND("INCRBYFLOAT", "{event_sums}_used-operator:sum(value)-2026-47", value);
    COMMAND("TTL", "{event_sums}_used-operator:sum(value)-2026-47");
    COMMAND("HINCRBY", "{hll_counters}_used-operator:total-label-2026-47", label, "1");
    COMMAND("TTL", "{hll_counters}_used-operator:total-label-2026-47");
    ask_unique(bench, "{hll_counters}_used-user-2026-47", user);
    ask_unique(bench, "{hll_counters}_used-label-2026-47", label);
    if (n % 4 != 1)
        return;
    COMMAND("INCR", "{event_counters}_used-filter:[label:npm]");
    COMMAND("INCR", "{event_counters}_used-filter:[label:npm]-2026-47");
    COMMAND("TTL", "{event_counters}_used-filter:[label:npm]-2026-47");
    ask_unique(bench, "{hll_counters}_used-filter:[label:npm]-project-2026-47", project);
}

static void measure_baseline(struct bench *bench)
{
    struct figures before;
    pid_t agent = bench->agent;

    (void)ask_now(bench, "FLUSHALL", NULL);
    bench->agent = 0;
    before = now(bench);
    for (size_t i = 0; i < EVENTS; i++) {
        ask_event(bench, i);
        if (bench->in_flight >= DEPTH || i + 1 == EVENTS)
            loop_run(bench->loop);
    }
    print("pipelined, nothing merged", before, now(bench));
    bench->agent = agent;
    expect_total(bench, "{event_counters}_closed", EVENTS / 2);
}

/* The agent, a process of its own */

static void start_agent(struct bench *bench)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    const char *agent = getenv("AGENT");

    event_shop_prepare(&bench->shop, bench->config.address);
    bench->agent = fork();
    if (bench->agent == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execl(agent, agent, "-q", "--config", bench->shop.config, "run", (char *)NULL);
        fail("the agent cannot be started");
    }
    for (int i = 0; access(bench->shop.socket, W_OK) != 0; i++) {
        if (i == 500 || waitpid(bench->agent, NULL, WNOHANG) != 0)
            fail("the agent does not start");
        (void)nanosleep(&pause, NULL);
    }
}

int main(void)
{
    static const size_t batches[] = {1, 10, 50, 500};
    static struct bench bench;

    bench.config.address = getenv("TEST_REDIS");
    if (bench.config.address == NULL || getenv("AGENT") == NULL)
        fail("run this by make bench B=events");
    start_agent(&bench);
    bench.request = malloc(MOST_REQUEST);
    bench.loop = loop_new();
    bench.redis = redis_new(bench.loop, &bench.config);
    bench.server = strtol(ask_now(&bench, "INFO", "server"), NULL, 10);
    pin(bench.agent, 0);
    pin((pid_t)bench.server, 0);
    pin(0, 1);
    (void)printf("%d events, half of them with a user (5 commands of Redis), half with a user, a "
                 "project, a label\nand a value (12 to 17 commands); %d clients; all answered, "
                 "all counted.\n\n",
                 EVENTS, CLIENTS);
    (void)printf("| way | events/s | agent, us | Redis, us | a core takes/s |\n"
                 "|---|---|---|---|---|\n");
    measure_baseline(&bench);
    for (size_t i = 0; i < sizeof(batches) / sizeof(batches[0]); i++)
        measure(&bench, batches[i]);
    (void)kill(bench.agent, SIGKILL);
    (void)waitpid(bench.agent, NULL, 0);
    event_shop_close(&bench.shop);
    redis_free(bench.redis);
    loop_free(bench.loop);
    free(bench.request);
    return 0;
}
