/* What one field of a metric definition says must agree with what others say. */
#ifndef AGENT_DEFINITION_RULES_H
#define AGENT_DEFINITION_RULES_H

#include "agent/definition_fields.h"

/* Complains; of old files only the key path and the events are checked. */
void definition_check_rules(const struct reading *reading, bool old);

#endif
