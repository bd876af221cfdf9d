/* Numbers, times and texts as people read them. Pure; everything returned is in `arena`. */
#ifndef AGENT_VERBS_FIGURES_H
#define AGENT_VERBS_FIGURES_H

#include "agent/base/arena.h"
#include "agent/value.h"

/* "1,204,331" of "1204331", "-1,204.5" of "-1204.5"; what is no plain number stays as it is. */
const char *figure_grouped(struct arena *arena, const char *number);
const char *figure_count(struct arena *arena, int64_t number);

const char *figure_took(struct arena *arena, int64_t us);      /* "<1 ms", "12 ms", "3 min 4 s" */
const char *figure_seconds(struct arena *arena, double s);     /* the same of an estimate */
const char *figure_bytes(struct arena *arena, size_t bytes);   /* "812 B", "12.3 KiB" */
const char *figure_time(struct arena *arena, int64_t wall_us); /* "2026-11-21 10:04:05 UTC" */

/* A value in one line: numbers grouped, texts in quotes, long ones cut with an ellipsis. */
const char *figure_value(struct arena *arena, const struct value *value);

/* Without signs that a terminal would obey, at most `most` of them. */
const char *figure_plain(struct arena *arena, const char *text, size_t most);

/* At most `most` signs: of longer texts the middle gives way to an ellipsis. */
const char *figure_elided(struct arena *arena, const char *text, size_t most);

/* Signs, not bytes, of UTF-8; our own texts have no wide ones. */
size_t figure_width(const char *text);

/* A URL without the name and password that may stand in it, and without its query. */
const char *figure_url(struct arena *arena, const char *url);

/* "1 metric", "2 metrics". */
const char *figure_of(struct arena *arena, size_t count, const char *one, const char *many);

#endif
