#include "agent/store_file.h"

#include "agent/base/memory.h"
#include "agent/base/str.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_TIMEOUT_MS = 2000 };

struct statement {
    struct store_file *file;
    const char *sql;
    sqlite3_stmt *handle; /* NULL: it could not be prepared */
    int problem;          /* of preparing or of a parameter; SQLITE_OK: none */
    struct statement *next;
};

struct store_file {
    char *path;
    sqlite3 *db;
    struct statement *statements;
};

/* What a result of SQLite means to an admin; the path stands before, SQLite's own words after. */
struct meaning {
    int result; /* primary code */
    enum error_kind kind;
    const char *text;
};

static const struct meaning meanings[] = {
    {SQLITE_FULL, ERROR_UNAVAILABLE,
     "the disk is full; free some space (what was stored before is still there)"},
    {SQLITE_IOERR, ERROR_UNAVAILABLE, "the disk cannot be read or written; check the disk"},
    {SQLITE_BUSY, ERROR_UNAVAILABLE, "another program has locked the file; close it and try again"},
    {SQLITE_LOCKED, ERROR_UNAVAILABLE,
     "another program has locked the file; close it and try again"},
    {SQLITE_READONLY, ERROR_DENIED,
     "the file or its folder may only be read; run this as the owner of the state folder"},
    {SQLITE_PERM, ERROR_DENIED, "not permitted; run this as the owner of the state folder"},
    {SQLITE_CANTOPEN, ERROR_DENIED, "cannot be opened; run this as the owner of the state folder"},
    {SQLITE_CORRUPT, ERROR_INVALID,
     "the file is damaged; 'service-ping recover' saves what can be read, under the same identity, "
     "or put a backup in its place (nothing is replaced by itself)"},
    {SQLITE_NOTADB, ERROR_INVALID,
     "this is not the store of service-ping, or it is damaged; 'service-ping recover' begins anew "
     "under the same identity, or put a backup in its place (nothing is replaced by itself)"},
};

/* What the system said of a file beside the store, its shared memory say, tells more. */
static int better_known(const struct store_file *file, int result)
{
    int problem = file->db != NULL ? sqlite3_system_errno(file->db) : 0;
    bool vague = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;

    if (vague && (problem == ENOSPC || problem == EDQUOT || problem == EFBIG))
        return SQLITE_FULL;
    if (vague && problem == EROFS)
        return SQLITE_READONLY;
    return result & 0xff;
}

static bool fail(const struct store_file *file, int result, struct error *err)
{
    const char *words = file->db != NULL ? sqlite3_errmsg(file->db) : sqlite3_errstr(result);
    int known = better_known(file, result);

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].result == known)
            return error_set(err, meanings[i].kind, "%s: %s (SQLite says: %s)", file->path,
                             meanings[i].text, words);
    return error_set(err, ERROR_REFUSED, "%s: SQLite refuses: %s", file->path, words);
}

/* `name` is what SQLite is told, `path` what people are. */
static struct store_file *open_as(const char *name, const char *path, int flags, struct error *err)
{
    struct store_file *file = memory_alloc(sizeof(*file));
    int result;

    file->path = memory_alloc(strlen(path) + 1);
    (void)memcpy(file->path, path, strlen(path));
    result = sqlite3_open_v2(name, &file->db, flags, NULL);
    if (result != SQLITE_OK) {
        (void)fail(file, result, err);
        store_file_close(file);
        return NULL;
    }
    (void)sqlite3_busy_timeout(file->db, BUSY_TIMEOUT_MS);
    return file;
}

struct store_file *store_file_open(const char *path, struct error *err)
{
    return open_as(path, path, SQLITE_OPEN_READWRITE, err);
}

static void add_escaped(const char *path, struct str *out)
{
    for (; *path != '\0'; path++) {
        if (strchr("?#%", *path) != NULL)
            str_add_format(out, "%%%02X", (unsigned)(unsigned char)*path);
        else
            str_add_char(out, *path);
    }
}

/*
 * A reader of a file with a write-ahead log needs the shared memory beside it, which only exists
 * while somebody has the file open; SQLite would create it. Without a log, or with nothing in it,
 * the file is whole.
 */
struct store_file *store_file_open_to_read(const char *path, struct error *err)
{
    struct store_file *file;
    struct stat journal;
    struct str name;

    str_init(&name);
    str_add_format(&name, "%s-wal", path);
    if (stat(name.text, &journal) == 0 && journal.st_size > 0) {
        file = open_as(path, path, SQLITE_OPEN_READONLY, err);
    } else {
        str_clear(&name);
        str_add(&name, "file:");
        add_escaped(path, &name);
        str_add(&name, "?immutable=1");
        file = open_as(name.text, path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    }
    str_release(&name);
    return file;
}

void store_file_close(struct store_file *file)
{
    if (file == NULL)
        return;
    while (file->statements != NULL) {
        struct statement *next = file->statements->next;

        (void)sqlite3_finalize(file->statements->handle);
        free(file->statements);
        file->statements = next;
    }
    (void)sqlite3_close(file->db);
    free(file->path);
    free(file);
}

bool store_file_run(struct store_file *file, const char *sql, struct error *err)
{
    int result = sqlite3_exec(file->db, sql, NULL, NULL, NULL);

    return result == SQLITE_OK || fail(file, result, err);
}

bool store_file_begin(struct store_file *file, struct error *err)
{
    if (sqlite3_get_autocommit(file->db) == 0)
        return true;
    return store_file_run(file, "BEGIN IMMEDIATE", err);
}

bool store_file_commit(struct store_file *file, struct error *err)
{
    if (sqlite3_get_autocommit(file->db) != 0)
        return true;
    return store_file_run(file, "COMMIT", err);
}

void store_file_rollback(struct store_file *file)
{
    /* SQLite has rolled back by itself after some errors. */
    if (sqlite3_get_autocommit(file->db) == 0)
        (void)sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
}

bool store_file_end(struct store_file *file, bool done, struct error *err)
{
    if (done && store_file_commit(file, err))
        return true;
    store_file_rollback(file);
    return false;
}

static struct statement *find_statement(const struct store_file *file, const char *sql)
{
    struct statement *statement = file->statements;

    while (statement != NULL && statement->sql != sql)
        statement = statement->next;
    return statement;
}

struct statement *statement_of(struct store_file *file, const char *sql)
{
    struct statement *statement = find_statement(file, sql);

    if (statement == NULL) {
        statement = memory_alloc(sizeof(*statement));
        *statement = (struct statement){.file = file, .sql = sql, .next = file->statements};
        file->statements = statement;
    }
    statement->problem = SQLITE_OK;
    if (statement->handle == NULL)
        statement->problem = sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                                &statement->handle, NULL);
    return statement;
}

static void note(struct statement *statement, int result)
{
    if (statement->problem == SQLITE_OK)
        statement->problem = result;
}

void statement_put_integer(struct statement *statement, int at, int64_t number)
{
    if (statement->handle != NULL)
        note(statement, sqlite3_bind_int64(statement->handle, at, number));
}

void statement_put_text(struct statement *statement, int at, const char *text)
{
    if (statement->handle != NULL)
        note(statement, sqlite3_bind_text(statement->handle, at, text, -1, SQLITE_TRANSIENT));
}

void statement_put_bytes(struct statement *statement, int at, const void *bytes, size_t length)
{
    if (statement->handle != NULL)
        note(statement,
             sqlite3_bind_blob64(statement->handle, at, bytes, length, SQLITE_TRANSIENT));
}

void statement_put_column(struct statement *statement, int at, struct statement *row, int column)
{
    if (statement->handle != NULL)
        note(statement,
             sqlite3_bind_value(statement->handle, at, sqlite3_column_value(row->handle, column)));
}

void statement_end(struct statement *statement)
{
    if (statement->handle == NULL)
        return;
    (void)sqlite3_reset(statement->handle);
    (void)sqlite3_clear_bindings(statement->handle);
}

bool statement_step(struct statement *statement, bool *row, struct error *err)
{
    int result = statement->problem;

    if (result == SQLITE_OK)
        result = sqlite3_step(statement->handle);
    *row = result == SQLITE_ROW;
    if (*row)
        return true;
    if (result != SQLITE_DONE)
        (void)fail(statement->file, result, err);
    statement_end(statement);
    return result == SQLITE_DONE;
}

bool statement_run(struct statement *statement, struct error *err)
{
    bool row;

    if (!statement_step(statement, &row, err))
        return false;
    if (row)
        statement_end(statement);
    return true;
}

int64_t statement_integer(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

const char *statement_text(struct statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->handle, column);
}

const char *statement_bytes(struct statement *statement, int column, size_t *length)
{
    const char *bytes = sqlite3_column_blob(statement->handle, column);

    *length = (size_t)sqlite3_column_bytes(statement->handle, column);
    return bytes != NULL ? bytes : "";
}

bool statement_number(struct statement *statement, int64_t *number, struct error *err)
{
    bool row;

    *number = 0;
    if (!statement_step(statement, &row, err))
        return false;
    if (!row)
        return true;
    *number = statement_integer(statement, 0);
    statement_end(statement);
    return true;
}
