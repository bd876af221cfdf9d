/*
 * Passes: which metrics are answered together, and how. pass_plan.h makes them, pass_sql.h writes
 * their statements, pass_run.h runs them.
 *
 * Metrics on the same relation, with the same joins, share one walk over it by its key. Those of a
 * window walk only the window, by an indexed timestamp. Distinct counts may walk their own column's
 * index, value by value. Small tables are gathered, many in one
 * statement. What cannot be walked is one statement as a whole.
 */
#ifndef METRICS_PASS_H
#define METRICS_PASS_H

#include "metrics/pass_choice.h"
#include "metrics/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one result column of a piece is, and how it is added up over the pieces. */
enum column_kind {
    COLUMN_COUNT,    /* count(x), added as whole numbers */
    COLUMN_DISTINCT, /* count(DISTINCT x); only where there is one piece */
    COLUMN_SUM,      /* sum(x), added exactly */
    COLUMN_IDS,      /* every x, as eight bytes; united */
    COLUMN_BUCKETS,  /* what estimate.h takes of x, united */
    COLUMN_VALUE,    /* the value of a definition's own statement, as text */
};

/* Metrics that need the same column share it. */
struct pass_column {
    enum column_kind kind;
    size_t part;
    const char *argument; /* "*", "author_id" */
    const char *filter;   /* NULL: all rows of the part */
    /* count(present) by `present_filter` says the same as count(*) by `filter`, sooner; or NULL. */
    const char *present, *present_filter;
    bool indexed; /* of COLUMN_IDS: an index tells the lowest and the highest at once */
};

/* What is selected from: one part, but in gathered passes one a table. */
struct pass_part {
    const char *from;
    const char *where; /* the filter that all its columns have; NULL: none */
    bool is_statement; /* a definition's own: it may say more than one row */
};

/*
 * What is walked: the relation by the columns of a btree index, in its order, or by its blocks.
 * KEY_TUPLE walks any types and any number of columns, all others one column by its integer form.
 */
struct pass_key {
    enum key_type type;
    const char *from;           /* the driving relation, quoted */
    const char *const *columns; /* qualified and quoted */
    size_t column_count;
    bool by_wish; /* KEY_BLOCK, because the settings ask for speed */
    bool covers;  /* of PASS_DISTINCT: its index holds all that conditions and windows refer to */
};

/* How a metric's value comes of the columns. */
struct pass_item {
    const struct metric *metric;
    const struct placed *placed;
    size_t column;
    size_t divisor; /* column with the count, of an average; otherwise the same as column */
    /* What the columns' filter begins with, if they have one; the metric's condition follows. Or
     * NULL. */
    const char *window;
};

/* What rows are grouped by: a column of few values, or whether they are in a window. */
struct pass_term {
    const char *sql;  /* "issues.state_id" */
    const char *name; /* what the groups call it, if not by its own name: "_w0"; or NULL */
    const char
        *also; /* a second form to group by, that tells apart what is merely equal; or NULL */
    const char *column; /* its plain name; NULL: a window */
    double values;      /* about how many there are */
};

enum pass_way {
    WAY_JUDGED, /* the aggregate of each group; judged when the groups are added */
    WAY_WITHIN, /* the aggregate of the judged rows of each group; all groups are added */
    WAY_APART,  /* not by groups, but by a second scan in the same statement */
};

struct pass_judge {
    enum pass_way way;
    uint64_t terms;  /* a bit for each that `sql` needs */
    const char *sql; /* of groups, WAY_JUDGED; NULL: all */
};

#define PASS_MOST_TERMS 64

/* Chosen by grouping.h. */
struct pass_grouping {
    const char *alias; /* what conditions call the relation */
    struct pass_term *terms;
    size_t term_count;
    struct pass_judge *judges; /* one for each column */
};

struct pass {
    enum pass_kind kind;
    const char *name; /* "main: issues by id" */
    size_t database;
    const char *relation; /* for people: what is read; NULL: several, or a statement's own */
    /* Of walked passes: */
    struct pass_key key;
    bool has_range;
    struct walk_range range; /* of the window; otherwise the whole column is walked */
    int64_t rows;            /* estimated to be read */
    double cost_s;           /* estimated time of the server's */
    /* Counts rows by few-valued columns first and judges the groups; NULL: judges each row. */
    const struct pass_grouping *grouping;
    /* Of a walk that may turn out slow: once it takes thrice cost_s for the rows it has read, its
     * columns are counted from the beginning by this pass. It has the same items. Or NULL. */
    const struct pass *otherwise;
    struct pass_part *parts;
    size_t part_count;
    struct pass_column *columns;
    size_t column_count;
    struct pass_item *items;
    size_t item_count;
    const struct metric **metrics; /* the items' */
};

#endif
