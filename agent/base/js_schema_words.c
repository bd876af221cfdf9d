#include "agent/base/js_schema_words.h"

#include "agent/base/js_schema_value.h"
#include "agent/base/str.h"

#include <stdarg.h>
#include <string.h>

static void add_path(const struct js_spot *spot, struct str *out)
{
    const struct js_spot *chain[JS_DEEPEST];
    size_t count = 0;

    for (; spot->parent != NULL && count < JS_DEEPEST; spot = spot->parent)
        chain[count++] = spot;
    while (count-- > 0) {
        if (chain[count]->node->key == NULL)
            str_add_format(out, "[%zu]", chain[count]->index);
        else
            str_add_format(out, "%s%.200s", out->length > 0 ? "." : "", chain[count]->node->key);
    }
}

bool js_fault(struct js_checking *checking, const struct js_spot *spot, const char *format, ...)
{
    char text[1024];
    struct str path;
    va_list args;

    if (checking->complaints == NULL)
        return false;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    str_init(&path);
    add_path(spot, &path);
    complain(checking->complaints, checking->file, spot->node->line,
             path.length > 0 ? path.text : NULL, "%s (%s)", text,
             checking->id != NULL ? checking->id : "by its schema");
    str_release(&path);
    return false;
}

bool js_refuse(struct js_checking *checking, const struct js_spot *spot, const char *wanted)
{
    const struct doc_node *node = spot->node;

    if (node->kind != DOC_SCALAR)
        return js_fault(checking, spot, "this is a %s: it must be %s",
                        node->kind == DOC_LIST ? "list" : "map", wanted);
    if (node->text[0] == '\0')
        return js_fault(checking, spot, "this is empty: it must be %s", wanted);
    return js_fault(checking, spot, "'%.100s' is not allowed: it must be %s", node->text, wanted);
}

/* "a", "a or b", "a, b or c", said one by one. */
static void add_choice(const char *text, size_t index, size_t count, struct str *out)
{
    if (index > 0)
        str_add(out, index + 1 == count ? " or " : ", ");
    str_add(out, text);
}

static void describe_types(unsigned types, struct str *out)
{
    static const char *const words[] = {"null", "true or false", "a whole number", "a number",
                                        "text", "a list",        "a map"};
    size_t count = 0, index = 0;

    if ((types & JS_TYPE_NUMBER) != 0)
        types &= ~(unsigned)JS_TYPE_INTEGER;
    for (unsigned i = 0; js_type_names[i] != NULL; i++)
        count += types >> i & 1;
    for (unsigned i = 0; js_type_names[i] != NULL; i++)
        if ((types >> i & 1) != 0)
            add_choice(words[i], index++, count, out);
}

static void describe_values(const struct js_value *values, struct str *out)
{
    for (size_t i = 0; i < js_count(values); i++) {
        const struct js_value *value = js_at(values, i);

        add_choice(js_text(value) != NULL ? js_text(value) : js_one_line(value), i,
                   js_count(values), out);
    }
}

const struct js_rule *js_find_rule(const struct js_node *node, const char *name)
{
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->rules[i].keyword->name, name) == 0)
            return &node->rules[i];
    return NULL;
}

void js_describe(const struct js_node *node, struct str *out)
{
    const struct js_rule *reference = js_find_rule(node, "$ref"), *type;

    if (reference != NULL)
        node = reference->inner[0].node;
    type = js_find_rule(node, "type");
    if (js_find_rule(node, "title") != NULL)
        str_add(out, js_text(js_find_rule(node, "title")->value));
    else if (js_find_rule(node, "enum") != NULL)
        describe_values(js_find_rule(node, "enum")->value, out);
    else if (js_find_rule(node, "const") != NULL)
        str_add(out, js_one_line(js_find_rule(node, "const")->value));
    else if (type != NULL)
        describe_types(js_rule_types(type), out);
    else
        str_add(out, "as the schema says");
}

bool js_refuse_by(struct js_checking *checking, const struct js_spot *spot,
                  const struct js_node *node)
{
    struct str wanted;

    if (checking->complaints == NULL)
        return false;
    str_init(&wanted);
    js_describe(node, &wanted);
    (void)js_refuse(checking, spot, wanted.text);
    str_release(&wanted);
    return false;
}
