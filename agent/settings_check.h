/* What texts of the settings must look like, and how those that hold a secret are shown. */
#ifndef AGENT_SETTINGS_CHECK_H
#define AGENT_SETTINGS_CHECK_H

#include "agent/base/error.h"
#include "agent/base/str.h"

MUST_CHECK bool check_time_zone(const char *text, struct error *err); /* known to this machine */
MUST_CHECK bool check_conninfo(const char *text, struct error *err);
MUST_CHECK bool check_listen(const char *text, struct error *err);        /* host:port */
MUST_CHECK bool check_redis_address(const char *text, struct error *err); /* or a socket's path */
MUST_CHECK bool check_sentinel(const char *text, struct error *err);      /* host or host:port */
MUST_CHECK bool check_proxy(const char *text, struct error *err);         /* "" is one, too */

/* https, or http to this machine only: a ping never crosses a network in clear text. */
MUST_CHECK bool check_endpoint(const char *text, struct error *err);

/* `weekly`, or a time of cron. */
MUST_CHECK bool check_schedule(const char *text, struct error *err);

/* host:port of this machine alone. */
MUST_CHECK bool check_loopback(const char *text, struct error *err);

/* An absolute path, short enough for a unix socket; or "". */
MUST_CHECK bool check_socket(const char *text, struct error *err);

/* With passwords as "********". */
void write_masked_conninfo(const char *text, struct str *out);
void write_masked_url(const char *text, struct str *out);

#endif
