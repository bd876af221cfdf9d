#include "agent/store_salvage.h"

#include "agent/base/digest.h"
#include "agent/base/str.h"

#include <string.h>

/*
 * Tables and columns are those that both files have, so that a file of an older version is read as
 * well. A table is read from its beginning until that fails, and then from its end: what lies
 * between is lost. Rows are put right among each other afterwards.
 */

struct table {
    const char *name;
    const char *columns; /* "a, b" of both files; "": the table is in the new one alone */
    const char *key;     /* "a DESC, b DESC" */
    unsigned count;
};

/* What people call it; tables that are not listed have their own name. */
static const char *words_for(const char *table)
{
    static const char *const words[][2] = {
        {"runs", "collections"},
        {"outcomes", "values of metrics"},
        {"attempts", "tries"},
        {"gaps", "gaps of the schedule"},
        {"definitions", "definitions"},
        {"consent", "the answer about consent"},
        {"schedule", "the next slot"},
        {"costs", "costs of probes"},
        {"courier", "when to try again"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(table, words[i][0]) == 0)
            return words[i][1];
    return table;
}

/* ---- Which tables and columns ---- */

/* One text that a statement about a table gives; "" for none. */
static bool ask_text(struct store_file *file, const char *sql, const char *table,
                     struct arena *arena, const char **text, struct error *err)
{
    struct statement *ask = statement_of(file, sql);
    bool row;

    *text = "";
    statement_put_text(ask, 1, table);
    if (!statement_step(ask, &row, err))
        return false;
    if (!row)
        return true;
    if (statement_text(ask, 0) != NULL)
        *text = arena_copy(arena, statement_text(ask, 0));
    statement_end(ask);
    return true;
}

static bool has_name(const char *list, const char *name, size_t length)
{
    while (*list != '\0') {
        size_t next = strcspn(list, ",");

        if (next == length && strncmp(list, name, length) == 0)
            return true;
        list += next + (list[next] == ',' ? 1 : 0);
    }
    return false;
}

/* The names of `ours` that are in `theirs`, too. */
static void share(const char *ours, const char *theirs, struct arena *arena, struct table *table)
{
    const char *shared = "";

    while (*ours != '\0') {
        size_t length = strcspn(ours, ",");

        if (has_name(theirs, ours, length)) {
            shared = arena_format(arena, "%s%s%.*s", shared, table->count > 0 ? ", " : "",
                                  (int)length, ours);
            table->count++;
        }
        ours += length + (ours[length] == ',' ? 1 : 0);
    }
    table->columns = shared;
}

static const char names_sql[] = "SELECT group_concat(name) FROM pragma_table_info(?1)";
static const char key_sql[] = "SELECT group_concat(name || ' DESC', ', ') FROM"
                              " (SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk)";

/* `*readable` false: what the damaged file says of its tables cannot be read. */
static bool describe(const struct salvage *salvage, struct table *table, bool *readable,
                     struct error *err)
{
    const char *ours, *theirs = "";
    struct error ignored;

    *readable = salvage->from != NULL &&
                ask_text(salvage->from, names_sql, table->name, salvage->arena, &theirs, &ignored);
    if (!ask_text(salvage->to, names_sql, table->name, salvage->arena, &ours, err) ||
        !ask_text(salvage->to, key_sql, table->name, salvage->arena, &table->key, err))
        return false;
    share(ours, *readable ? theirs : "", salvage->arena, table);
    *readable = *readable && (table->count > 0 || salvage->older);
    return true;
}

/* ---- Rows ---- */

static const char *insert_text(const struct table *table, struct arena *arena)
{
    const char *values = "?1";

    for (unsigned i = 2; i <= table->count; i++)
        values = arena_format(arena, "%s, ?%u", values, i);
    return arena_format(arena, "INSERT OR IGNORE INTO %s (%s) VALUES (%s)", table->name,
                        table->columns, values);
}

/* Until the end, or until something cannot be read (`*whole` false). */
static bool copy_rows(const struct salvage *salvage, const struct table *table, const char *select,
                      const char *insert, bool *whole, struct error *err)
{
    struct statement *from = statement_of(salvage->from, select);
    struct error ignored;
    bool row = true;

    *whole = true;
    while (row) {
        struct statement *to = statement_of(salvage->to, insert);

        *whole = statement_step(from, &row, &ignored);
        if (!row)
            return true;
        for (unsigned i = 0; i < table->count; i++)
            statement_put_column(to, (int)i + 1, from, (int)i);
        if (statement_run(to, err))
            continue;
        statement_end(from);
        return false;
    }
    return true;
}

static bool copy_table(const struct salvage *salvage, const struct table *table, bool *whole,
                       struct error *err)
{
    struct arena *arena = salvage->arena;
    const char *insert = insert_text(table, arena);
    const char *onward = arena_format(arena, "SELECT %s FROM %s", table->columns, table->name);
    const char *back = arena_format(arena, "%s ORDER BY %s", onward, table->key);
    bool ignored;

    if (!copy_rows(salvage, table, onward, insert, whole, err))
        return false;
    return *whole || copy_rows(salvage, table, back, insert, &ignored, err);
}

static bool count_rows(struct store_file *file, const char *sql, size_t *rows, struct error *err)
{
    int64_t number;
    bool done = statement_number(statement_of(file, sql), &number, err);

    *rows = (size_t)number;
    return done;
}

static struct store_saved *add_saved(struct salvage *salvage, const char *what)
{
    struct salvaged *salvaged = salvage->salvaged;
    struct store_saved *saved =
        arena_grow(salvage->arena, salvaged->saved, salvaged->saved_count, sizeof(*saved));

    salvaged->saved = saved;
    saved += salvaged->saved_count++;
    *saved = (struct store_saved){.what = what};
    return saved;
}

static bool save_table(struct salvage *salvage, const char *name, struct error *err)
{
    struct table table = {.name = name};
    struct store_saved *saved = add_saved(salvage, words_for(name));

    if (!describe(salvage, &table, &saved->whole, err))
        return false;
    return table.count == 0 || copy_table(salvage, &table, &saved->whole, err);
}

/* ---- Pings of which only the indexes know ---- */

/* Of an index alone, so that the table itself is not read. */
static const char newest_seq_sql[] = "SELECT max(seq) FROM pings";
static const char newest_run_sql[] = "SELECT max(run_id) FROM pings";
static const char count_sql[] = "SELECT count(seq) FROM pings";

/* It stands for the newest ping: its id is not known, but nobody else gets its number. */
static const char stand_in_sql[] =
    "INSERT OR IGNORE INTO pings (id, seq, previous_id, run_id, sealed_us, state, bytes, digest)"
    " SELECT '00000000-0000-0000-0000-000000000000', ?1,"
    " coalesce((SELECT id FROM pings WHERE seq = ?1 - 1), 'ffffffff-ffff-ffff-ffff-ffffffffffff'),"
    " ?2, coalesce((SELECT finished_us FROM runs WHERE id = ?2), 0), 'kept', x'', ''"
    " WHERE ?1 > (SELECT coalesce(max(seq), 0) FROM pings)";

static bool save_number(struct salvage *salvage, struct error *err)
{
    struct statement *add = statement_of(salvage->to, stand_in_sql);
    size_t seq, run_id, known, saved;
    struct error ignored;

    if (salvage->from == NULL || !count_rows(salvage->from, newest_seq_sql, &seq, &ignored) ||
        !count_rows(salvage->from, newest_run_sql, &run_id, &ignored) ||
        !count_rows(salvage->from, count_sql, &known, &ignored))
        return true;
    if (!count_rows(salvage->to, count_sql, &saved, err))
        return false;
    salvage->salvaged->lost = known > saved ? known - saved : 0;
    statement_put_integer(add, 1, (int64_t)seq);
    statement_put_integer(add, 2, (int64_t)run_id);
    return statement_run(add, err);
}

/* ---- What holds among the rows ---- */

/* Bytes that have changed are not what was sealed: only the place in the chain is saved. */
static bool empty_damaged(struct salvage *salvage, struct error *err)
{
    struct statement *ask =
        statement_of(salvage->to, "SELECT id, bytes, digest FROM pings WHERE length(bytes) > 0");
    bool row = true;

    while (statement_step(ask, &row, err)) {
        struct statement *empty;
        char digest[DIGEST_TEXT_SIZE];
        const char *bytes, *sealed;
        size_t length;

        if (!row)
            return true;
        bytes = statement_bytes(ask, 1, &length);
        sealed = statement_text(ask, 2);
        if (sealed != NULL && strcmp(digest_text(bytes, length, digest), sealed) == 0)
            continue;
        empty = statement_of(salvage->to,
                             "UPDATE pings SET bytes = x'', wanted = 0, state ="
                             " CASE state WHEN 'sealed' THEN 'kept' ELSE state END WHERE id = ?1");
        statement_put_column(empty, 1, ask, 0);
        salvage->salvaged->emptied++;
        if (!statement_run(empty, err)) {
            statement_end(ask);
            return false;
        }
    }
    return false;
}

/* A collection without its ping is only whole if all of its values were saved. */
static bool abandon_holes(const struct salvage *salvage, struct error *err)
{
    bool whole = true;

    for (size_t i = 0; i < salvage->salvaged->saved_count; i++) {
        const struct store_saved *saved = &salvage->salvaged->saved[i];

        if (strcmp(saved->what, words_for("outcomes")) == 0 ||
            strcmp(saved->what, words_for("pings")) == 0)
            whole = whole && saved->whole;
    }
    return whole || store_file_run(salvage->to,
                                   "UPDATE runs SET state = 'abandoned' WHERE id NOT IN"
                                   " (SELECT run_id FROM pings)",
                                   err);
}

static const char orphans_sql[] =
    "SELECT (SELECT count(*) FROM attempts WHERE ping_id NOT IN (SELECT id FROM pings)) +"
    " (SELECT count(*) FROM receipts WHERE ping_id NOT IN (SELECT id FROM pings))";

static const char order_sql[] =
    "DELETE FROM attempts WHERE ping_id NOT IN (SELECT id FROM pings);"
    "DELETE FROM receipts WHERE ping_id NOT IN (SELECT id FROM pings);"
    "INSERT INTO runs (id, recorded_at, started_us, finished_us, state, definitions_digest)"
    " SELECT run_id, sealed_us / 1000000, sealed_us, sealed_us, 'finished', '' FROM pings"
    " WHERE run_id NOT IN (SELECT id FROM runs);"
    "DELETE FROM outcomes WHERE run_id NOT IN (SELECT id FROM runs);"
    "UPDATE runs SET wanted = 1 WHERE slot <> 0;"
    "UPDATE gaps SET ping_id = NULL WHERE ping_id NOT IN (SELECT id FROM pings);";

static bool put_in_order(struct salvage *salvage, struct error *err)
{
    struct salvaged *salvaged = salvage->salvaged;
    size_t seq;

    if (!save_number(salvage, err) ||
        !count_rows(salvage->to, orphans_sql, &salvaged->orphaned, err) ||
        !store_file_run(salvage->to, order_sql, err) || !empty_damaged(salvage, err) ||
        !abandon_holes(salvage, err) ||
        !count_rows(salvage->to, "SELECT coalesce(max(seq), 0) FROM pings", &seq, err))
        return false;
    salvaged->next_seq = (int64_t)seq + 1;
    return true;
}

/* ---- All of it ---- */

/* Not the identity, which is in the new store, and not the positions of probes: where the rest is
 * in doubt, a pass begins anew. */
static bool list_tables(const struct salvage *salvage, const char **names, struct error *err)
{
    return ask_text(salvage->to,
                    "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE"
                    " type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN ('instance',"
                    " 'probes') AND coalesce(?1, '') = '' ORDER BY rowid)",
                    "", salvage->arena, names, err);
}

static bool count_saved(const struct salvage *salvage, const char *name, struct store_saved *saved,
                        struct error *err)
{
    return count_rows(salvage->to, arena_format(salvage->arena, "SELECT count(*) FROM %s", name),
                      &saved->rows, err);
}

static bool for_each_table(struct salvage *salvage, const char *names, bool count,
                           struct error *err)
{
    for (size_t i = 0; *names != '\0'; i++) {
        size_t length = strcspn(names, ",");
        const char *name = arena_format(salvage->arena, "%.*s", (int)length, names);
        struct store_saved *saved = salvage->salvaged->saved;

        if (count ? !count_saved(salvage, name, &saved[i], err) : !save_table(salvage, name, err))
            return false;
        names += length + (names[length] == ',' ? 1 : 0);
    }
    return true;
}

static void note_consent(struct salvaged *salvaged)
{
    for (size_t i = 0; i < salvaged->saved_count; i++)
        if (strcmp(salvaged->saved[i].what, words_for("consent")) == 0)
            salvaged->consent_lost = salvaged->saved[i].rows == 0 && !salvaged->saved[i].whole;
}

bool salvage_all(struct salvage *salvage, struct error *err)
{
    const char *names;

    if (!list_tables(salvage, &names, err) || !store_file_begin(salvage->to, err))
        return false;
    if (!store_file_end(salvage->to,
                        for_each_table(salvage, names, false, err) && put_in_order(salvage, err) &&
                            for_each_table(salvage, names, true, err),
                        err))
        return false;
    note_consent(salvage->salvaged);
    return true;
}
