#include "agent/store.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/base/owner.h"
#include "agent/base/str.h"
#include "agent/store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Each text brings a file from the version before to the next; PRAGMA user_version counts them. A
 * text that was released is never changed, a new one is added.
 * Names are stored as words, not as numbers of an enum, so that the file explains itself.
 */
static const char *const migrations[] = {
    "CREATE TABLE instance (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL,"
    " created_us INTEGER NOT NULL);"
    "CREATE TABLE consent (one INTEGER PRIMARY KEY CHECK (one = 1), mode TEXT NOT NULL,"
    " categories TEXT NOT NULL, changed_us INTEGER NOT NULL, changed_by TEXT NOT NULL);"
    "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, recorded_at INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL, finished_us INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'finished', 'abandoned')),"
    " resumed INTEGER NOT NULL DEFAULT 0, definitions_digest TEXT NOT NULL);"
    "CREATE TABLE outcomes (run_id INTEGER NOT NULL REFERENCES runs, key_path TEXT NOT NULL,"
    " status TEXT NOT NULL, kind TEXT NOT NULL, value, reason TEXT, method TEXT,"
    " error_bound TEXT, took_us INTEGER NOT NULL, PRIMARY KEY (run_id, key_path)) WITHOUT ROWID;"
    "CREATE TABLE probes (run_id INTEGER NOT NULL REFERENCES runs, name TEXT NOT NULL,"
    " state BLOB NOT NULL, PRIMARY KEY (run_id, name)) WITHOUT ROWID;"
    "CREATE TABLE pings (id TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE,"
    " previous_id TEXT NOT NULL UNIQUE, run_id INTEGER NOT NULL UNIQUE REFERENCES runs,"
    " sealed_us INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('sealed', 'kept', 'sent', 'rejected')),"
    " bytes BLOB NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE attempts (id INTEGER PRIMARY KEY, ping_id TEXT NOT NULL REFERENCES pings,"
    " at_us INTEGER NOT NULL, http_status INTEGER NOT NULL, said TEXT);"
    "CREATE TABLE receipts (ping_id TEXT PRIMARY KEY REFERENCES pings, at_us INTEGER NOT NULL,"
    " http_status INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;",

    "ALTER TABLE runs ADD COLUMN busy_us INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE costs (probe TEXT PRIMARY KEY, busy_us INTEGER NOT NULL,"
    " rows_read INTEGER NOT NULL, rows_expected INTEGER NOT NULL, at_us INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX costs_at ON costs (at_us);",

    /* What a daemon needs; a sealed ping that is wanted waits to be sent; signatures come later. */
    "CREATE TABLE schedule (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL,"
    " last INTEGER NOT NULL);"
    "CREATE TABLE gaps (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " reason TEXT NOT NULL, ping_id TEXT REFERENCES pings);"
    "CREATE TABLE courier (one INTEGER PRIMARY KEY CHECK (one = 1), next_try_us INTEGER NOT NULL,"
    " failing_since_us INTEGER NOT NULL, tries INTEGER NOT NULL);"
    "CREATE TABLE definitions (digest TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "ALTER TABLE runs ADD COLUMN slot INTEGER NOT NULL DEFAULT 0;"
    "CREATE UNIQUE INDEX runs_slot ON runs (slot) WHERE slot <> 0;"
    "ALTER TABLE pings ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE pings ADD COLUMN signature BLOB;"
    "ALTER TABLE receipts ADD COLUMN signature BLOB;",

    /* A run that the agent began: what comes of it is to be sent. */
    "ALTER TABLE runs ADD COLUMN wanted INTEGER NOT NULL DEFAULT 0;"
    "UPDATE runs SET wanted = 1 WHERE slot <> 0;",
};

const int64_t store_version = (int64_t)(sizeof(migrations) / sizeof(migrations[0]));

/* A failed call on a file or folder, with what the admin can do about it. */
static bool fail(struct error *err, const char *what, const char *path)
{
    int problem = errno;
    bool forbidden = problem == EACCES || problem == EPERM || problem == EROFS;
    const char *advice = "";

    if (forbidden)
        advice = "; run this as the owner of the state folder, and see that it may be written";
    else if (problem == ENOENT)
        advice = "; create the folder above it first";
    else if (problem == ENOSPC)
        advice = "; free some space";
    return error_set(err, forbidden ? ERROR_DENIED : ERROR_UNAVAILABLE, "%s: cannot %s: %s%s", path,
                     what, strerror(problem), advice);
}

static bool make_folder(const char *folder, struct error *err)
{
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        return true;
    return fail(err, "create the state folder", folder);
}

static long read_owner(int lock)
{
    char text[32] = "";
    ssize_t length = pread(lock, text, sizeof(text) - 1, 0);

    return length > 0 ? strtol(text, NULL, 10) : 0;
}

/* The owner's number is only for people; the lock itself is the kernel's and ends with its owner.
 */
static bool write_owner(int lock, const char *path, struct error *err)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(lock, 0) != 0 || pwrite(lock, text, (size_t)length, 0) != length)
        return fail(err, "write", path);
    return true;
}

bool store_take_lock(struct store *store, const char *folder, struct error *err)
{
    struct str path;
    bool done = false;

    str_init(&path);
    str_add_format(&path, "%s/lock", folder);
    store->lock = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        (void)fail(err, "open", path.text);
    else if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        done = write_owner(store->lock, path.text, err);
    else if (errno == EWOULDBLOCK)
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "another service-ping (pid %ld) owns %s; ask that one, or stop it first",
                        read_owner(store->lock), folder);
    else
        (void)fail(err, "lock", path.text);
    str_release(&path);
    return done;
}

static bool configure(struct store_file *file, struct error *err)
{
    /* Half a megabyte of it in memory is enough. FULL: a ping that was reported as sealed or sent
     * is still there after a power cut. */
    return store_file_run(
        file,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -512;",
        err);
}

static bool migrate_from(struct store_file *file, int64_t version, struct error *err)
{
    char number[64];

    for (; version < store_version; version++) {
        (void)snprintf(number, sizeof(number), "PRAGMA user_version = %" PRId64, version + 1);
        if (!store_file_begin(file, err))
            return false;
        if (!store_file_end(file,
                            store_file_run(file, migrations[version], err) &&
                                store_file_run(file, number, err),
                            err))
            return false;
    }
    return true;
}

static bool add_instance(struct store_file *file, const char *id, struct error *err)
{
    struct statement *add =
        statement_of(file, "INSERT INTO instance (one, id, created_us) VALUES (1, ?1, ?2)");

    statement_put_text(add, 1, id);
    statement_put_integer(add, 2, now_wall_us());
    return statement_run(add, err);
}

bool store_fill_file(const char *path, const char *instance_id, struct error *err)
{
    struct store_file *file;
    bool done;
    int empty = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (empty < 0)
        return fail(err, "create", path);
    (void)close(empty);
    file = store_file_open(path, err);
    if (file == NULL)
        return false;
    done = migrate_from(file, 0, err) && add_instance(file, instance_id, err);
    store_file_close(file);
    return done;
}

/* Without this a power cut could take the name away again, and with it the identity. */
void store_sync_folder(const char *path)
{
    struct str folder;
    int opened;

    str_init(&folder);
    str_add_bytes(&folder, path, (size_t)(strrchr(path, '/') - path));
    opened = open(folder.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened >= 0) {
        (void)fsync(opened);
        (void)close(opened);
    }
    str_release(&folder);
}

/* What tells that there was a store here, whose file is gone: its journal, or its identity. */
static bool check_nothing_lost(const char *folder, const char *path, struct error *err)
{
    char id[UUID_TEXT_SIZE];
    struct str journal;
    bool found = false, alone;

    str_init(&journal);
    str_add_format(&journal, "%s-wal", path);
    alone = access(journal.text, F_OK) != 0 ||
            error_set(err, ERROR_INVALID,
                      "%s is gone but %s is still there; put back both from a backup, or let "
                      "'service-ping recover' begin a new file under the old identity",
                      path, journal.text);
    str_release(&journal);
    if (!alone || !store_identity_read(folder, id, &found, err))
        return false;
    return !found ||
           error_set(err, ERROR_INVALID,
                     "%s is gone, but not the identity %s beside it; put back the file from a "
                     "backup, or let 'service-ping recover' begin a new one under that identity",
                     path, id);
}

/* The file appears under its name when its identity is in it, so that one without is damaged. */
static bool create_file(const char *folder, const char *path, struct error *err)
{
    char id[UUID_TEXT_SIZE];
    struct str fresh;
    bool done;

    if (!check_nothing_lost(folder, path, err))
        return false;
    str_init(&fresh);
    str_add_format(&fresh, "%s.new", path);
    done = store_fill_file(fresh.text, uuid_random(id), err) &&
           (rename(fresh.text, path) == 0 || fail(err, "create", path));
    if (done)
        store_sync_folder(path);
    str_release(&fresh);
    return done;
}

bool store_read_version(struct store_file *file, int64_t *version, struct error *err)
{
    struct statement *ask = statement_of(file, "PRAGMA user_version");
    bool row;

    if (!statement_step(ask, &row, err))
        return false;
    *version = row ? statement_integer(ask, 0) : 0;
    statement_end(ask);
    return true;
}

static bool no_identity(const char *path, struct error *err)
{
    return error_set(err, ERROR_INVALID,
                     "%s: the identity of this instance is not in the file; put a backup in its "
                     "place, or let 'service-ping recover' save what can be read",
                     path);
}

/* Before anything is written. */
static bool check_version(struct store_file *file, const char *path, int64_t *version,
                          struct error *err)
{
    if (!store_read_version(file, version, err))
        return false;
    if (*version == 0)
        return no_identity(path, err);
    if (*version > store_version)
        return error_set(err, ERROR_INVALID,
                         "%s: a newer service-ping wrote this file (version %" PRId64
                         ", this one knows %" PRId64 "); install that one again",
                         path, *version, store_version);
    return true;
}

static bool read_instance(struct store *store, const char *path, struct error *err)
{
    struct statement *ask = statement_of(store->file, "SELECT id FROM instance");
    const char *id;
    bool row;

    if (!statement_step(ask, &row, err))
        return false;
    id = row ? statement_text(ask, 0) : NULL;
    if (id != NULL)
        (void)snprintf(store->instance_id, sizeof(store->instance_id), "%s", id);
    statement_end(ask);
    if (strlen(store->instance_id) == UUID_TEXT_SIZE - 1)
        return true;
    return no_identity(path, err);
}

static bool open_file(struct store *store, const char *folder, const char *path, struct error *err)
{
    int64_t version;

    if (access(path, F_OK) != 0 && errno != ENOENT)
        return fail(err, "open", path);
    if (access(path, F_OK) != 0 && !create_file(folder, path, err))
        return false;
    store->file = store_file_open(path, err);
    return store->file != NULL && check_version(store->file, path, &version, err) &&
           configure(store->file, err) && migrate_from(store->file, version, err) &&
           read_instance(store, path, err) && store_identity_keep(folder, store->instance_id, err);
}

static bool check_current(struct store_file *file, const char *path, struct error *err)
{
    int64_t version;

    if (!check_version(file, path, &version, err))
        return false;
    return version == store_version ||
           error_set(err, ERROR_MISSING, "%s: an older service-ping wrote this file", path);
}

static bool open_file_to_read(struct store *store, const char *path, struct error *err)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return error_set(err, ERROR_MISSING, "%s: there is no such file yet", path);
    if (access(path, R_OK) != 0)
        return fail(err, "open", path);
    store->file = store_file_open_to_read(path, err);
    return store->file != NULL && check_current(store->file, path, err) &&
           read_instance(store, path, err);
}

struct store *store_open_to_read(const char *folder, struct error *err)
{
    struct store *store = memory_alloc(sizeof(*store));
    struct str path;
    bool done;

    store->lock = -1;
    str_init(&path);
    str_add_format(&path, "%s/" STORE_FILE, folder);
    done = owner_become(folder, err) && open_file_to_read(store, path.text, err);
    str_release(&path);
    if (done)
        return store;
    store_close(store);
    return NULL;
}

struct store *store_open(const char *folder, struct error *err)
{
    struct store *store = memory_alloc(sizeof(*store));
    struct str path;
    bool done;

    store->lock = -1;
    str_init(&path);
    str_add_format(&path, "%s/" STORE_FILE, folder);
    done = owner_make(folder, err) && owner_become(folder, err) && make_folder(folder, err) &&
           store_take_lock(store, folder, err) && open_file(store, folder, path.text, err);
    str_release(&path);
    if (done)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_file_close(store->file);
    if (store->lock >= 0)
        (void)close(store->lock);
    free(store);
}

const char *store_instance_id(const struct store *store)
{
    return store->instance_id;
}
