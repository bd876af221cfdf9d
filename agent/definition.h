/*
 * One definition document, checked field by field: GitLab's current schema, and its older styles
 * (files with `distribution`, `tier` or `skip_validation`), which are read leniently. Pure: what
 * stands in one file; what several files do to each other is the catalog's business, and what a
 * source reads out of `options` is the source's.
 */
#ifndef AGENT_DEFINITION_H
#define AGENT_DEFINITION_H

#include "agent/base/complaints.h"
#include "agent/source.h"

/* What stays the same from file to file. */
struct definition_reader {
    const struct source_ops *const *sources; /* NULL-terminated */
    struct arena *arena;                     /* what is read points into it */
    struct complaints *complaints;
};

#define MOST_TIME_FRAMES 3

/* One metric for each time frame comes of it; `time_frame` and `spec` of the metric are not set. */
struct metric_draft {
    struct metric metric; /* key_path NULL: the document does not tell it */
    int key_line;         /* where the key path stands */
    enum time_frame frames[MOST_TIME_FRAMES];
    size_t frame_count;  /* 0 for an empty list */
    bool listed;         /* the time frames are a list, so each puts its suffix to the key path */
    const char *removal; /* of removed metrics: a few words on when and why */
    bool faulty;         /* something was complained about */
};

void definition_read_metric(const struct definition_reader *reader, const char *file,
                            const struct doc_node *root, struct metric_draft *draft);

struct event_draft {
    struct event_definition event; /* name NULL: the document does not tell it */
    const char *category;          /* of legacy events, whose names repeat; NULL: none */
    int name_line;
    bool internal; /* `internal_events: true`, otherwise a legacy one */
    bool faulty;
};

void definition_read_event(const struct definition_reader *reader, const char *file,
                           const struct doc_node *root, struct event_draft *draft);

/* "_weekly", "_monthly" or "": what a listed time frame adds to the key path. */
const char *time_frame_suffix(enum time_frame frame);

#endif
