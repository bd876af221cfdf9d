#include "agent/form.h"

#include "agent/base/words.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#define MOST_UNKNOWN 10 /* fields of one map that are complained about one by one */

void form_fault(const struct form_place *place, const struct doc_node *at, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    complain(place->complaints, place->file, at->line, place->key_path, "%s", text);
}

/* What stands there, for "`status` is ...". */
static const char *shown(const struct form_place *place, const struct doc_node *node)
{
    if (node->kind != DOC_SCALAR)
        return node->kind == DOC_LIST ? "a list" : "a map";
    if (node->plain && node->text[0] == '\0')
        return "empty";
    return arena_format(place->arena, "'%.200s'", node->text);
}

static void fault_kind(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node, const char *allowed)
{
    form_fault(place, node, "`%s` is %s: it must be %s", field->name, shown(place, node), allowed);
}

static bool is_text(const struct doc_node *node)
{
    return node->kind == DOC_SCALAR && node->text[0] != '\0' && doc_type(node) == DOC_TEXT;
}

static void check_text(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node)
{
    if (is_text(node))
        return;
    if (node->kind == DOC_SCALAR && node->text[0] != '\0')
        form_fault(place, node, "`%s` is %s without quotes: it must be text, write \"%.200s\"",
                   field->name, node->text, node->text);
    else
        fault_kind(place, field, node, "text");
}

static void check_text_or_null(const struct form_place *place, const struct form_field *field,
                               const struct doc_node *node)
{
    if (!doc_is_null(node))
        check_text(place, field, node);
}

static void check_scalar(const struct form_place *place, const struct form_field *field,
                         const struct doc_node *node)
{
    if (node->kind != DOC_SCALAR)
        fault_kind(place, field, node, "text");
}

static void check_flag(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node)
{
    bool flag;

    if (!doc_flag(node, &flag))
        fault_kind(place, field, node, "true or false");
}

static void check_number(const struct form_place *place, const struct form_field *field,
                         const struct doc_node *node)
{
    bool number =
        node->kind == DOC_SCALAR && (doc_type(node) == DOC_INTEGER || doc_type(node) == DOC_FLOAT);

    if (!number)
        fault_kind(place, field, node, "a number without quotes");
}

static void fault_word(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node, const char *const *words)
{
    struct nearest nearest;

    nearest_init(&nearest, node->kind == DOC_SCALAR ? node->text : "");
    for (size_t i = 0; node->kind == DOC_SCALAR && words[i] != NULL; i++)
        nearest_try(&nearest, words[i]);
    form_fault(place, node, "`%s` is %s: it must be %s%s", field->name, shown(place, node),
               words_join(words, place->arena), nearest_hint(&nearest, place->arena));
}

static void check_word(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node)
{
    if (node->kind != DOC_SCALAR || words_find(field->words, node->text) < 0)
        fault_word(place, field, node, field->words);
}

static void check_word_any_case(const struct form_place *place, const struct form_field *field,
                                const struct doc_node *node)
{
    if (doc_is_null(node))
        return;
    if (node->kind != DOC_SCALAR || words_find_any_case(field->words, node->text) < 0)
        fault_word(place, field, node, field->words);
}

static bool stands_before(const struct doc_node *list, const struct doc_node *item)
{
    for (const struct doc_node *other = list->first; other != item; other = other->next)
        if (other->kind == DOC_SCALAR && strcmp(other->text, item->text) == 0)
            return true;
    return false;
}

static void check_list_of_words(const struct form_place *place, const struct form_field *field,
                                const struct doc_node *node, const char *const *words)
{
    for (const struct doc_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind != DOC_SCALAR || words_find(words, item->text) < 0)
            fault_word(place, field, item, words);
        else if (stands_before(node, item))
            form_fault(place, item, "`%s` names '%s' twice", field->name, item->text);
    }
}

static void check_words(const struct form_place *place, const struct form_field *field,
                        const struct doc_node *node)
{
    if (node->kind == DOC_LIST)
        check_list_of_words(place, field, node, field->words);
    else
        fault_kind(
            place, field, node,
            arena_format(place->arena, "a list of %s", words_join(field->words, place->arena)));
}

static void check_words_or_null(const struct form_place *place, const struct form_field *field,
                                const struct doc_node *node)
{
    if (!doc_is_null(node))
        check_words(place, field, node);
}

static void check_word_or_words(const struct form_place *place, const struct form_field *field,
                                const struct doc_node *node)
{
    if (node->kind == DOC_LIST)
        check_list_of_words(place, field, node, field->list_words);
    else
        check_word(place, field, node);
}

static void check_texts(const struct form_place *place, const struct form_field *field,
                        const struct doc_node *node)
{
    if (node->kind != DOC_LIST) {
        fault_kind(place, field, node, "a list of texts");
        return;
    }
    for (const struct doc_node *item = node->first; item != NULL; item = item->next)
        check_text(place, field, item);
}

static void check_list(const struct form_place *place, const struct form_field *field,
                       const struct doc_node *node)
{
    if (node->kind != DOC_LIST)
        fault_kind(place, field, node, "a list");
}

static void check_list_or_null(const struct form_place *place, const struct form_field *field,
                               const struct doc_node *node)
{
    if (!doc_is_null(node))
        check_list(place, field, node);
}

static void check_map(const struct form_place *place, const struct form_field *field,
                      const struct doc_node *node)
{
    if (node->kind != DOC_MAP)
        fault_kind(place, field, node, "a map of names and values");
}

static void check_map_or_null(const struct form_place *place, const struct form_field *field,
                              const struct doc_node *node)
{
    if (!doc_is_null(node))
        check_map(place, field, node);
}

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

static bool is_version(const char *text)
{
    const char *major = text + (*text == '<'), *point = skip_digits(major);

    return point > major && *point == '.' && skip_digits(point + 1) > point + 1 &&
           *skip_digits(point + 1) == '\0';
}

static void check_version(const struct form_place *place, const struct form_field *field,
                          const struct doc_node *node)
{
    if (is_text(node) && is_version(node->text))
        return;
    if (node->kind == DOC_SCALAR && node->plain && is_version(node->text))
        check_text(place, field, node);
    else
        fault_kind(place, field, node, "a version in quotes such as \"17.6\" or \"<13.9\"");
}

/* Parts of letters only, each from an upper-case to a lower-case one, between "::". */
static bool is_class(const char *text)
{
    for (;;) {
        const char *end = text;

        while (isalpha((unsigned char)*end))
            end++;
        if (end == text || !isupper((unsigned char)text[0]) || !islower((unsigned char)end[-1]))
            return false;
        if (strncmp(end, "::", 2) != 0)
            return *end == '\0';
        text = end + 2;
    }
}

static void check_class(const struct form_place *place, const struct form_field *field,
                        const struct doc_node *node)
{
    if (!is_text(node) || !is_class(node->text))
        fault_kind(place, field, node, "the name of a class such as CountIssuesMetric");
}

typedef void form_check(const struct form_place *place, const struct form_field *field,
                        const struct doc_node *node);

static form_check *const checks[] = {
    [FORM_TEXT] = check_text,
    [FORM_TEXT_OR_NULL] = check_text_or_null,
    [FORM_SCALAR] = check_scalar,
    [FORM_FLAG] = check_flag,
    [FORM_NUMBER] = check_number,
    [FORM_WORD] = check_word,
    [FORM_WORD_ANY_CASE] = check_word_any_case,
    [FORM_WORDS] = check_words,
    [FORM_WORDS_OR_NULL] = check_words_or_null,
    [FORM_WORD_OR_WORDS] = check_word_or_words,
    [FORM_TEXTS] = check_texts,
    [FORM_LIST] = check_list,
    [FORM_LIST_OR_NULL] = check_list_or_null,
    [FORM_MAP] = check_map,
    [FORM_MAP_OR_NULL] = check_map_or_null,
    [FORM_VERSION] = check_version,
    [FORM_CLASS] = check_class,
};

static void fault_unknown(const struct form *form, const struct form_place *place,
                          const struct doc_node *node)
{
    struct nearest nearest;
    const char *names = "";

    nearest_init(&nearest, node->key);
    for (size_t i = 0; i < form->count; i++) {
        if (form->fields[i].name == NULL)
            continue;
        nearest_try(&nearest, form->fields[i].name);
        names = arena_format(place->arena, "%s%s%s", names, *names != '\0' ? ", " : "",
                             form->fields[i].name);
    }
    form_fault(place, node, "%s has no field '%.200s'; it may have %s%s", form->what, node->key,
               names, nearest_hint(&nearest, place->arena));
}

static size_t field_index(const struct form *form, const char *name)
{
    size_t i = 0;

    while (i < form->count && (form->fields[i].name == NULL || form->fields[i].name[0] != name[0] ||
                               strcmp(form->fields[i].name, name) != 0))
        i++;
    return i;
}

static void fault_missing(const struct form *form, const struct form_place *place,
                          const struct doc_node *map, const struct doc_node *const *nodes)
{
    const char *names = NULL;

    for (size_t i = 0; i < form->count; i++) {
        if (!form->fields[i].needed || nodes[i] != NULL)
            continue;
        names = names == NULL ? form->fields[i].name
                              : arena_format(place->arena, "%s, %s", names, form->fields[i].name);
    }
    if (names != NULL)
        form_fault(place, map, "%s needs %s", form->what, names);
}

void form_read(const struct form *form, const struct form_place *place, const struct doc_node *map,
               const struct doc_node **nodes)
{
    size_t unknown = 0;

    for (size_t i = 0; i < form->count; i++)
        nodes[i] = NULL;
    for (const struct doc_node *child = map->first; child != NULL; child = child->next) {
        size_t i = field_index(form, child->key);

        if (i < form->count) {
            nodes[i] = child;
            checks[form->fields[i].kind](place, &form->fields[i], child);
        } else if (!form->open && ++unknown <= MOST_UNKNOWN) {
            fault_unknown(form, place, child);
        }
    }
    if (unknown > MOST_UNKNOWN)
        form_fault(place, map, "%s has %zu fields more that are unknown", form->what,
                   unknown - MOST_UNKNOWN);
    fault_missing(form, place, map, nodes);
}

bool form_has_any(const struct doc_node *root, const char *const *marks)
{
    for (const struct doc_node *child = root->first; child != NULL; child = child->next)
        if (words_find(marks, child->key) >= 0)
            return true;
    return false;
}

bool form_is_map(const struct form_place *place, const struct doc_node *root)
{
    if (root->kind == DOC_MAP && root->count > 0)
        return true;
    form_fault(place, root, "a definition is a map of fields, but this file %s",
               root->kind == DOC_MAP    ? "is empty"
               : root->kind == DOC_LIST ? "holds a list"
                                        : "holds a text");
    return false;
}

const char *form_name(const struct doc_node *root, const char *key)
{
    const struct doc_node *node = doc_get(root, key);

    return node != NULL && node->kind == DOC_SCALAR && node->text[0] != '\0' ? node->text : NULL;
}
