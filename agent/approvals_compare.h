/*
 * What was approved beside what is in force: the differences in words, and which of them an admin
 * accepts.
 */
#ifndef AGENT_APPROVALS_COMPARE_H
#define AGENT_APPROVALS_COMPARE_H

#include "agent/approvals.h"
#include "agent/difference.h"

struct approval_change {
    const char *key_path;
    enum approval_state state; /* GIVEN here means: approved once, and gone now */
    bool gone;
    bool held;                       /* its metric is not collected; false: by policy, or gone */
    const struct metric *metric;     /* in force; NULL: gone */
    const char *words;               /* "where: from \"a\" to \"b\"; milestone: ..."; one line */
    struct difference_fields fields; /* of a changed one, when what it said is known */
};

struct approval_changes {
    const struct approval_change *changes; /* sorted by key_path_compare */
    size_t count;
    size_t new, changed, gone, held; /* how many; held ones are new or changed, too */
};

/*
 * Nothing while there is no file. `approvals` NULL (they could not be read): all is new and held.
 * `store` may be one that is only read, or NULL: then it is not told what a changed one said.
 */
MUST_CHECK bool approvals_compare(const struct approvals *approvals, struct store *store,
                                  const struct catalog *catalog, struct arena *arena,
                                  struct approval_changes *found, struct error *err);

/* Which of the changes are meant: those that any glob matches (no globs: all), and, if any
 * categories are named, are of one of them; gone ones have none. */
struct approvals_choice {
    const char *const *globs;
    size_t glob_count;
    bool categories[CATEGORY_COUNT];
};
bool approvals_choice_takes(const struct approvals_choice *choice,
                            const struct approval_change *change);

/*
 * Accepts the changes that are meant: approves new and changed ones, forgets those that are gone;
 * `accepted` lists them. Where there is no file yet everything in force is approved if the choice
 * is all, otherwise it is REFUSED with a sentence.
 */
struct approvals_work {
    struct approvals *approvals;
    struct store *store;
    const struct catalog *catalog;
    struct arena *arena; /* of what is found */
};
MUST_CHECK bool approvals_accept_chosen(const struct approvals_work *at,
                                        const struct approvals_choice *choice,
                                        struct approval_changes *accepted, struct error *err);

const char *approval_change_name(const struct approval_change *change); /* "new", "gone", ... */

#endif
