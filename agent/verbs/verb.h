/*
 * Verbs: what a person can ask of the program. One file and one row of verbs.c each.
 * Results go to stdout, messages to stderr.
 */
#ifndef AGENT_VERBS_VERB_H
#define AGENT_VERBS_VERB_H

#include "agent/catalog.h"
#include "agent/settings.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,        /* a check or a diff found something */
    EXIT_USAGE = 64,       /* the command line is wrong */
    EXIT_UNREACHABLE = 69, /* a source or the endpoint cannot be reached */
    EXIT_DEFERRED = 75,    /* kept, may be tried again */
    EXIT_NO_CONSENT = 77,  /* consent or policy forbids it */
    EXIT_SETTINGS = 78,    /* settings or definitions are wrong */
};

/* One option of a verb, or of all: "--format table|json". */
struct verb_option {
    const char *name;     /* "--format" */
    const char *argument; /* "table|json" (one of these), "GLOB" (any text); NULL: it takes none */
    const char *help;
    const char *letter; /* "-q"; NULL: none */
};

/* An option that was given: its argument, or its own name where it takes none. */
struct verb_given {
    const struct verb_option *option;
    const char *value; /* NULL once verb_option has taken it */
};

/* What every verb is given. */
struct verb_call {
    const struct verb *verb;
    const struct source_ops *const *sources;
    struct arena *arena; /* lives as long as the process */
    const char *config;  /* --config; NULL: the default place */
    bool quiet, verbose;
    int argc; /* what stands after the verb, options taken out */
    char **argv;
    struct verb_given *given;
    size_t given_count;
};

struct verb {
    const char *name;
    const char *arguments;              /* "KEY_PATH", "EVENT"; NULL: none */
    const char *help;                   /* one line */
    const struct verb_option *options;  /* ended by a row without a name; NULL: none */
    int (*run)(struct verb_call *call); /* the exit code */
};

extern const struct verb verbs[]; /* ended by a row without a name; in the order of `help` */

/* The value of an option that was given, or NULL; a flag's own name. Takes it out, so that the next
 * call finds the next one of the same name. */
const char *verb_option(struct verb_call *call, const char *name);

/* Complains about a wrong number of words, and about options given more often than they were taken:
 * false, with a sentence on stderr. */
MUST_CHECK bool verb_arguments(struct verb_call *call, int least, int most);

/* Settings, or settings and definitions; on failure everything wrong was printed: exit
 * EXIT_SETTINGS. Settings also set the time zone and what is logged. */
MUST_CHECK bool verb_settings(struct verb_call *call, struct settings *settings);
MUST_CHECK bool verb_catalog(struct verb_call *call, const struct settings *settings,
                             struct catalog *catalog);

/* Says on stderr why the verb ends; returns `code`. */
int verb_failed(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A sentence on stderr that --quiet leaves out. */
void verb_say(const struct verb_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
