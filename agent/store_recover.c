#include "agent/store_recover.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/base/owner.h"
#include "agent/store.h"
#include "agent/store_inside.h"
#include "agent/store_salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct recover {
    const char *folder, *path;
    struct arena *arena;
    struct store_recovery *recovery;
    struct store *store;     /* for its lock */
    struct store_file *file; /* the damaged one; NULL: it cannot be opened, or is gone */
    bool there;
    int64_t version; /* 0: not known */
    bool damaged;
};

/* ---- What is the matter ---- */

static bool check_whole(struct recover *recover, struct error *err)
{
    struct statement *ask = statement_of(recover->file, "PRAGMA integrity_check(1)");
    const char *said;
    bool row;

    if (!statement_step(ask, &row, err))
        return false;
    said = row ? statement_text(ask, 0) : NULL;
    recover->damaged = said == NULL || strcmp(said, "ok") != 0;
    if (row)
        statement_end(ask);
    return true;
}

static bool read_id(struct recover *recover, char id[UUID_TEXT_SIZE])
{
    struct statement *ask;
    struct error ignored;
    const char *text;
    bool row;

    id[0] = '\0';
    if (recover->file == NULL)
        return false;
    ask = statement_of(recover->file, "SELECT id FROM instance");
    if (!statement_step(ask, &row, &ignored) || !row)
        return false;
    text = statement_text(ask, 0);
    (void)snprintf(id, UUID_TEXT_SIZE, "%s", text != NULL ? text : "");
    statement_end(ask);
    return strlen(id) == UUID_TEXT_SIZE - 1;
}

static bool refuse_newer(const struct recover *recover, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     "%s: a newer service-ping wrote this file (version %" PRId64
                     ", this one knows %" PRId64 "); it is not damaged: install that one again",
                     recover->path, recover->version, store_version);
}

/* INVALID is what recovering is for; any other failure has another remedy. */
static bool examine_file(struct recover *recover, struct error *err)
{
    char id[UUID_TEXT_SIZE];

    recover->file = store_file_open_to_read(recover->path, err);
    if (recover->file == NULL || !store_read_version(recover->file, &recover->version, err) ||
        (recover->version <= store_version && !check_whole(recover, err))) {
        recover->damaged = true;
        return err->kind == ERROR_INVALID;
    }
    if (recover->version > store_version)
        return refuse_newer(recover, err);
    recover->damaged = recover->damaged || recover->version == 0 || !read_id(recover, id);
    return true;
}

static bool examine(struct recover *recover, struct error *err)
{
    const char *journal = arena_format(recover->arena, "%s-wal", recover->path);
    char id[UUID_TEXT_SIZE];
    bool found;

    recover->there = access(recover->path, F_OK) == 0;
    if (recover->there)
        return examine_file(recover, err);
    recover->damaged = true;
    if (!store_identity_read(recover->folder, id, &found, err))
        return false;
    return found || access(journal, F_OK) == 0 ||
           error_set(err, ERROR_REFUSED, "there never was a store in %s: nothing to recover",
                     recover->folder);
}

/* The file beside the store first: it is there for this. */
static bool find_identity(struct recover *recover, bool new_identity, struct error *err)
{
    struct store_recovery *recovery = recover->recovery;
    bool found;

    if (!store_identity_read(recover->folder, recovery->instance_id, &found, err))
        return false;
    if (found || read_id(recover, recovery->instance_id))
        return true;
    recovery->new_identity = true;
    (void)uuid_random(recovery->instance_id);
    return new_identity ||
           error_set(err, ERROR_REFUSED,
                     "the identity of this instance can be read neither in %s nor in the file "
                     "'" STORE_IDENTITY "' beside it: put a backup of either in place, or permit "
                     "another one with --new-identity (the central side then sees a new instance)",
                     recover->path);
}

/* ---- The new store ---- */

static bool fill(struct recover *recover, const char *fresh, struct error *err)
{
    struct salvage salvage = {
        .arena = recover->arena,
        .from = recover->file,
        .older = recover->version > 0 && recover->version < store_version,
        .salvaged = &recover->recovery->salvaged,
    };
    bool done;

    if (!store_fill_file(fresh, recover->recovery->instance_id, err))
        return false;
    salvage.to = store_file_open(fresh, err);
    if (salvage.to == NULL)
        return false;
    done = salvage_all(&salvage, err);
    store_file_close(salvage.to);
    return done;
}

static bool fail(const char *what, const char *path, struct error *err)
{
    return error_set(err, ERROR_UNAVAILABLE, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* A journal of the old file beside the new one would be played into it. */
static bool move_journal(const struct recover *recover, const char *aside, struct error *err)
{
    const char *journal = arena_format(recover->arena, "%s-wal", recover->path);

    if (rename(journal, arena_format(recover->arena, "%s-wal", aside)) != 0 && errno != ENOENT)
        return fail("set it aside", journal, err);
    /* Only shared memory of readers that are gone. */
    (void)unlink(arena_format(recover->arena, "%s-shm", recover->path));
    return true;
}

/* The old file keeps its name until the new one takes it, so that there always is one. */
static bool set_aside(struct recover *recover, struct error *err)
{
    char when[TIME_TEXT_SIZE];
    const char *aside;

    (void)time_text(now_wall_us(), when);
    aside = arena_format(recover->arena, "%s.damaged-%.4s%.2s%.2sT%.2s%.2s%.2sZ", recover->path,
                         when, when + 5, when + 8, when + 11, when + 14, when + 17);
    if (!move_journal(recover, aside, err))
        return false;
    if (!recover->there)
        return true;
    if (link(recover->path, aside) != 0 && rename(recover->path, aside) != 0)
        return fail("set it aside", recover->path, err);
    recover->recovery->aside = aside;
    return true;
}

static bool replace(struct recover *recover, struct error *err)
{
    const char *fresh = arena_format(recover->arena, "%s.new", recover->path);

    if (!fill(recover, fresh, err)) {
        (void)unlink(fresh);
        return false;
    }
    store_file_close(recover->file);
    recover->file = NULL;
    if (!set_aside(recover, err))
        return false;
    if (rename(fresh, recover->path) != 0)
        return fail("put the new store in its place", recover->path, err);
    store_sync_folder(recover->path);
    return store_identity_keep(recover->folder, recover->recovery->instance_id, err);
}

static bool recover_locked(struct recover *recover, bool new_identity, struct error *err)
{
    if (!examine(recover, err))
        return false;
    recover->recovery->sound = !recover->damaged;
    return !recover->damaged ||
           (find_identity(recover, new_identity, err) && replace(recover, err));
}

bool store_recover(const char *folder, bool new_identity, struct arena *arena,
                   struct store_recovery *recovery, struct error *err)
{
    struct recover recover = {
        .folder = folder,
        .path = arena_format(arena, "%s/" STORE_FILE, folder),
        .arena = arena,
        .recovery = recovery,
        .store = memory_alloc(sizeof(*recover.store)),
    };
    bool done;

    *recovery = (struct store_recovery){0};
    recover.store->lock = -1;
    done = owner_become(folder, err) && store_take_lock(recover.store, folder, err) &&
           recover_locked(&recover, new_identity, err);
    store_file_close(recover.file);
    store_close(recover.store);
    return done;
}
