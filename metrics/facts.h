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
    /* From the statistics (pg_stats), if the table was analysed: */
    bool has_statistics;
    double distinct;    /* how many values there are */
    double most_common; /* the share of rows that hold the most common value, of 1 */
    double null_share;  /* the share of rows without one */
};

/* A valid btree index over all rows; its first column is what walks by one column go by. */
struct index_facts {
    struct column_facts column;
    bool never_null; /* the first column */
    bool primary;
    bool unique; /* and of one column: each of its values stands in one row */
    /* All of it: */
    const char **columns; /* the key's in their order, then those that are merely included */
    size_t key_count, column_count;
    bool unique_never_null; /* unique over the whole key, and none of its columns can be NULL */
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
    int64_t pages;
    double visible_share; /* of the pages, those that an index-only scan need not look at, of 1:
                             lowered by dead rows; 0 on a standby, where it is not known */
};

struct database_facts {
    const char *name; /* of the database, as the settings say it */
    bool read;
    struct error err;                 /* why not */
    const char *role;                 /* that we are connected as */
    bool standby;                     /* it replays another server's changes */
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
