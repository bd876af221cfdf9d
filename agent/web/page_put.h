/* Members that the page's documents share. For the files of agent/web alone. */
#ifndef AGENT_WEB_PAGE_PUT_H
#define AGENT_WEB_PAGE_PUT_H

#include "agent/base/json.h"

#include <stdint.h>

/* "2026-11-21T10:04:05Z"; null for 0. */
void page_put_time(struct js_writer *writer, const char *key, int64_t wall_us);
void page_put_seconds(struct js_writer *writer, const char *key, int64_t seconds);

#endif
