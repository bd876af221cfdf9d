/*
 * How far a run is, on stderr: one line that is drawn again on a terminal, a line every ten seconds
 * elsewhere, nothing with --quiet.
 */
#ifndef AGENT_VERBS_PROGRESS_H
#define AGENT_VERBS_PROGRESS_H

#include "agent/base/str.h"
#include "agent/run.h"

#include <stdint.h>

struct loop;
struct progress;

struct progress *progress_new(struct loop *loop, bool quiet);
void progress_free(struct progress *progress); /* clears the line; NULL is fine */
void progress_note(struct progress *progress, const struct run_progress *now); /* copied */

/* The line itself, at most `width` signs with a bar, or as long as it is without one. Pure. */
void progress_text(const struct run_progress *now, int64_t elapsed_us, size_t width, bool bar,
                   struct str *out);

#endif
