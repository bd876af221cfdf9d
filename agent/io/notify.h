/*
 * What systemd is told, by one datagram each to the socket it names (sd_notify(3)): READY=1,
 * RELOADING=1, STOPPING=1, STATUS=..., WATCHDOG=1. Without NOTIFY_SOCKET nothing is told.
 */
#ifndef AGENT_IO_NOTIFY_H
#define AGENT_IO_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct notify;

/*
 * Takes NOTIFY_SOCKET and WATCHDOG_USEC (if WATCHDOG_PID is this process) out of the environment,
 * so that no child inherits them. With a watchdog the loop tells it at half of its time, from now
 * on, by itself: a loop that hangs is found out.
 */
struct notify *notify_new(struct loop *loop);
void notify_free(struct notify *notify); /* NULL is fine */

void notify_ready(struct notify *notify);
/* Followed by notify_ready when it is over. */
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);
/* One line for `systemctl status`; the same line again is not sent. */
void notify_status(struct notify *notify, const char *line);

#endif
