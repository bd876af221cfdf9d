#include "agent/io/notify.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/loop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct notify {
    struct loop *loop;
    int socket; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t address_length;
    int64_t watchdog_ms; /* between two signs of life; 0: none are wanted */
    struct loop_timer *timer;
    struct str status;
};

/* A message that is lost is no harm: the next one says it anew. */
static void tell(const struct notify *notify, const char *text)
{
    if (notify->socket >= 0)
        (void)sendto(notify->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&notify->address, notify->address_length);
}

static void sign_of_life(void *arg)
{
    struct notify *notify = arg;

    tell(notify, "WATCHDOG=1");
    notify->timer = loop_after(notify->loop, notify->watchdog_ms, sign_of_life, notify);
}

/* A name that begins with '@' is in the abstract space, where the first byte is zero. */
static void connect_to(struct notify *notify, const char *path)
{
    size_t length = strlen(path);

    if ((path[0] != '/' && path[0] != '@') || length < 2 ||
        length >= sizeof(notify->address.sun_path))
        return;
    notify->address.sun_family = AF_UNIX;
    (void)memcpy(notify->address.sun_path, path, length);
    if (path[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    notify->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int64_t watchdog_us(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

    if (us == NULL || (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    return strtoll(us, NULL, 10);
}

struct notify *notify_new(struct loop *loop)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct notify *notify = memory_alloc(sizeof(*notify));

    *notify = (struct notify){.loop = loop, .socket = -1};
    str_init(&notify->status);
    if (path != NULL)
        connect_to(notify, path);
    notify->watchdog_ms = notify->socket >= 0 ? watchdog_us() / 2000 : 0;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    if (notify->watchdog_ms > 0)
        notify->timer = loop_after(loop, notify->watchdog_ms, sign_of_life, notify);
    return notify;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL)
        return;
    loop_timer_cancel(notify->timer);
    if (notify->socket >= 0)
        (void)close(notify->socket);
    str_release(&notify->status);
    free(notify);
}

void notify_ready(struct notify *notify)
{
    tell(notify, "READY=1");
}

/* Type=notify-reload, of systemd 253 and later, wants the time as well; older ones ignore it. */
void notify_reloading(struct notify *notify)
{
    struct str text;

    str_init(&text);
    str_add_format(&text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_monotonic_us());
    tell(notify, text.text);
    str_release(&text);
}

void notify_stopping(struct notify *notify)
{
    tell(notify, "STOPPING=1");
}

void notify_status(struct notify *notify, const char *line)
{
    struct str text;

    if (strcmp(notify->status.text, line) == 0)
        return;
    str_clear(&notify->status);
    str_add(&notify->status, line);
    str_init(&text);
    str_add_format(&text, "STATUS=%s", line);
    tell(notify, text.text);
    str_release(&text);
}
