#include "agent/approvals.h"

#include "agent/base/file.h"
#include "agent/base/memory.h"
#include "agent/store_memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_LENGTH = DIGEST_TEXT_SIZE - 1 };

static const char file_name[] = "consent.lock";
static const char first_line[] = "service-ping consent.lock 1";

struct approvals {
    struct arena *arena; /* of the entries */
    char *path;
    struct approval *entries; /* sorted by key_path_compare */
    size_t count;
    bool exist;
    bool trusted[CATEGORY_COUNT];
    struct error unreadable; /* its kind is ERROR_NONE of those that were read */
};

/* ---- The file ---- */

static int compare_entries(const void *left, const void *right)
{
    const struct approval *a = left, *b = right;

    return key_path_compare(a->key_path, b->key_path);
}

static bool damaged(const struct approvals *approvals, size_t line, const char *what,
                    struct error *err)
{
    return error_set(err, ERROR_INVALID,
                     "%s:%zu: %s; all metrics are held until you put back a backup of this file, "
                     "or move it away and approve anew with 'service-ping accept --all'",
                     approvals->path, line, what);
}

static bool is_digest(const char *text, size_t length)
{
    for (size_t i = 0; i < DIGEST_LENGTH; i++)
        if (i >= length ||
            (isdigit((unsigned char)text[i]) == 0 && (text[i] < 'a' || text[i] > 'f')))
            return false;
    return true;
}

static bool take_line(struct approvals *approvals, const char *text, size_t length, size_t line,
                      struct error *err)
{
    const char *key = text + DIGEST_LENGTH + 1;
    struct approval *entry;

    if (!is_digest(text, length) || length < DIGEST_LENGTH + 2 || text[DIGEST_LENGTH] != ' ' ||
        memchr(text, '\0', length) != NULL)
        return damaged(approvals, line, "this is no digest with a key path behind it", err);
    approvals->entries = arena_grow(approvals->arena, approvals->entries, approvals->count,
                                    sizeof(approvals->entries[0]));
    entry = &approvals->entries[approvals->count++];
    *entry = (struct approval){
        .key_path = arena_copy_bytes(approvals->arena, key, length - DIGEST_LENGTH - 1)};
    (void)memcpy(entry->digest, text, DIGEST_LENGTH);
    return true;
}

static bool check_twins(const struct approvals *approvals, struct error *err)
{
    for (size_t i = 1; i < approvals->count; i++)
        if (strcmp(approvals->entries[i - 1].key_path, approvals->entries[i].key_path) == 0)
            return error_set(err, ERROR_INVALID,
                             "%s: %.200s stands there twice; all metrics are held until one of its "
                             "lines is gone",
                             approvals->path, approvals->entries[i].key_path);
    return true;
}

static bool take_lines(struct approvals *approvals, const char *text, size_t length,
                       struct error *err)
{
    size_t line = 1;

    for (; length > 0; line++) {
        const char *end = memchr(text, '\n', length);
        size_t taken;

        if (end == NULL)
            return damaged(approvals, line, "the file ends in the middle of a line", err);
        taken = (size_t)(end - text);
        if (line == 1 && (taken != strlen(first_line) || memcmp(text, first_line, taken) != 0))
            return damaged(approvals, line, "the first line is not that of a consent.lock", err);
        if (line > 1 && !take_line(approvals, text, taken, line, err))
            return false;
        text += taken + 1;
        length -= taken + 1;
    }
    if (line == 1)
        return damaged(approvals, line, "the file is empty", err);
    return true;
}

static bool read_file(struct approvals *approvals, struct error *err)
{
    struct arena *arena = arena_new();
    struct error failure = {0};
    const char *text;
    size_t length;
    bool done;

    if (file_read(approvals->path, arena, &text, &length, &failure)) {
        approvals->exist = true;
        done = take_lines(approvals, text, length, err);
        if (done && approvals->count > 0)
            qsort(approvals->entries, approvals->count, sizeof(approvals->entries[0]),
                  compare_entries);
        done = done && check_twins(approvals, err);
    } else {
        done = failure.kind == ERROR_MISSING ||
               error_set(err, failure.kind, "%s; all metrics are held until it can be read",
                         failure.text);
    }
    arena_free(arena);
    return done;
}

struct approvals *approvals_read(const char *folder, struct error *err)
{
    struct approvals *approvals = memory_alloc(sizeof(*approvals));

    approvals->arena = arena_new();
    approvals->path = arena_format(approvals->arena, "%s/%s", folder, file_name);
    if (read_file(approvals, err))
        return approvals;
    approvals_free(approvals);
    return NULL;
}

struct approvals *approvals_unreadable(const struct error *why)
{
    struct approvals *approvals = memory_alloc(sizeof(*approvals));

    approvals->arena = arena_new();
    approvals->exist = true;
    approvals->unreadable = *why;
    return approvals;
}

void approvals_free(struct approvals *approvals)
{
    if (approvals == NULL)
        return;
    arena_free(approvals->arena);
    free(approvals);
}

/* ---- What stands ---- */

void approvals_trust(struct approvals *approvals, const bool accepted[CATEGORY_COUNT])
{
    (void)memcpy(approvals->trusted, accepted, sizeof(approvals->trusted));
}

bool approvals_exist(const struct approvals *approvals)
{
    return approvals != NULL && approvals->exist;
}

const struct approval *approvals_list(const struct approvals *approvals, size_t *count)
{
    *count = approvals != NULL ? approvals->count : 0;
    return approvals != NULL ? approvals->entries : NULL;
}

static struct approval *find(const struct approvals *approvals, const char *key_path)
{
    const struct approval wanted = {.key_path = key_path};

    if (approvals->count == 0)
        return NULL;
    return bsearch(&wanted, approvals->entries, approvals->count, sizeof(wanted), compare_entries);
}

enum approval_state approvals_stand(const struct approvals *approvals, const struct metric *metric)
{
    const struct approval *entry;
    char digest[DIGEST_TEXT_SIZE];

    if (approvals == NULL)
        return APPROVAL_NEW;
    if (!approvals->exist)
        return APPROVAL_GIVEN;
    entry = find(approvals, metric->key_path);
    if (entry == NULL)
        return APPROVAL_NEW;
    return strcmp(entry->digest, approval_digest(metric, digest)) == 0 ? APPROVAL_GIVEN
                                                                       : APPROVAL_CHANGED;
}

enum approval_state approvals_state(const struct approvals *approvals, const struct metric *metric)
{
    if (approvals != NULL && approvals->unreadable.kind == ERROR_NONE &&
        approvals->trusted[metric->category])
        return APPROVAL_GIVEN;
    return approvals_stand(approvals, metric);
}

size_t approvals_held(const struct approvals *approvals, const struct catalog *catalog)
{
    size_t held = 0;

    for (size_t i = 0; i < catalog->count; i++)
        if (approvals_state(approvals, catalog->metrics[i]) != APPROVAL_GIVEN)
            held++;
    return held;
}

/* ---- Changes ---- */

/* What it said is known before it is approved. */
static bool keep_text(struct store *store, const struct metric *metric,
                      char digest[DIGEST_TEXT_SIZE], struct error *err)
{
    struct arena *arena = arena_new();
    const char *text = approval_text(metric, arena);
    bool done;

    (void)digest_text(text, strlen(text), digest);
    done = store_definition_keep(store, digest, text, err);
    arena_free(arena);
    return done;
}

static bool is_forgotten(const struct approvals_edit *edit, const char *key_path)
{
    for (size_t i = 0; i < edit->forgotten_count; i++)
        if (strcmp(edit->forgotten[i], key_path) == 0)
            return true;
    return false;
}

/* The entries as they will be, in an arena of their own; those that are accepted stand last. */
static bool edited(const struct approvals *now, struct store *store,
                   const struct approvals_edit *edit, struct approvals *next, struct error *err)
{
    struct approvals fresh = {
        .entries = ARENA_ARRAY(next->arena, struct approval, edit->accepted_count + 1)};

    for (size_t i = 0; i < edit->accepted_count; i++) {
        struct approval *entry = &fresh.entries[fresh.count++];

        entry->key_path = arena_copy(next->arena, edit->accepted[i]->key_path);
        if (!keep_text(store, edit->accepted[i], entry->digest, err))
            return false;
    }
    if (fresh.count > 0)
        qsort(fresh.entries, fresh.count, sizeof(fresh.entries[0]), compare_entries);
    next->entries = ARENA_ARRAY(next->arena, struct approval, now->count + fresh.count + 1);
    for (size_t i = 0; i < now->count; i++) {
        const struct approval *old = &now->entries[i];

        if (is_forgotten(edit, old->key_path) || find(&fresh, old->key_path) != NULL)
            continue;
        next->entries[next->count] = *old;
        next->entries[next->count++].key_path = arena_copy(next->arena, old->key_path);
    }
    for (size_t i = 0; i < fresh.count; i++)
        if (i == 0 || strcmp(fresh.entries[i - 1].key_path, fresh.entries[i].key_path) != 0)
            next->entries[next->count++] = fresh.entries[i];
    if (next->count > 0)
        qsort(next->entries, next->count, sizeof(next->entries[0]), compare_entries);
    return true;
}

static bool write_file(const struct approvals *approvals, struct error *err)
{
    struct str out;
    bool done;

    str_init(&out);
    str_add_format(&out, "%s\n", first_line);
    for (size_t i = 0; i < approvals->count; i++)
        str_add_format(&out, "%s %s\n", approvals->entries[i].digest,
                       approvals->entries[i].key_path);
    done = file_replace(approvals->path, out.text, out.length, err);
    str_release(&out);
    return done;
}

bool approvals_change(struct approvals *approvals, struct store *store,
                      const struct approvals_edit *edit, struct error *err)
{
    struct approvals next = *approvals;
    bool done;

    if (approvals->unreadable.kind != ERROR_NONE)
        return error_set(err, approvals->unreadable.kind, "%s", approvals->unreadable.text);
    next.arena = arena_new();
    next.path = arena_copy(next.arena, approvals->path);
    next.count = 0;
    next.exist = true;
    done = edited(approvals, store, edit, &next, err) && store_flush(store, err) &&
           write_file(&next, err);
    arena_free(done ? approvals->arena : next.arena);
    if (done)
        *approvals = next;
    return done;
}

bool approvals_accept(struct approvals *approvals, struct store *store,
                      const struct metric *const *metrics, size_t count, struct error *err)
{
    const struct approvals_edit edit = {.accepted = metrics, .accepted_count = count};

    return approvals_change(approvals, store, &edit, err);
}

bool approvals_begin(struct approvals *approvals, struct store *store,
                     const struct catalog *catalog, struct error *err)
{
    return (approvals->exist && approvals->unreadable.kind == ERROR_NONE) ||
           approvals_accept(approvals, store, catalog->metrics, catalog->count, err);
}

bool approvals_settle(struct approvals *approvals, struct store *store,
                      const struct catalog *catalog, struct error *err)
{
    const struct metric **taken;
    struct arena *arena;
    size_t count = 0;
    bool done;

    if (!approvals->exist)
        return true;
    arena = arena_new();
    taken = ARENA_ARRAY(arena, const struct metric *, catalog->count + 1);
    for (size_t i = 0; i < catalog->count; i++)
        if (approvals->trusted[catalog->metrics[i]->category] &&
            approvals_stand(approvals, catalog->metrics[i]) != APPROVAL_GIVEN)
            taken[count++] = catalog->metrics[i];
    done = count == 0 || approvals_accept(approvals, store, taken, count, err);
    arena_free(arena);
    return done;
}
