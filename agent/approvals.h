/*
 * consent.lock: which definitions the admin has approved, each by the digest of what it says. A
 * definition that is new or says something else since then is held: its metrics are not collected
 * (STATUS_HELD) until they are accepted, by hand or by policy.
 *
 * The file stands in the state folder, one line a definition: digest, key path; sorted, with a
 * first line for its version, replaced whole (written beside and renamed). What each approved
 * definition said is kept in the store by its digest, so that a difference can be told in words.
 * Without a file nothing was approved yet, and nothing is held: it is made when consent is given.
 */
#ifndef AGENT_APPROVALS_H
#define AGENT_APPROVALS_H

#include "agent/catalog.h"
#include "agent/store.h"

enum approval_state { APPROVAL_GIVEN, APPROVAL_NEW, APPROVAL_CHANGED };

struct approvals;

/* NULL with an error for a file that cannot be read; one that is missing is an empty one. */
struct approvals *approvals_read(const char *folder, struct error *err);
void approvals_free(struct approvals *approvals);

bool approvals_exist(const struct approvals *approvals); /* the file was there */

/* Of one metric; GIVEN for all while there is no file. */
enum approval_state approvals_state(const struct approvals *approvals, const struct metric *metric);

/* What the metric's definition says, as canonical JSON, and its digest: everything that decides
 * what is counted and how it is described; not its file name, layout or comments. */
const char *approval_text(const struct metric *metric, struct arena *arena);

/* Approves these as they are now, and keeps their texts in the store. */
MUST_CHECK bool approvals_accept(struct approvals *approvals, struct store *store,
                                 const struct metric *const *metrics, size_t count,
                                 struct error *err);

/* One difference between what was approved and what is in force, in words. */
struct approval_change {
    const char *key_path;
    enum approval_state state; /* GIVEN here means: approved once, and gone now */
    bool gone;
    const char *words; /* "where: from \"state_id = 1\" to \"state_id = 2\"; milestone: ..." */
};
typedef void approvals_each(const struct approval_change *change, void *arg);
MUST_CHECK bool approvals_compare(const struct approvals *approvals, struct store *store,
                                  const struct catalog *catalog, struct arena *arena,
                                  approvals_each *each, void *arg, struct error *err);

#endif
