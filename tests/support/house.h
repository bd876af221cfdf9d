/*
 * A house with the whole long-running agent in it: settings and definitions in files, a store, a
 * source that follows a script, an endpoint in the same process, and a clock that the test moves.
 */
#ifndef TESTS_SUPPORT_HOUSE_H
#define TESTS_SUPPORT_HOUSE_H

#include "agent/base/str.h"
#include "agent/daemon.h"
#include "tests/support/central.h"
#include "tests/support/fake_source.h"
#include "tests/support/place.h"
#include "tests/support/scratch.h"

#define HOUSE_START INT64_C(1795255200) /* Saturday, 2026-11-21 10:00 UTC */
#define HOUSE_HOUR  (INT64_C(3600) * INT64_C(1000000))
#define HOUSE_DAY   (24 * HOUSE_HOUR)
/* The longest pause between two tries at an endpoint that fails: a day and a tenth, by chance. */
#define HOUSE_PATIENCE (HOUSE_DAY + HOUSE_DAY / 10)

struct house {
    struct place *place;
    struct scratch scratch; /* settings.yml, definitions/ */
    struct loop *loop;
    struct http_server *server;
    struct daemon *daemon;
    const char *endpoint;    /* fields of that setting; NULL: the endpoint in this process */
    int status;              /* that it answers; 201 until changed */
    unsigned calls;          /* at the endpoint */
    struct str arrived;      /* the ids that it took, in order, each ended by ';' */
    unsigned arrivals;       /* of them */
    unsigned repetitions;    /* arrivals of an id that had arrived already */
    struct central *central; /* reads what it takes; NULL until a test wants that */
};

/* For cmocka: *state becomes a struct house. The schedule is "0 4 * * 1", Mondays at 04:00 UTC, the
 * endpoint is set, nobody has said anything about consent; ten metrics, m.0 to m.9. */
int house_set_up(void **state);
int house_tear_down(void **state);

/* Settings with these lines (YAML) after what is always there; for the next start or reload. */
void house_settings(struct house *house, const char *lines);

/* Definitions of the metrics from m.FIRST on, of a category. */
void house_define(struct house *house, size_t first, size_t count, const char *category);

/* The agent starts, with the store opened anew; and ends as by TERM. */
void house_open(struct house *house);
void house_close(struct house *house);

/* Until nothing more happens at this time; and until `us` later. */
void house_settle(struct house *house);
void house_pass(struct house *house, int64_t us);

struct daemon_status house_status(const struct house *house);

#endif
