/*
 * How far a run is, on stderr: one line that is drawn again on a terminal, a line every ten seconds
 * elsewhere, nothing with --quiet.
 */
#ifndef AGENT_VERBS_PROGRESS_H
#define AGENT_VERBS_PROGRESS_H

#include "agent/base/str.h"
#include "agent/run_progress.h"

#include <stdint.h>

struct loop;
struct progress;

struct progress *progress_new(struct loop *loop, bool quiet); /* NULL if quiet */
void progress_free(struct progress *progress); /* clears the line; NULL is fine, also below */
void progress_note(struct progress *progress, const struct run_progress *now); /* copied */

/* Shows what is to be shown at this moment; called by the loop a few times a second. */
void progress_show(struct progress *progress);

/*
 * The line itself at a moment of now_monotonic_us(): what the run said, with the times gone on
 * since. Of at most `width` signs: what matters least gives way; 0: as long as it likes. Pure.
 */
void progress_text(const struct run_progress *now, int64_t at_us, size_t width, struct str *out);

#endif
