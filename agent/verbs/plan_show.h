/* A plan as people and programs read it: passes, what they cost, what is left out and why. Pure. */
#ifndef AGENT_VERBS_PLAN_SHOW_H
#define AGENT_VERBS_PLAN_SHOW_H

#include "agent/source.h"

struct plan_line {
    const char *source, *name;
    struct description description;
    const struct metric *const *metrics;
    size_t metric_count;
    int64_t rows;
    double seconds;
    bool measured, left_out; /* as of struct probe */
};

struct shown_plan {
    struct arena *arena;
    struct plan_line *lines;
    size_t line_count;
    const struct metric *const *metrics; /* all that were asked for */
    const struct outcome *outcomes;      /* of each; OK: it is in a line that is not left out */
    size_t metric_count;
    double budget_s;        /* 0: no limit */
    const char *unmeasured; /* why no earlier run is looked at, a sentence; NULL: one may be */
};

/* Lines of at most `width` signs, as far as that can be done; 0 is no limit. */
void plan_write_table(const struct shown_plan *plan, size_t width, struct str *out);
void plan_write_json(const struct shown_plan *plan, struct str *out);

#endif
