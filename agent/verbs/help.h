/* The help texts, made from the tables of verbs and options. Pure. */
#ifndef AGENT_VERBS_HELP_H
#define AGENT_VERBS_HELP_H

#include "agent/base/str.h"
#include "agent/verbs/verb.h"

void help_write(struct str *out); /* of the whole program */
void help_write_verb(const struct verb *verb, struct str *out);

#endif
