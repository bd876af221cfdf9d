/*
 * The command line, taken apart: options that every verb has, the verb, its own options, its words.
 * Pure: nothing is printed and nothing is run here.
 */
#ifndef AGENT_VERBS_COMMAND_H
#define AGENT_VERBS_COMMAND_H

#include "agent/verbs/verb.h"

struct command {
    struct verb_call call; /* call.verb NULL: none was named; call.sources is the caller's to set */
    bool help, version, print_settings;
};

extern const struct verb_option global_options[]; /* ended by a row without a name */

/*
 * Options may stand anywhere; "--" ends them; "--name=value" and "--name value" are alike. The
 * error is a sentence with the nearest name that there is.
 */
MUST_CHECK bool command_read(int argc, char **argv, struct arena *arena, struct command *command,
                             struct error *err);

/* The name of a verb's row, or NULL with the sentence. */
const struct verb *command_find_verb(const char *name, struct error *err);

#endif
