/* Rows of texts, printed in aligned columns. Pure but for the printing. */
#ifndef AGENT_VERBS_TABLE_H
#define AGENT_VERBS_TABLE_H

#include "agent/base/arena.h"
#include "agent/base/str.h"

#include <stdbool.h>

enum { TABLE_COLUMNS = 8 };

struct table_row;

struct table {
    struct arena *arena;
    size_t columns, row_count;
    const char *const *titles;
    struct table_row *rows;
};

/* `titles` of the columns, NULL-terminated, at most TABLE_COLUMNS; must outlive the table. */
void table_begin(struct table *table, struct arena *arena, const char *const *titles);

/* As many cells as there are columns; NULL is an empty one. The texts must outlive the table. */
void table_add(struct table *table, const char *const *cells);
void table_add_gap(struct table *table); /* an empty line */

size_t table_width(const struct table *table); /* of its longest line */

/*
 * Elides the middle of a column's longest cells, as much as lines of at most `width` signs need,
 * but leaves it `least` of them. A width of 0 is no limit.
 */
void table_fit(struct table *table, size_t column, size_t least, size_t width);

/* Cells that begin like a number stand on the right of their column, all others on the left; a
 * title stands where all cells below it stand. */
void table_write(const struct table *table, struct str *out);

#endif
