/*
 * What a piece of work cost. The server's processor time is that of all backends which began and
 * ended meanwhile, parallel workers included: the kernel adds it to their parent when they end. So
 * the work must have sessions of its own and close them, and nobody else may.
 */
#ifndef TESTS_BENCH_SUPPORT_METER_H
#define TESTS_BENCH_SUPPORT_METER_H

#include "tests/bench/support/server.h"

#include <stddef.h>

struct figures {
    double wall_s;
    double server_s;   /* processor time of PostgreSQL */
    double longest_ms; /* execution of the longest SELECT */
    double statements; /* SELECTs */
    double own_s;      /* processor time of the agent's process; 0 for others */
    double memory_kb;  /* highest RssAnon of the agent's process; 0 for others */
};

struct meter {
    PGconn *watcher;
    char database[64];
    int server; /* its main process */
    unsigned children;
    double began_s, server_began_s;
};

double wall_clock_s(void);

void meter_begin(struct meter *meter, const char *database);
struct figures meter_end(struct meter *meter);

/* By wall time; sorts. */
struct figures figures_median(struct figures *figures, size_t count);

/* A row of a table in Markdown: the figures, then the ratios to `base`. */
void figures_print_heading(const char *what, const char *base);
void figures_print(const char *name, const struct figures *figures, const struct figures *base);

#endif
