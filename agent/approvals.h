/*
 * consent.lock: which definitions the admin has approved, each by the digest of what it says. A
 * definition that is new or says something else since then is held: its metrics are not collected
 * (STATUS_HELD) until they are accepted, by hand or by policy (`accept` of the settings).
 *
 * The file stands in the state folder, one line a metric: digest, key path; sorted, with a first
 * line for its version, replaced whole. What each approved definition said is kept in the store by
 * its digest, so that a difference can be told in words (approvals_compare.h). Without a file
 * nothing was approved yet, and nothing is held: it is made when consent is given. A file that is
 * damaged is never replaced: everything is held until an admin has put it right.
 */
#ifndef AGENT_APPROVALS_H
#define AGENT_APPROVALS_H

#include "agent/approval_text.h"
#include "agent/catalog.h"
#include "agent/store.h"

enum approval_state { APPROVAL_GIVEN, APPROVAL_NEW, APPROVAL_CHANGED };

struct approvals;

/* NULL with an error for a file that cannot be read or understood; one that is missing is an empty
 * one. */
struct approvals *approvals_read(const char *folder, struct error *err);
void approvals_free(struct approvals *approvals); /* NULL is fine */

/* Stands in for a file that cannot be read, where somebody has to have one: all is NEW, and changes
 * are refused with `why`. */
struct approvals *approvals_unreadable(const struct error *why);

/* The policy: from now on new and changed definitions of these categories count as approved. */
void approvals_trust(struct approvals *approvals, const bool accepted[CATEGORY_COUNT]);

bool approvals_exist(const struct approvals *approvals); /* the file is there */

/* Of one metric, by policy too: all but GIVEN is held. GIVEN for all while there is no file; NEW
 * for all of approvals that could not be read (NULL). */
enum approval_state approvals_state(const struct approvals *approvals, const struct metric *metric);

/* The same without the policy: what the file says. */
enum approval_state approvals_stand(const struct approvals *approvals, const struct metric *metric);

/* How many metrics of the catalog are held. */
size_t approvals_held(const struct approvals *approvals, const struct catalog *catalog);

/* What the file says, sorted by key_path_compare; valid until the next change. */
struct approval {
    const char *key_path;
    char digest[DIGEST_TEXT_SIZE];
};
const struct approval *approvals_list(const struct approvals *approvals, size_t *count);

/*
 * Changes are on the disk when these return true: metrics approved as they are now, with their
 * texts in the store, and key paths forgotten, in that order. The file is made if there was none.
 * On failure everything is as it was.
 */
struct approvals_edit {
    const struct metric *const *accepted;
    size_t accepted_count;
    const char *const *forgotten;
    size_t forgotten_count;
};
MUST_CHECK bool approvals_change(struct approvals *approvals, struct store *store,
                                 const struct approvals_edit *edit, struct error *err);
MUST_CHECK bool approvals_accept(struct approvals *approvals, struct store *store,
                                 const struct metric *const *metrics, size_t count,
                                 struct error *err);

/* The first consent: approves everything in force, unless there is a file already. */
MUST_CHECK bool approvals_begin(struct approvals *approvals, struct store *store,
                                const struct catalog *catalog, struct error *err);

/* After each load of definitions: what is approved by policy is written down; does nothing without
 * a file. */
MUST_CHECK bool approvals_settle(struct approvals *approvals, struct store *store,
                                 const struct catalog *catalog, struct error *err);

#endif
