/*
 * The real program with definitions, settings and a state folder of its own in a scratch folder,
 * started again and again and killed on the way; and what then stands in its store. AGENT in the
 * environment names the program.
 */
#ifndef TESTS_SUPPORT_KILLED_AGENT_H
#define TESTS_SUPPORT_KILLED_AGENT_H

#include "tests/support/killing.h"
#include "tests/support/scratch.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct killed_agent {
    struct scratch scratch;
    char program[PATH_MAX];
};

#define AGENT_PATH_SIZE 256
#define AGENT_TEXT_SIZE 600

void killed_agent_init(struct killed_agent *agent);
void killed_agent_release(struct killed_agent *agent);

/* A metric's definition, in a folder of definitions that settings may name. */
struct agent_metric {
    const char *key_path, *data_source, *time_frame, *options;
};
void agent_define(struct killed_agent *agent, const char *definitions,
                  const struct agent_metric *metric);

/* Settings of a case that has this name: pieces are small, tables of over 1000 rows are walked, and
 * relations are those of schema `kill`. */
void agent_settle(struct killed_agent *agent, const char *name, const char *definitions,
                  double duty);

struct agent_start {
    const char *name; /* of the case */
    bool sealed;      /* print what is sealed already; otherwise: collect, seal, print */
    enum killing_call call;
    unsigned at, later_us; /* as killing.h says it */
    bool (*due)(void);     /* this, too */
};

/* "preview --format json", whose output is the file "output" of the case. */
struct killed agent_start(struct killed_agent *agent, const struct agent_start *start);

/* A file of the case. Returns `out`. */
const char *agent_path(const struct killed_agent *agent, const char *name, const char *file,
                       char out[AGENT_PATH_SIZE]);

#define AGENT_STORE "state/service-ping.db"

/* The first field of what SQL finds in a file that is a store; "" if it finds nothing, or there is
 * no such table yet. Returns `out`. */
const char *agent_ask(const char *file, const char *sql, char out[AGENT_TEXT_SIZE]);

/* Copies the store as a killed program left it, which is not touched; false if there is none. */
bool agent_snapshot(const struct killed_agent *agent, const char *name, const char *snapshot);

/* With this duty the same work as that of the case, at full duty, takes about so long. */
double agent_duty_for(const struct killed_agent *agent, const char *name, int64_t wall_us);

#endif
