/*
 * The catalog: every definition file of the folders in force, GitLab's form and ours, normalised
 * into one sorted array of metrics. Read whole; all complaints at once, with file and line.
 *
 * A folder holds `metrics/` and `events/`, each with .yml files at any depth, and may hold
 * `instrumentation.yml`, which says what GitLab's classes count (agent/instrumentation.h); such a
 * file may also stand in place of a folder. Within one folder a key path may be defined once; a
 * later folder overrides an earlier one.
 */
#ifndef AGENT_CATALOG_H
#define AGENT_CATALOG_H

#include "agent/base/complaints.h"
#include "agent/base/digest.h"
#include "agent/source.h"

/* Something that was left out or replaced on purpose, for `check -v`. */
struct catalog_note {
    const char *file;
    const char *key_path;
    const char *text; /* "overrides definitions/metrics/...", "is removed since 14.4", ... */
};

struct catalog {
    const struct metric *const *metrics; /* sorted by key_path_compare; removed ones are not here */
    size_t count;
    const struct event_definition *events; /* sorted by name */
    size_t event_count;
    const struct catalog_note *notes;
    size_t note_count;
    size_t file_count;      /* metric definition files that were read */
    size_t removed_count;   /* expanded metrics whose status is removed */
    size_t aggregate_count; /* files of metrics/aggregates/, which define no metric */
    char
        digest[DIGEST_TEXT_SIZE]; /* of all files in force, names and bytes: `definitions_digest` */
};

/*
 * `sources` is the NULL-terminated table of main.c. False if anything was complained about; what
 * could be read is in the catalog all the same. Everything is in `arena`.
 */
MUST_CHECK bool catalog_load(const char *const *folders, size_t folder_count,
                             const struct source_ops *const *sources, struct arena *arena,
                             struct catalog *catalog, struct complaints *complaints);

const struct metric *catalog_find(const struct catalog *catalog,
                                  const char *key_path); /* or NULL */

#endif
