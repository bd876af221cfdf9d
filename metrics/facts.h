/*
 * What a database's catalog says about the relations that metrics name, read once a run in three
 * statements: enough to choose how to count, nothing that needs a privilege or waits for a lock on
 * the tables themselves.
 */
#ifndef METRICS_FACTS_H
#define METRICS_FACTS_H

#include "metrics/key.h"

#include "agent/base/arena.h"
#include "agent/base/error.h"
#include "agent/io/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct column_facts {
    const char *name;
    const char *type; /* pg_type.typname; of a domain, the type below it */
};

/* The first column of a valid btree index over all rows. */
struct index_facts {
    struct column_facts column;
    bool never_null;
    bool primary;
    bool unique; /* and of one column: each of its values stands in one row */
};

struct relation_facts {
    const char *name; /* as definitions say it */
    bool exists;
    char
        kind; /* pg_class.relkind: r table, p partitioned, v view, m materialised view, f foreign */
    int64_t rows; /* estimated; of tables never analysed by their size; 0 for views */
    struct column_facts *columns; /* of those that were asked for */
    size_t column_count;
    struct index_facts *indexes;
    size_t index_count;
};

struct database_facts {
    const char *name; /* of the database, as the settings say it */
    bool read;
    struct error err;                 /* why not */
    const char *role;                 /* that we are connected as */
    struct relation_facts *relations; /* sorted by name */
    size_t relation_count;
};

struct facts_request {
    const char **relations, **columns; /* names, sorted, each once */
    size_t relation_count, column_count;
    unsigned timeout_ms;
    struct arena *arena; /* of the facts */
};

struct facts_reading;

/* `done` is called once from the loop; facts->read tells how it went. */
typedef void facts_done(void *arg);
struct facts_reading *facts_read(struct db *db, const struct facts_request *request,
                                 struct database_facts *facts, facts_done *done, void *arg);

/* After this `done` is not called. NULL is fine; not needed once it was called. */
void facts_cancel(struct facts_reading *reading);

/* NULL if the relation was not asked for or does not exist there. */
const struct relation_facts *facts_relation(const struct database_facts *facts, const char *name);

/* NULL if the column was not asked for or does not exist. */
const char *facts_column_type(const struct relation_facts *relation, const char *column);

/* The index by whose column the relation is best walked, or NULL: none of them can be. */
const struct index_facts *facts_key(const struct relation_facts *relation);

/* The type of the column, if an index begins with it and it can be walked; otherwise KEY_NONE. */
enum key_type facts_indexed(const struct relation_facts *relation, const char *column);

#endif
