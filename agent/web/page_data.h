/*
 * The documents that the page is made of, also of `preview --html`, which embeds them. Each is one
 * JSON document, made without a running agent from what is given. Pure but for the store, which is
 * asked once for each document, not once for each metric.
 *
 * Times are "2026-11-21T10:04:05Z" or null, but for trends, whose times are seconds since 1970.
 */
#ifndef AGENT_WEB_PAGE_DATA_H
#define AGENT_WEB_PAGE_DATA_H

#include "agent/daemon.h"

struct page_data {
    const struct settings *settings;
    const struct catalog *catalog;
    struct store *store;
    const struct approvals *approvals; /* NULL: they cannot be read, all is held */
    const struct consent *consent;
    const struct daemon_status *daemon; /* NULL: no agent runs */
    int64_t now_us;
};

/* Adds to `out`; on failure something may have been added. */
typedef bool page_writer(const struct page_data *data, struct arena *arena, struct str *out,
                         struct error *err);

/*
 * {"agent": {"version", "running", "state": "idle"|"collecting"|null, "started_at", "trouble"},
 *  "now", "instance_id",
 *  "consent": {"mode", "words", "fixed", "categories_fixed", "not_tracked", "changed_at",
 *              "changed_by", "categories": {"standard": true, ...}},
 *  "schedule": {"setting", "time_zone", "next_run", "last_slot"},
 *  "progress": null | {"metrics", "answered", "failed", "doing", "percent", "left_seconds"},
 *  "last_run": null | {"recorded_at", "finished_at", "took_ms", "resumed", "ping_id",
 *                      "statuses": {"ok": 12, ...}},
 *  "last_ping": null | as in page_write_pings, but its attempts are their number,
 *  "delivery": {"endpoint", "protocol", "waiting", "trying", "next_try", "failing_since", "said"},
 *  "definitions": {"metrics", "files", "held", "digest"},
 *  "archive": {"days", "megabytes"}}
 * A "fixed" answer is the settings'. "statuses" are those that occur.
 */
page_writer page_write_status;

/* The exact bytes of the newest ping, or of a newer finished run as it would be sealed (as its
 * form has it); `null`: neither. */
page_writer page_write_payload;

/* Which of them it is: "sealed", "unsealed", "none"; *ping_id "" but for a sealed one. */
MUST_CHECK bool page_payload(const struct page_data *data, struct arena *arena, struct str *out,
                             char ping_id[UUID_TEXT_SIZE], const char **which, struct error *err);

/*
 * [{"key_path", "description", "owner", "category", "time_frame", "value_type", "milestone",
 *   "data_source", "source": "database"|"redis"|...|null, "service": "database main"|null,
 *   "origin": SQL or Redis keys one a line|null, "method", "file",
 *   "state": "accepted"|"new"|"changed"|"not permitted"|"not computed", "reason"}]
 * "new" and "changed" ones are held. "reason" says why it is not computed, or why it has no value.
 */
page_writer page_write_definitions;

/*
 * Of the newest finished run: [{"key_path", "value", "status", "reason", "method", "error_bound",
 * "took_us", "trend": [[recorded_at, value], ...]}], the trend of up to 26 runs, the oldest first,
 * numbers only. Sorted as the definitions are.
 */
page_writer page_write_outcomes;

/* The newest first: [{"id", "seq", "previous_id", "state", "recorded_at", "sealed_at", "bytes",
 * "digest", "attempts": [{"at", "http_status", "said"}], "withheld_at", "receipt_at", "receipt"}];
 * "bytes" is 0 when they were deleted, http_status 0 when there was no answer; "withheld_at" tells
 * that it is not sent, because more was permitted when it was sealed than then. */
page_writer page_write_pings;

/* What an upgrade changed and what is held, in words: [{"key_path", "state": "new"|"changed"|
 * "gone", "held", "words"}] */
page_writer page_write_changes;

#endif
