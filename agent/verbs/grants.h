/*
 * What the files of the verb `grants` share: what the metrics in force read of each database and of
 * Redis. The database's catalog says which of it is there and what it is called in full.
 */
#ifndef AGENT_VERBS_GRANTS_H
#define AGENT_VERBS_GRANTS_H

#include "agent/base/error.h"
#include "agent/base/str.h"
#include "agent/io/db.h"
#include "agent/source.h"

/* The role that packages and their settings name, and that peer authentication wants. */
#define GRANTS_USUAL_ROLE "service-ping"

/* A relation in one database. */
struct grants_found {
    const char *schema, *name; /* NULL: the database has none of that name */
    bool is_system;            /* of a catalog, which everybody may read */
    bool wanted;               /* some metric reads it there */
};

struct grants_database {
    const struct database_settings *settings;
    const char *name;           /* of the database itself; NULL: not known */
    struct grants_found *found; /* one for each of grants.names */
    bool read;                  /* the catalog was asked; otherwise `err` says why not */
    struct error err;
    struct db *db;
    struct grants *grants;
};

/* What one metric of the databases reads. */
struct grants_reader {
    const char *home; /* "database ci"; NULL: whichever has it */
    const char *const *reads;
    size_t read_count;
};

struct grants {
    struct arena *arena;
    const char *role; /* as it was given */
    struct loop *loop;
    const struct source_settings *settings;
    const char **names; /* of relations as definitions say them, sorted, each once */
    size_t name_count;
    struct grants_reader *readers;
    size_t reader_count;
    const char **patterns; /* of Redis keys, in no order */
    size_t pattern_count;
    struct grants_database *databases;
    size_t database_count, unanswered;
};

/* SQL for psql; of Redis a comment. Sorts the patterns. */
void grants_write(struct grants *grants, struct str *out);

/* The commands for redis-cli, one a line, `indent` before each. */
void grants_write_redis(struct grants *grants, const char *indent, struct str *out);

#endif
