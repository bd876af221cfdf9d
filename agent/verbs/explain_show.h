/* What `explain` found about one metric, as text or as JSON. Pure. */
#ifndef AGENT_VERBS_EXPLAIN_SHOW_H
#define AGENT_VERBS_EXPLAIN_SHOW_H

#include "agent/base/str.h"
#include "agent/source.h"

/* The pass that the metric is counted in, as this instance plans it. */
struct explained_pass {
    const char *name;               /* NULL: there is none, or nobody was asked */
    struct description description; /* of the metric's part of it */
    bool is_method;                 /* it says more of the method than the metric alone */
    size_t others;                  /* metrics beside this one */
    int64_t rows;
    double seconds;
};

struct explained {
    const struct metric *metric;
    struct arena *arena;
    struct description origin; /* without a server */
    const char *gap;           /* why it has no value; NULL: it has one */
    struct explained_pass pass;
    const char *server_plan; /* lines; NULL: there are none */
    const char *not_known;   /* why the pass or the server's plan is not known; or NULL */
};

/* Sentences are wrapped to `width` signs, 0: not at all; what may be copied, such as SQL, is not.
 */
void explain_write_text(const struct explained *explained, size_t width, struct str *out);
void explain_write_json(const struct explained *explained, struct str *out);

#endif
