#include "agent/base/doc.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct doc_node *doc_get(const struct doc_node *map, const char *key)
{
    if (map == NULL || map->kind != DOC_MAP)
        return NULL;
    for (const struct doc_node *child = map->first; child != NULL; child = child->next)
        if (child->key[0] == key[0] && strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const null_words[] = {"", "~", "null", NULL};
static const char *const true_words[] = {"true", "yes", "on", NULL};
static const char *const false_words[] = {"false", "no", "off", NULL};

/* Psych takes 010 for eight. Whoever writes that is asked what is meant: it is text here. */
static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    if (*text == '0' && text[1] != '\0')
        return false;
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool is_float(const char *text)
{
    char *end;

    if (strspn(text, "0123456789+-.eE") != strlen(text) || strpbrk(text, "0123456789") == NULL ||
        strchr(text, '.') == NULL)
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

/* Most texts begin with a letter that no word above and no number begins with. */
static bool is_surely_text(const char *text)
{
    return isalpha((unsigned char)*text) && strchr("nNtTfFyYoO", *text) == NULL;
}

enum doc_type doc_type(const struct doc_node *scalar)
{
    if (!scalar->plain || is_surely_text(scalar->text))
        return DOC_TEXT;
    if (is_one_of(scalar->text, null_words))
        return DOC_NULL;
    if (is_one_of(scalar->text, true_words) || is_one_of(scalar->text, false_words))
        return DOC_FLAG;
    if (is_integer(scalar->text))
        return DOC_INTEGER;
    return is_float(scalar->text) ? DOC_FLOAT : DOC_TEXT;
}

bool doc_is_null(const struct doc_node *node)
{
    return node == NULL || (node->kind == DOC_SCALAR && doc_type(node) == DOC_NULL);
}

bool doc_flag(const struct doc_node *scalar, bool *out)
{
    if (scalar->kind != DOC_SCALAR || doc_type(scalar) != DOC_FLAG)
        return false;
    *out = is_one_of(scalar->text, true_words);
    return true;
}

bool doc_integer(const struct doc_node *scalar, int64_t *out)
{
    long long value;

    if (scalar->kind != DOC_SCALAR || doc_type(scalar) != DOC_INTEGER)
        return false;
    errno = 0;
    value = strtoll(scalar->text, NULL, 10);
    *out = value;
    return errno == 0;
}
