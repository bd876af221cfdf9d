/*
 * One metric as its definition states it, after time frames are expanded. Immutable once the
 * catalog has loaded it; belongs to the catalog's arena.
 */
#ifndef AGENT_METRIC_H
#define AGENT_METRIC_H

#include "agent/base/yaml.h"
#include "agent/value.h"

struct source_ops;

enum time_frame { TIME_FRAME_NONE, TIME_FRAME_7D, TIME_FRAME_28D, TIME_FRAME_ALL };
enum metric_status { METRIC_ACTIVE, METRIC_BROKEN, METRIC_REMOVED };
enum value_type { TYPE_STRING, TYPE_NUMBER, TYPE_BOOLEAN, TYPE_OBJECT };

/* The four data categories an admin permits one by one; CATEGORY_COUNT is their number. */
enum data_category {
    CATEGORY_STANDARD,
    CATEGORY_SUBSCRIPTION,
    CATEGORY_OPERATIONAL,
    CATEGORY_OPTIONAL,
    CATEGORY_COUNT
};

/* The parts of a definition that a source reads; the nodes stay valid as long as the metric. */
struct definition {
    const char *file;                  /* as it was named when loaded */
    const struct doc_node *root;       /* the whole document */
    const struct doc_node *options;    /* `options`, NULL if there is none */
    const struct doc_node *events;     /* `events`, NULL if there is none */
    const char *instrumentation_class; /* NULL if there is none */
    const void *
        *parsed; /* room for what a source's parse keeps for the other time frames; or NULL */
};

struct metric {
    const char *key_path; /* dotted place in the payload, unique: "counts.issues" */
    const char *description;
    const char *product_group;
    const char *data_source; /* as the file says it: "redis_hll" */
    const char *milestone;
    enum value_type value_type;
    enum metric_status status;
    enum time_frame time_frame;
    enum data_category category;
    const struct definition *definition;
    const struct source_ops *source; /* NULL if no source of this build knows the data_source */
    const void
        *spec; /* what the source's parse made of the definition; NULL if it is not computed */
    const char *not_computed; /* why it is not computed, a sentence; NULL if it is */
    const char *elsewhere;    /* where it lives that no source reaches: "licence"; NULL: not said */
    bool unmapped;            /* it names a class that no instrumentation.yml knows */
};

/* Their names as definitions write them, in the order of the enums; each list ends with NULL. */
extern const char *const time_frame_names[], *const data_category_names[];
extern const char *const value_type_names[], *const metric_status_names[];

const char *time_frame_name(enum time_frame frame);        /* "none", "7d", "28d", "all" */
const char *data_category_name(enum data_category which);  /* "standard", ... */
const char *value_type_name(enum value_type type);         /* "string", "number", ... */
const char *metric_status_name(enum metric_status status); /* "active", "broken", "removed" */
bool data_category_from_name(const char *name, enum data_category *which);

/* Orders dotted paths segment by segment, so that what shares a parent stands together. */
int key_path_compare(const char *a, const char *b);

#endif
