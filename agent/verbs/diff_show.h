/* Differences as people read them: of definitions, and of two pings. Pure. */
#ifndef AGENT_VERBS_DIFF_SHOW_H
#define AGENT_VERBS_DIFF_SHOW_H

#include "agent/approvals_compare.h"

/* "2 definitions are held ..." and each change with its fields below it, at most `width` signs wide
 * (0: any). Nothing for no changes. */
void diff_write_changes(const struct approval_changes *changes, struct arena *arena, size_t width,
                        struct str *out);
void diff_write_changes_json(const struct approval_changes *changes, struct str *out);

/* A list of changes as the running agent tells it: [{"key_path", "state", "words"}]; false if it is
 * something else. */
MUST_CHECK bool diff_write_told(const char *json, size_t length, size_t width, struct str *out,
                                size_t *count);

/* A table of what differs, the reasons below it, and a line that counts. */
void diff_write_pings(const struct ping_difference *found, struct arena *arena, size_t width,
                      struct str *out);

#endif
