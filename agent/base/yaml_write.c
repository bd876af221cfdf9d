#include "agent/base/yaml.h"

#include <ctype.h>
#include <string.h>

/* The character at *at, which is moved behind it; the text is UTF-8, because libyaml read it. */
static unsigned next_character(const char **at)
{
    unsigned lead = (unsigned char)*(*at)++;
    unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    unsigned character = more == 0 ? lead : lead & (0x3fU >> more);

    for (; more > 0 && ((unsigned char)**at & 0xc0) == 0x80; more--)
        character = character << 6 | ((unsigned char)*(*at)++ & 0x3f);
    return character;
}

/* libyaml takes some for line ends and does not accept the others bare. */
static bool needs_escape(unsigned character)
{
    return character < ' ' || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
           character == 0x2029 || character == 0xfeff || character == 0xfffe || character == 0xffff;
}

static bool is_printable(const char *text)
{
    while (*text != '\0')
        if (needs_escape(next_character(&text)))
            return false;
    return true;
}

static void write_quoted(const char *text, struct str *out)
{
    str_add_char(out, '"');
    while (*text != '\0') {
        const char *begin = text;
        unsigned character = next_character(&text);

        if (character == '"' || character == '\\')
            str_add_format(out, "\\%c", (int)character);
        else if (character == '\n')
            str_add(out, "\\n");
        else if (needs_escape(character))
            str_add_format(out, "\\u%04X", character);
        else
            str_add_bytes(out, begin, (size_t)(text - begin));
    }
    str_add_char(out, '"');
}

/* Quoted text that begins with a digit stays quoted: other readers may take it for a number. */
static bool may_stand_plain(const struct doc_node *node)
{
    int first = (unsigned char)node->text[0];
    bool begins_well = node->plain ? isalnum(first) != 0 : isalpha(first) != 0;

    return (begins_well || first == '/') && is_printable(node->text) &&
           strpbrk(node->text, ":#\"'\\{}[],&*!|>%@`") == NULL &&
           node->text[strlen(node->text) - 1] != ' ';
}

/* A plain scalar is written as it was read; text that would be read as something else is quoted. */
static void write_scalar(const struct doc_node *node, struct str *out)
{
    struct doc_node bare = {.kind = DOC_SCALAR, .plain = true, .text = node->text};

    if (node->plain && doc_type(node) != DOC_TEXT)
        str_add(out, node->text[0] != '\0' ? node->text : "null");
    else if (may_stand_plain(node) && doc_type(&bare) == DOC_TEXT)
        str_add(out, node->text);
    else
        write_quoted(node->text, out);
}

static void write_indent(unsigned depth, struct str *out)
{
    for (unsigned i = 0; i < depth; i++)
        str_add(out, "  ");
}

/* Recursion is bounded, because doc_parse bounds the depth. */
/* NOLINTNEXTLINE(misc-no-recursion) */
void doc_write_yaml(const struct doc_node *node, unsigned depth, struct str *out)
{
    if (node->kind == DOC_SCALAR) {
        write_scalar(node, out);
        str_add_char(out, '\n');
        return;
    }
    if (node->count == 0) {
        str_add(out, node->kind == DOC_LIST ? "[]\n" : "{}\n");
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL; child = child->next) {
        bool inline_value = child->kind == DOC_SCALAR || child->count == 0;

        write_indent(depth, out);
        if (node->kind == DOC_LIST) {
            str_add(out, "-");
        } else {
            struct doc_node key = {.kind = DOC_SCALAR, .plain = false, .text = child->key};

            write_scalar(&key, out);
            str_add_char(out, ':');
        }
        str_add(out, inline_value ? " " : "\n");
        doc_write_yaml(child, depth + 1, out);
    }
}
