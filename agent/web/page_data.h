/*
 * The documents that the page is made of, also of `preview --html`, which embeds them. Each is one
 * JSON document, made without a running agent from what is given. Pure but for the store.
 */
#ifndef AGENT_WEB_PAGE_DATA_H
#define AGENT_WEB_PAGE_DATA_H

#include "agent/approvals.h"
#include "agent/consent.h"

struct page_data {
    const struct settings *settings;
    const struct catalog *catalog;
    struct store *store;
    const struct approvals *approvals;
    const struct consent *consent;
    const struct daemon_status *daemon; /* NULL: no agent runs */
    int64_t now_us;
};

typedef bool page_writer(const struct page_data *data, struct arena *arena, struct str *out,
                         struct error *err);

/* {"agent", "instance_id", "consent", "schedule": {"next_run", ...}, "delivery", "last_ping", ...}
 */
page_writer page_write_status;

/* The exact bytes of the newest ping, or of the newest run as it would be sealed; `null`: neither.
 */
page_writer page_write_payload;

/* [{"key_path", "description", "owner", "category", "time_frame", "source", "origin", "state"}] */
page_writer page_write_definitions;

/* Of the newest run: [{"key_path", "value", "status", "reason", "method", "error_bound", "took_us",
 * "trend": [[recorded_at, value], ...]}], the trend of up to 26 runs, numbers only. */
page_writer page_write_outcomes;

/* The newest first: [{"id", "seq", "state", "sealed_at", "bytes", "attempts": [...], "receipt"}] */
page_writer page_write_pings;

/* What an upgrade changed and what is held, in words: [{"key_path", "state", "words"}] */
page_writer page_write_changes;

#endif
