/*
 * The JSON Schemas of schemas/, which stand in the agent as well. Settings and definitions are
 * checked by rules of their own, with better sentences; the schemas say the same to editors and to
 * data teams. That they do say the same is seen by holding what those rules accepted against them.
 */
#ifndef AGENT_SCHEMAS_H
#define AGENT_SCHEMAS_H

#include "agent/base/complaints.h"
#include "agent/base/doc.h"
#include "agent/catalog.h"
#include "agent/settings.h"

enum schema_of { SCHEMA_OF_SETTINGS, SCHEMA_OF_METRIC, SCHEMA_OF_EVENT, SCHEMA_OF_PAYLOAD };

/* Each complains of whatever does not fit, and is true if all of it does. */
MUST_CHECK bool schemas_check(enum schema_of which, const char *file, const struct doc_node *root,
                              struct complaints *complaints);
MUST_CHECK bool schemas_check_settings(const struct settings *settings,
                                       struct complaints *complaints);

/* Of all definitions in force, each once. */
MUST_CHECK bool schemas_check_catalog(const struct catalog *catalog, struct complaints *complaints);

/* Of the file of a payload, in either form; `arena` is for its text. */
MUST_CHECK bool schemas_check_payload(const char *file, struct arena *arena,
                                      struct complaints *complaints);

#endif
