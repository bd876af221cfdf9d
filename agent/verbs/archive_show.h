/* Pings of the archive as lists and summaries. Pure. */
#ifndef AGENT_VERBS_ARCHIVE_SHOW_H
#define AGENT_VERBS_ARCHIVE_SHOW_H

#include "agent/base/str.h"
#include "agent/store_archive.h"

struct archive_list {
    struct arena *arena;
    const struct store_ping_line *lines; /* the newest first */
    size_t count;
    bool verified; /* and these are the faults that were found */
    const char *const *faults;
    size_t fault_count;
};

/* A line for each ping, of at most `width` signs (0: any), and how many there are of each state. */
void archive_write_table(const struct archive_list *list, size_t width, struct str *out);
void archive_write_json(const struct archive_list *list, struct str *out);

/* The faults, one a line, and what was checked. */
void archive_write_faults(const struct archive_list *list, struct str *out);

/* How many metrics have each status, from a ping's own words or else from stored outcomes. */
struct archive_counts {
    bool known;
    int64_t total;
    int64_t of[STATUS_OFF + 1];
};
void archive_count(const char *bytes, size_t length, struct archive_counts *counts);

struct archive_summary {
    struct arena *arena;
    const char *instance_id;
    const struct store_ping_line *line;
    const char *trouble; /* why the bytes cannot be had; NULL: they can */
    struct archive_counts counts;
    const struct store_attempt *attempts; /* the oldest first */
    size_t attempt_count;
    int64_t next_try_us; /* of the courier, where the ping waits; 0: not known */
};
void archive_write_summary(const struct archive_summary *summary, struct str *out);

#endif
