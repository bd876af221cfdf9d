#include "tests/support/service.h"

#include "agent/base/clock.h"
#include "agent/base/str.h"
#include "tests/support/process.h"
#include "tests/support/require.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (30 * US_PER_SECOND)

static const char *path_of(const struct service *service, const char *name, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/%s", service->scratch.folder, name);
    return out;
}

static void listen_for_notices(struct service *service)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[PATH_MAX];

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.80s",
                   path_of(service, "notices", path));
    service->notices = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(service->notices >= 0);
    REQUIRE(bind(service->notices, (const struct sockaddr *)&address, sizeof(address)) == 0);
}

void service_init(struct service *service)
{
    const char *given = getenv("AGENT");

    *service = (struct service){0};
    REQUIRE(realpath(given != NULL ? given : "build/release/service-ping", service->program) !=
            NULL);
    scratch_init(&service->scratch);
    scratch_write(&service->scratch, "log", "");
    listen_for_notices(service);
}

void service_release(struct service *service)
{
    if (service->process != 0) {
        (void)kill(service->process, SIGKILL);
        (void)waitpid(service->process, NULL, 0);
    }
    (void)close(service->notices);
    scratch_release(&service->scratch);
}

void service_settings(struct service *service, const char *lines)
{
    struct str text;

    str_init(&text);
    str_add_format(
        &text, "state: %s/state\ndefinitions: [%s/definitions]\nhttp: {socket: %s/socket}\n%s%s\n",
        service->scratch.folder, service->scratch.folder, service->scratch.folder,
        strstr(lines, "schedule:") == NULL ? "schedule: \"0 3 1 1 *\"\n" : "", lines);
    scratch_write(&service->scratch, "settings.yml", text.text);
    str_release(&text);
}

void service_define(struct service *service, const char *key_path, const char *data_source,
                    const char *options)
{
    struct str text;
    char name[128];

    str_init(&text);
    str_add_format(&text,
                   "key_path: %s\ndescription: A metric of this test\nproduct_group: testing\n"
                   "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                   "introduced_by_url: https://example.org/1\ntime_frame: all\n"
                   "data_source: %s\ndata_category: optional\ntiers: [free]\noptions: %s\n",
                   key_path, data_source, options);
    (void)snprintf(name, sizeof(name), "definitions/metrics/%s.yml", key_path);
    scratch_write(&service->scratch, name, text.text);
    str_release(&text);
}

static _Noreturn void become_agent(const struct service *service)
{
    char settings[PATH_MAX], notices[PATH_MAX], log[PATH_MAX], run[] = "run";
    char program[PATH_MAX];
    char *words[] = {program, run, NULL};
    int file = open(path_of(service, "log", log), O_WRONLY | O_CREAT | O_APPEND, 0600);

    /* A test that fails must not leave it behind. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)snprintf(program, sizeof(program), "%s", service->program);
    (void)path_of(service, "settings.yml", settings);
    (void)setenv("SERVICE_PING_CONFIG", service->config != NULL ? service->config : settings, 1);
    (void)setenv("NOTIFY_SOCKET", path_of(service, "notices", notices), 1);
    if (file >= 0 && dup2(file, STDERR_FILENO) >= 0)
        (void)execv(program, words);
    _exit(127);
}

void service_start(struct service *service)
{
    REQUIRE(service->process == 0);
    service->process = fork();
    REQUIRE(service->process >= 0);
    if (service->process == 0)
        become_agent(service);
}

static void print_log(const struct service *service)
{
    char path[PATH_MAX], line[2048];
    FILE *log = fopen(path_of(service, "log", path), "r");

    while (log != NULL && fgets(line, sizeof(line), log) != NULL)
        (void)fprintf(stderr, "# %s", line);
    if (log != NULL)
        (void)fclose(log);
}

static bool receive(const struct service *service, int64_t until_us, char notice[NOTICE_SIZE])
{
    struct pollfd ready = {.fd = service->notices, .events = POLLIN};
    int64_t left_us = until_us - now_monotonic_us();
    ssize_t length;

    if (left_us <= 0 || poll(&ready, 1, (int)(left_us / 1000) + 1) <= 0)
        return false;
    length = recv(service->notices, notice, NOTICE_SIZE - 1, 0);
    REQUIRE(length >= 0);
    notice[length] = '\0';
    return true;
}

void service_await(struct service *service, const char *text, char notice[NOTICE_SIZE])
{
    int64_t until_us = now_monotonic_us() + PATIENCE_US;
    char ignored[NOTICE_SIZE];
    char *found = notice != NULL ? notice : ignored;

    while (receive(service, until_us, found))
        if (strstr(found, text) != NULL)
            return;
    (void)fprintf(stderr, "# no notice '%s' came\n", text);
    print_log(service);
    REQUIRE(false);
}

void service_forget_notices(const struct service *service)
{
    char notice[NOTICE_SIZE];

    while (recv(service->notices, notice, sizeof(notice), MSG_DONTWAIT) >= 0)
        continue;
}

void service_signal(const struct service *service, int signal)
{
    REQUIRE(kill(service->process, signal) == 0);
}

int service_end(struct service *service)
{
    bool ended = process_ends_within(service->process, PATIENCE_US);
    int status;

    if (!ended)
        print_log(service);
    REQUIRE(ended && waitpid(service->process, &status, 0) == service->process);
    service->process = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool service_logged(const struct service *service, const char *text)
{
    char path[PATH_MAX], line[2048];
    FILE *log = fopen(path_of(service, "log", path), "r");
    bool found = false;

    while (log != NULL && !found && fgets(line, sizeof(line), log) != NULL)
        found = strstr(line, text) != NULL;
    if (log != NULL)
        (void)fclose(log);
    return found;
}

void service_await_log(const struct service *service, const char *text)
{
    struct pollfd changed = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
    int64_t until_us = now_monotonic_us() + PATIENCE_US;
    char path[PATH_MAX], events[4096];

    /* What was written before the watch is found without it. */
    REQUIRE(inotify_add_watch(changed.fd, path_of(service, "log", path), IN_MODIFY) >= 0);
    while (!service_logged(service, text)) {
        int64_t left_us = until_us - now_monotonic_us();

        REQUIRE(left_us > 0 && poll(&changed, 1, (int)(left_us / 1000) + 1) > 0);
        REQUIRE(read(changed.fd, events, sizeof(events)) > 0);
    }
    (void)close(changed.fd);
}
