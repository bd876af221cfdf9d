/* The fields of a metric definition while it is read, for definition.c and its rules. */
#ifndef AGENT_DEFINITION_FIELDS_H
#define AGENT_DEFINITION_FIELDS_H

#include "agent/form.h"

enum metric_field {
    FIELD_KEY_PATH,
    FIELD_DESCRIPTION,
    FIELD_PRODUCT_GROUP,
    FIELD_VALUE_TYPE,
    FIELD_STATUS,
    FIELD_TIME_FRAME,
    FIELD_DATA_SOURCE,
    FIELD_DATA_CATEGORY,
    FIELD_MILESTONE,
    FIELD_INTRODUCED_BY_URL,
    FIELD_TIERS,
    FIELD_INSTRUMENTATION_CLASS,
    FIELD_OPTIONS,
    FIELD_EVENTS,
    FIELD_PRODUCT_CATEGORIES,
    FIELD_PERFORMANCE_INDICATOR_TYPE,
    FIELD_VALUE_JSON_SCHEMA,
    FIELD_NAME,
    FIELD_MILESTONE_REMOVED,
    FIELD_REMOVED_BY_URL,
    FIELD_REPAIR_ISSUE_URL,
    METRIC_FIELD_COUNT
};

/* One document on its way to a draft. */
struct reading {
    struct form_place place;
    const struct doc_node *root;
    const struct doc_node *nodes[METRIC_FIELD_COUNT]; /* NULL: the field is not there */
};

/* A scalar that is not empty, or NULL. */
const char *reading_text(const struct reading *reading, enum metric_field field);

#endif
