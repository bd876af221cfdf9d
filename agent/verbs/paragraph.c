#include "agent/verbs/paragraph.h"

#include "agent/verbs/figures.h"

#include <string.h>

static size_t column_of(const struct str *out)
{
    const char *line = memrchr(out->text, '\n', out->length);

    return figure_width(line != NULL ? line + 1 : out->text);
}

static void add_blanks(size_t count, struct str *out)
{
    while (count-- > 0)
        str_add_char(out, ' ');
}

/* A word with what stands before it in its line: blanks up to the indent, one blank, or a new line.
 */
static void add_word(const char *word, size_t indent, size_t width, struct str *out)
{
    size_t column = column_of(out);

    if (column > indent && width > 0 && column + 1 + figure_width(word) > width) {
        str_add_char(out, '\n');
        column = 0;
    }
    if (column < indent)
        add_blanks(indent - column, out);
    else if (column > indent)
        str_add_char(out, ' ');
    str_add(out, word);
}

void paragraph_add(const char *text, size_t indent, size_t width, struct str *out)
{
    static const char blanks[] = " \t\r\n";
    struct arena *arena = arena_new();

    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t length = strcspn(text, blanks);
        const char *word = arena_copy_bytes(arena, text, length);

        add_word(figure_plain(arena, word, length), indent, width, out);
        text += length;
    }
    str_add_char(out, '\n');
    arena_free(arena);
}
