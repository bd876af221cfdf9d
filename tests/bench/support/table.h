/*
 * The data that the database's figures are measured on, loaded once for all programs of a
 * `make bench`: `issues` with ROWS rows (20 million unless the environment says otherwise), and 200
 * small tables of up to 10,000 rows.
 *
 * `sparse` and `skewed` have a fifth of its rows: the one in fifty heaps of ids with gaps of a
 * billion between them, the other with half of its rows by one author.
 */
#ifndef TESTS_BENCH_SUPPORT_TABLE_H
#define TESTS_BENCH_SUPPORT_TABLE_H

#include <stdint.h>

#define BENCH_DATABASE "bench"
#define SMALL_TABLES   200

int64_t table_rows(void);

/* Loads what is not there yet; all pages are in memory afterwards, as far as they fit. */
void table_need(void);
void table_need_odd(void); /* and `sparse` and `skewed` */

#endif
