#include "agent/verbs/table.h"

#include "agent/verbs/figures.h"

#include <string.h>

struct table_row {
    bool gap;
    const char *cells[TABLE_COLUMNS];
};

void table_begin(struct table *table, struct arena *arena, const char *const *titles)
{
    *table = (struct table){.arena = arena, .titles = titles};
    while (titles[table->columns] != NULL)
        table->columns++;
    table_add(table, titles);
}

static struct table_row *add_row(struct table *table)
{
    table->rows = arena_grow(table->arena, table->rows, table->row_count, sizeof(table->rows[0]));
    return &table->rows[table->row_count++];
}

void table_add(struct table *table, const char *const *cells)
{
    struct table_row *row = add_row(table);

    *row = (struct table_row){.gap = false};
    for (size_t i = 0; i < table->columns; i++)
        row->cells[i] = cells[i] != NULL ? cells[i] : "";
}

void table_add_gap(struct table *table)
{
    struct table_row *row = add_row(table);

    *row = (struct table_row){.gap = true};
}

static bool is_number(const char *cell)
{
    const char *first = cell;
    size_t digits;

    if (strcmp(cell, "-") == 0)
        return true;
    while (*first == '-' || *first == '<' || *first == '~')
        first++;
    digits = strspn(first, "0123456789,.");
    return digits > 0 && (first[digits] == '\0' || first[digits] == ' ' || first[digits] == 'e');
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS])
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t j = 0; j < table->columns && !table->rows[i].gap; j++) {
            size_t width = figure_width(table->rows[i].cells[j]);

            if (width > widths[j])
                widths[j] = width;
        }
    }
}

static bool is_numeric(const struct table *table, size_t column)
{
    bool some = false;

    for (size_t i = 1; i < table->row_count; i++) {
        const char *cell = table->rows[i].cells[column];

        if (table->rows[i].gap || *cell == '\0')
            continue;
        if (!is_number(cell))
            return false;
        some = some || strcmp(cell, "-") != 0;
    }
    return some;
}

size_t table_width(const struct table *table)
{
    size_t widths[TABLE_COLUMNS] = {0}, total = 2 * (table->columns - 1);

    measure(table, widths);
    for (size_t j = 0; j < table->columns; j++)
        total += widths[j];
    return total;
}

void table_fit(struct table *table, size_t column, size_t least, size_t width)
{
    size_t widths[TABLE_COLUMNS] = {0}, total = table_width(table), most;

    measure(table, widths);
    if (width == 0 || total <= width)
        return;
    most = widths[column] > total - width ? widths[column] - (total - width) : 0;
    most = most > least ? most : least;
    for (size_t i = 1; i < table->row_count; i++)
        if (!table->rows[i].gap)
            table->rows[i].cells[column] =
                figure_elided(table->arena, table->rows[i].cells[column], most);
}

static void add_blanks(struct str *out, size_t count)
{
    while (count-- > 0)
        str_add_char(out, ' ');
}

static void write_row(const struct table *table, const struct table_row *row,
                      const size_t widths[TABLE_COLUMNS], struct str *out)
{
    for (size_t j = 0; j < table->columns && !row->gap; j++) {
        size_t blanks = widths[j] - figure_width(row->cells[j]);
        bool right = row == table->rows ? is_numeric(table, j) : is_number(row->cells[j]);

        add_blanks(out, right ? blanks : 0);
        str_add(out, row->cells[j]);
        add_blanks(out, right ? 0 : blanks);
        str_add(out, j + 1 < table->columns ? "  " : "");
    }
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        str_truncate(out, out->length - 1);
    str_add_char(out, '\n');
}

void table_write(const struct table *table, struct str *out)
{
    size_t widths[TABLE_COLUMNS] = {0};

    measure(table, widths);
    for (size_t i = 0; i < table->row_count; i++)
        write_row(table, &table->rows[i], widths, out);
}
