/*
 * What a definition's options say about a metric of the database: which relation, which operation,
 * which rows. Read and checked without a server.
 */
#ifndef METRICS_DATABASE_SPEC_H
#define METRICS_DATABASE_SPEC_H

#include "agent/source.h"

#include <stdbool.h>
#include <stddef.h>

enum operation {
    OPERATION_COUNT,
    OPERATION_DISTINCT,
    OPERATION_ESTIMATE, /* answered by the exact count, or as GitLab does (estimate.h) */
    OPERATION_SUM,
    OPERATION_AVERAGE,
    OPERATION_SQL,
};

/* A column as the definition refers to it. */
struct column_name {
    const char *sql;      /* as it stands in a statement; NULL: none is given */
    const char *relation; /* what qualifies it; NULL: nothing */
    const char *name;
};

struct database_spec {
    enum operation operation;
    const char *database; /* NULL: where the relation exists */
    const char *relation; /* the driving one, in plain words; NULL for OPERATION_SQL */
    const char *from;     /* FROM's text: the relation with its joins */
    bool joined;
    const char *where;          /* SQL; NULL: all rows */
    const char **where_columns; /* those that it refers to, as it does; with sub-selects: theirs,
                                   too */
    size_t where_column_count;
    struct column_name column;    /* of the operation */
    struct column_name timestamp; /* of the window */
    const char *sql;              /* of OPERATION_SQL */
    const char **relations;       /* all of `from`, the driving one first */
    size_t relation_count;
    const char **others; /* those of sub-selects and of `sql` */
    size_t other_count;
};

/* As source.h describes it. */
void database_spec_parse(const struct definition *definition, struct metric *metric,
                         struct arena *arena, struct complaints *complaints);

/* The name alone of a column that `where` refers to: behind what qualifies it. */
const char *database_spec_where_column(const struct database_spec *spec, size_t index);

/* What a relation is called inside a statement: the quoted last part of its name. */
const char *database_spec_reference(const char *relation, struct arena *arena);

#endif
