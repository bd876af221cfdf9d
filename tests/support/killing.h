/*
 * Runs a program as a tracer does and kills it, with SIGKILL, at one of its system calls: so a test
 * can name the moment, and name it again. Linux only, and only where tracing is permitted.
 */
#ifndef TESTS_SUPPORT_KILLING_H
#define TESTS_SUPPORT_KILLING_H

#include <stdbool.h>
#include <stdint.h>

/* What is about to happen at the moment. */
enum killing_call {
    KILLING_SEND,    /* something to a server */
    KILLING_RECEIVE, /* from a server or a file */
    KILLING_WRITE,   /* to a file */
    KILLING_SYNC,    /* a file to the disk */
    KILLING_EXIT,
    KILLING_CALLS,
};

struct killing {
    char *const *words;          /* program and arguments, ended by NULL */
    const char *output, *errors; /* files for what it says */
    enum killing_call call;
    unsigned at;       /* the how-manieth such call, from 1; 0: it is not killed by number */
    bool (*due)(void); /* asked before each such call: whether this is the one; NULL: none is */
    unsigned later_us; /* it lives on for so long, untraced; 0: the call does not happen */
};

struct killed {
    bool killed;
    int code;                      /* exit code, if it was not */
    unsigned calls[KILLING_CALLS]; /* as far as it was traced */
    int64_t lived_us;
};

bool killing_is_permitted(void);

struct killed killing_run(const struct killing *killing);

const char *killing_call_name(enum killing_call call);

#endif
