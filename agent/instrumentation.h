/*
 * What GitLab's metric definitions mean without saying it: a map from instrumentation class names
 * and key paths to options of our own form, read from instrumentation.yml files (the form is told
 * at the top of definitions/instrumentation.yml). Pure: whether the SQL is sound is the database
 * source's to say, when it parses the options that are made here.
 */
#ifndef AGENT_INSTRUMENTATION_H
#define AGENT_INSTRUMENTATION_H

#include "agent/instrumentation_map.h"

/* A definition whose options do not say a relation. */
struct instrumentation_question {
    const char *class_name;         /* NULL: the definition names none */
    const char *key_path;           /* without the suffixes of listed time frames */
    const struct doc_node *options; /* the definition's own; NULL: none */
    bool windowed;                  /* its time frame is 7d or 28d */
    int line;                       /* of the definition's file, for the options that are made */
};

enum instrumentation_outcome {
    INSTRUMENTATION_UNMAPPED,  /* neither class nor key path are known */
    INSTRUMENTATION_MAPPED,    /* `options` are what the database source parses */
    INSTRUMENTATION_ELSEWHERE, /* the number is not in the database; `reason` says where it is */
    INSTRUMENTATION_REFUSED,   /* known, but not for these options or this time frame: `reason` */
};

struct instrumentation_answer {
    enum instrumentation_outcome outcome;
    const struct doc_node *options; /* of INSTRUMENTATION_MAPPED alone */
    const char *reason;             /* a sentence; NULL for INSTRUMENTATION_MAPPED */
    const char *elsewhere; /* of INSTRUMENTATION_ELSEWHERE alone: a few words, "feature flag" */
};

/*
 * Looks up the class, then the key path, then the key path without `_monthly` or `_weekly` at the
 * end of its first segment. What is made is in `arena`.
 */
void instrumentation_find(const struct instrumentation_map *map,
                          const struct instrumentation_question *question, struct arena *arena,
                          struct instrumentation_answer *answer);

#endif
