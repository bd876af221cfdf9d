#include "agent/approvals_compare.h"

#include "agent/store_memory.h"

#include <string.h>

struct comparison {
    const struct approvals *approvals;
    struct store *store;
    struct arena *arena;
    struct approval_change *changes;
    struct approval_changes *found;
};

static void keep(struct comparison *work, const struct approval_change *change)
{
    struct approval_changes *found = work->found;

    work->changes = arena_grow(work->arena, work->changes, found->count, sizeof(work->changes[0]));
    work->changes[found->count++] = *change;
    found->changes = work->changes;
    found->gone += change->gone ? 1 : 0;
    found->held += change->held ? 1 : 0;
    found->new += change->state == APPROVAL_NEW ? 1 : 0;
    found->changed += change->state == APPROVAL_CHANGED ? 1 : 0;
}

static void tell_gone(struct comparison *work, const struct approval *entry)
{
    struct approval_change change = {
        .key_path = arena_copy(work->arena, entry->key_path),
        .state = APPROVAL_GIVEN,
        .gone = true,
        .words = "no definition in force has this key path any more",
    };

    keep(work, &change);
}

static bool tell_changed(struct comparison *work, const char *digest,
                         struct approval_change *change, struct error *err)
{
    const char *before = NULL;

    if (work->store != NULL && !store_definition(work->store, digest, work->arena, &before, err))
        return false;
    change->words = "says something else; what it said before is not known";
    if (before == NULL)
        return true;
    if (!difference_of_definitions(before, approval_text(change->metric, work->arena), work->arena,
                                   &change->fields, err))
        return error_add_context(err, "what was approved of %.200s", change->key_path);
    change->words = difference_words(&change->fields, work->arena);
    return true;
}

/* `entry` is what was approved of it, or NULL. */
static bool tell_metric(struct comparison *work, const struct approval *entry,
                        const struct metric *metric, struct error *err)
{
    struct approval_change change = {
        .key_path = metric->key_path,
        .state = approvals_stand(work->approvals, metric),
        .held = approvals_state(work->approvals, metric) != APPROVAL_GIVEN,
        .metric = metric,
    };

    if (change.state == APPROVAL_GIVEN)
        return true;
    if (change.state == APPROVAL_CHANGED &&
        !tell_changed(work, entry != NULL ? entry->digest : "", &change, err))
        return false;
    if (change.state == APPROVAL_NEW)
        change.words = arena_format(work->arena, "%s (%s)", metric->description,
                                    data_category_name(metric->category));
    keep(work, &change);
    return true;
}

/* What was approved and what is in force, side by side. */
struct walk {
    const struct approval *entries;
    const struct catalog *catalog;
    size_t count, at, next;
};

/* The next key path, with what stands at it on each side, or NULL; false at the end. */
static bool walk_on(struct walk *walk, const struct approval **entry, const struct metric **metric)
{
    int order;

    *entry = walk->at < walk->count ? &walk->entries[walk->at] : NULL;
    *metric = walk->next < walk->catalog->count ? walk->catalog->metrics[walk->next] : NULL;
    if (*entry == NULL && *metric == NULL)
        return false;
    order = *entry != NULL ? -1 : 1;
    if (*entry != NULL && *metric != NULL)
        order = key_path_compare((*entry)->key_path, (*metric)->key_path);
    if (order > 0)
        *entry = NULL;
    else
        walk->at++;
    if (order < 0)
        *metric = NULL;
    else
        walk->next++;
    return true;
}

bool approvals_compare(const struct approvals *approvals, struct store *store,
                       const struct catalog *catalog, struct arena *arena,
                       struct approval_changes *found, struct error *err)
{
    struct comparison work = {approvals, store, arena, NULL, found};
    struct walk walk = {.catalog = catalog};
    const struct approval *entry;
    const struct metric *metric;

    *found = (struct approval_changes){0};
    if (approvals != NULL && !approvals_exist(approvals))
        return true;
    walk.entries = approvals_list(approvals, &walk.count);
    while (walk_on(&walk, &entry, &metric)) {
        if (metric != NULL && !tell_metric(&work, entry, metric, err))
            return false;
        if (metric == NULL && entry != NULL)
            tell_gone(&work, entry);
    }
    return true;
}

/* ---- Accepting ---- */

static bool names_categories(const struct approvals_choice *choice)
{
    for (int i = 0; i < CATEGORY_COUNT; i++)
        if (choice->categories[i])
            return true;
    return false;
}

bool approvals_choice_takes(const struct approvals_choice *choice,
                            const struct approval_change *change)
{
    bool matched = choice->glob_count == 0;

    for (size_t i = 0; i < choice->glob_count && !matched; i++)
        matched = str_matches(change->key_path, choice->globs[i]);
    if (!names_categories(choice))
        return matched;
    return matched && change->metric != NULL && choice->categories[change->metric->category];
}

static bool accept_first(const struct approvals_work *at, const struct approvals_choice *choice,
                         struct comparison *work, struct error *err)
{
    const struct catalog *catalog = at->catalog;

    if (choice->glob_count > 0 || names_categories(choice))
        return error_set(err, ERROR_REFUSED,
                         "nothing is held, because nothing was approved yet: 'service-ping consent "
                         "on' or 'service-ping accept --all' approves all %zu metrics in force, "
                         "and holds what changes from then on",
                         catalog->count);
    if (!approvals_begin(at->approvals, at->store, catalog, err))
        return false;
    for (size_t i = 0; i < catalog->count; i++)
        keep(work, &(struct approval_change){.key_path = catalog->metrics[i]->key_path,
                                             .state = APPROVAL_NEW,
                                             .metric = catalog->metrics[i]});
    return true;
}

/* What is approved by policy is written down on this occasion, and is no part of the answer. */
static bool accept_later(const struct approvals_work *at, const struct approvals_choice *choice,
                         const struct approval_changes *all, struct comparison *work,
                         struct error *err)
{
    const struct metric **accepted = ARENA_ARRAY(at->arena, const struct metric *, all->count + 1);
    const char **forgotten = ARENA_ARRAY(at->arena, const char *, all->count + 1);
    struct approvals_edit edit = {.accepted = accepted, .forgotten = forgotten};

    for (size_t i = 0; i < all->count; i++) {
        const struct approval_change *change = &all->changes[i];
        bool taken = approvals_choice_takes(choice, change);

        if (taken)
            keep(work, change);
        if (change->gone && taken)
            forgotten[edit.forgotten_count++] = change->key_path;
        else if (!change->gone && (taken || !change->held))
            accepted[edit.accepted_count++] = change->metric;
    }
    if (edit.accepted_count + edit.forgotten_count == 0)
        return true;
    return approvals_change(at->approvals, at->store, &edit, err);
}

bool approvals_accept_chosen(const struct approvals_work *at, const struct approvals_choice *choice,
                             struct approval_changes *accepted, struct error *err)
{
    struct comparison work = {at->approvals, at->store, at->arena, NULL, accepted};
    struct approval_changes all = {0};

    *accepted = (struct approval_changes){0};
    if (!approvals_exist(at->approvals))
        return accept_first(at, choice, &work, err);
    return approvals_compare(at->approvals, at->store, at->catalog, at->arena, &all, err) &&
           accept_later(at, choice, &all, &work, err);
}

const char *approval_change_name(const struct approval_change *change)
{
    if (change->gone)
        return "gone";
    return change->state == APPROVAL_NEW ? "new" : "changed";
}
