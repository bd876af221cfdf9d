/*
 * What a database's catalog says about the relations that metrics name, read once a run in three
 * statements: enough to choose how to count, nothing that needs a privilege or waits for a lock on
 * the tables themselves. Statistics are there of columns that the role may read, if analysed.
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

struct fact_numbers {
    int64_t *values;
    size_t count;
};

struct column_facts {
    const char *name;
    const char *type; /* pg_type.typname; of a domain, the type below it */
    bool domain;      /* known of columns that were asked for, not of indexes' */
    /* From the statistics (pg_stats), if the table was analysed: */
    bool has_statistics;
    double distinct;    /* how many values there are */
    double most_common; /* the share of rows that hold the most common value, of 1 */
    double null_share;  /* the share of rows without one */
    /* Of timestamps and dates, in the integer form of keys: equally many rows between two bounds,
     * and the common values, which are not among those; their shares of all rows are of 1e9. */
    struct fact_numbers bounds, common, common_shares;
};

/* A valid btree index over all rows; its first column is what walks by one column go by. */
struct index_facts {
    struct column_facts column;
    bool never_null; /* the first column */
    bool primary;
    bool unique; /* and of one column: each of its values stands in one row */
    /* All of it: */
    const char **columns; /* the key's in their order, then those that are merely included; "" for
                             an expression */
    size_t key_count, column_count;
    bool plain_order;       /* sorts as ORDER BY of its columns does, forwards or backwards */
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
    bool has_heirs; /* a plain table whose rows are not all in its own blocks */
    int64_t pages;
    double visible_share; /* of the pages, those that an index-only scan need not look at, of 1:
                             lowered by dead rows; 0 on a standby, where it is not known */
};

struct database_facts {
    const char *name; /* of the database, as the settings say it */
    bool fast;        /* as the settings say: its tables may be walked by blocks */
    bool read;
    struct error err;                 /* why not */
    const char *role;                 /* that we are connected as */
    int server_version;               /* 150020 for 15.20 */
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

/* NULL as above. */
const struct column_facts *facts_column(const struct relation_facts *relation, const char *column);

/* The type of the column, if an index begins with it and it can be walked; otherwise KEY_NONE. */
enum key_type facts_indexed(const struct relation_facts *relation, const char *column);

/*
 * The share of all rows, of 1, whose timestamp or date lies between two moments (integer forms,
 * both included), as the statistics tell it; what came after they were made is assumed to come as
 * densely as the last. False if they say nothing.
 */
bool facts_share_between(const struct column_facts *column, int64_t first, int64_t last,
                         double *share);

#endif
