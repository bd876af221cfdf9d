#include "metrics/sql_tree.h"

#include <stdlib.h>
#include <string.h>

void tree_begin(struct tree_reader *reader, const char *json)
{
    reader->at = json;
    reader->depth = 0;
    reader->closing = false;
    reader->key = reader->value = (struct tree_word){0};
}

/* The text between quotes; moves behind the second one. */
static struct tree_word read_quoted(struct tree_reader *reader)
{
    const char *start = ++reader->at;

    while (*reader->at != '"' && *reader->at != '\0')
        reader->at += reader->at[0] == '\\' && reader->at[1] != '\0' ? 2 : 1;
    if (*reader->at == '\0')
        return (struct tree_word){start, (size_t)(reader->at - start)};
    return (struct tree_word){start, (size_t)(reader->at++ - start)};
}

static struct tree_word read_bare(struct tree_reader *reader)
{
    const char *start = reader->at;

    reader->at += strcspn(start, ",]}");
    return (struct tree_word){start, (size_t)(reader->at - start)};
}

static enum tree_event open_frame(struct tree_reader *reader, bool is_list)
{
    if (reader->depth == TREE_DEEPEST)
        return TREE_TOO_DEEP;
    reader->frames[reader->depth++] = (struct tree_frame){.key = reader->key, .is_list = is_list};
    reader->at++;
    return TREE_OPEN;
}

static enum tree_event read_member(struct tree_reader *reader)
{
    struct tree_frame *frame = reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;

    reader->key = (struct tree_word){0};
    if (frame != NULL)
        frame->count++;
    if (frame != NULL && !frame->is_list) {
        reader->key = read_quoted(reader);
        reader->at += *reader->at == ':' ? 1 : 0;
    }
    if (*reader->at == '{' || *reader->at == '[')
        return open_frame(reader, *reader->at == '[');
    reader->value = *reader->at == '"' ? read_quoted(reader) : read_bare(reader);
    return TREE_SCALAR;
}

enum tree_event tree_next(struct tree_reader *reader)
{
    if (reader->closing)
        reader->depth--;
    reader->closing = false;
    if (*reader->at == ',')
        reader->at++;
    if (*reader->at == '\0')
        return TREE_END;
    if (*reader->at != '}' && *reader->at != ']')
        return read_member(reader);
    reader->at++;
    reader->closing = true;
    return TREE_CLOSE;
}

struct tree_word tree_above(const struct tree_reader *reader, size_t levels)
{
    if (levels >= reader->depth)
        return (struct tree_word){"", 0};
    return reader->frames[reader->depth - 1 - levels].key;
}

bool tree_word_is(struct tree_word word, const char *text)
{
    /* Most differ in the first character. */
    if (word.length == 0 || *word.text != *text)
        return word.length == 0 && *text == '\0';
    return strncmp(word.text, text, word.length) == 0 && text[word.length] == '\0';
}

/* libpg_query writes \uXXXX for ASCII only; all else stands as UTF-8. */
static size_t add_escaped(const char *at, size_t left, struct str *out)
{
    static const char names[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *name = left > 1 && at[1] != '\0' ? strchr(names, at[1]) : NULL;

    if (left >= 6 && at[1] == 'u') {
        char digits[5] = "";

        memcpy(digits, at + 2, 4);
        str_add_char(out, (char)strtol(digits, NULL, 16));
        return 6;
    }
    if (left < 2)
        return left;
    str_add_bytes(out, name != NULL ? &meanings[name - names] : &at[1], 1);
    return 2;
}

void tree_add_text(struct tree_word value, struct str *out)
{
    for (size_t i = 0; i < value.length;) {
        if (value.text[i] != '\\') {
            str_add_char(out, value.text[i++]);
            continue;
        }
        i += add_escaped(value.text + i, value.length - i, out);
    }
}
