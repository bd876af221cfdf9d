/*
 * The three statements that read the catalog. $1 and $2 are two parallel lists, schemas ('' for
 * none) and names; $3 are columns. The first column of every answer is the number of a relation in
 * the lists, from 1.
 */
#ifndef METRICS_FACTS_SQL_H
#define METRICS_FACTS_SQL_H

/* Kind, rows, the role, pages, how many of them are visible to all, whether the server is a
 * standby, whether a plain table has heirs. */
extern const char facts_relations_sql[];

/*
 * Of each column of $3: name, type, whether there are statistics, n_distinct, the share of NULLs,
 * that of the most common value; of moments the histogram, the common values and their shares.
 */
extern const char facts_columns_sql[];

/*
 * A row for each column of an index, in the order of primary keys, indexes, columns. First as
 * above, up to the most common value, with statistics of an index's first column only; the name is
 * '' for an expression. Then: its place in the index from 1, never NULL, primary, unique, the
 * number of key columns, whether it sorts as its column does and in the index's direction.
 */
extern const char facts_indexes_sql[];

#endif
