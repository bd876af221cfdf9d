/*
 * What to do about a statement that failed although nothing is wrong with it: the table was locked,
 * a standby cancelled it in favour of replaying changes, the server was away. A pure stepper.
 *
 * A locked table or a conflict is over soon, so it is asked again after short pauses that grow. A
 * conflict hits long statements more than short ones: when it comes again and again, the piece is
 * made smaller. When a lock stays, those that need the table are told apart from the others.
 */
#ifndef METRICS_PATIENCE_H
#define METRICS_PATIENCE_H

#include "agent/base/error.h"

enum patience_trouble { TROUBLE_AWAY, TROUBLE_LOCK, TROUBLE_CONFLICT, TROUBLES };

enum patience_step {
    PATIENCE_AGAIN,   /* the same once more, after the pause */
    PATIENCE_SMALLER, /* with less work if that is possible, otherwise the same, after the pause */
    PATIENCE_APART,   /* it has failed: whose fault it is must be found, without a pause */
    PATIENCE_OVER,    /* it has failed for all that are not answered yet */
};

/* Failures in a row, of each kind. {0} at first, and again once something was answered. */
struct patience {
    unsigned failures[TROUBLES];
};

struct patience_choice {
    enum patience_step step;
    unsigned wait_ms;
};

/* Of an UNAVAILABLE error with this SQLSTATE; "" when the server said nothing. */
enum patience_trouble patience_trouble(const char *sqlstate);

/* One more failure: what next? */
struct patience_choice patience_after(struct patience *patience, const char *sqlstate);

/* For APART and OVER: puts before the text what happened and what an admin can do about it. */
void patience_explain(const struct patience *patience, const char *sqlstate, struct error *err);

#endif
