#include "agent/instrumentation_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const operations[] = {
    "count", "distinct_count", "estimate_distinct_count", "sum", "average", "sql", NULL};
static const char *const join_types[] = {"inner", "left", NULL};

/* The fields of one kind of map, and the words that may stand in a field. */
struct field {
    const char *name;
    enum { FIELD_TEXT, FIELD_WORD, FIELD_FLAG, FIELD_MAP, FIELD_JOINS, FIELD_TEXTS } kind;
    const char *const *words;
};

static const struct field entry_fields[] = {
    {.name = "relation", .kind = FIELD_TEXT},
    {.name = "operation", .kind = FIELD_WORD, .words = operations},
    {.name = "column", .kind = FIELD_TEXT},
    {.name = "where", .kind = FIELD_TEXT},
    {.name = "joins", .kind = FIELD_JOINS},
    {.name = "timestamp_column", .kind = FIELD_TEXT},
    {.name = "database", .kind = FIELD_TEXT},
    {.name = "sql", .kind = FIELD_TEXT},
    {.name = "options", .kind = FIELD_MAP},
    {.name = "seen", .kind = FIELD_TEXT},
    {.name = NULL},
};

static const struct field join_fields[] = {
    {.name = "relation", .kind = FIELD_TEXT},
    {.name = "on", .kind = FIELD_TEXT},
    {.name = "type", .kind = FIELD_WORD, .words = join_types},
    {.name = NULL},
};

static const struct field option_fields[] = {
    {.name = "column", .kind = FIELD_TEXT}, {.name = "values", .kind = FIELD_TEXTS},
    {.name = "where", .kind = FIELD_TEXTS}, {.name = "sql", .kind = FIELD_TEXTS},
    {.name = "needed", .kind = FIELD_FLAG}, {.name = NULL},
};

/* One document on its way into the map. */
struct reading {
    struct instrumentation_map *map;
    const char *file;
    struct complaints *complaints;
    struct instrumentation_entry *entry; /* at which the reading is */
};

static void fault(const struct reading *reading, const struct doc_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fault(const struct reading *reading, const struct doc_node *at, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    complain(reading->complaints, reading->file, at->line,
             reading->entry != NULL ? reading->entry->name : NULL, "%s", text);
    if (reading->entry != NULL)
        reading->entry->faulty = true;
}

static bool is_text(const struct doc_node *node)
{
    return node->kind == DOC_SCALAR && node->text[0] != '\0' && !doc_is_null(node);
}

static const char *list_words(const struct reading *reading, const char *const *words)
{
    char *list = arena_copy(reading->map->arena, words[0]);

    for (size_t i = 1; words[i] != NULL; i++)
        list = arena_format(reading->map->arena, "%s, %s", list, words[i]);
    return list;
}

static void check_word(const struct reading *reading, const struct doc_node *node,
                       const char *const *words)
{
    for (size_t i = 0; node->kind == DOC_SCALAR && words[i] != NULL; i++)
        if (strcmp(words[i], node->text) == 0)
            return;
    fault(reading, node, "`%s` must be one of %s.", node->key, list_words(reading, words));
}

/* A map of texts; an empty text is one as well. */
static void check_texts(const struct reading *reading, const struct doc_node *node)
{
    if (node->kind != DOC_MAP || node->count == 0) {
        fault(reading, node, "`%s` must be a map with something in it.", node->key);
        return;
    }
    for (const struct doc_node *text = node->first; text != NULL; text = text->next)
        if (text->kind != DOC_SCALAR || (text->plain && doc_is_null(text)))
            fault(reading, text, "`%s` of `%s` must be a text.", text->key, node->key);
}

static void check_scalar(const struct reading *reading, const struct doc_node *node,
                         const struct field *field)
{
    bool flag;

    if (field->kind == FIELD_TEXT && !is_text(node))
        fault(reading, node, "`%s` must be a text that is not empty.", node->key);
    else if (field->kind == FIELD_FLAG && !doc_flag(node, &flag))
        fault(reading, node, "`%s` must be true or false.", node->key);
    else if (field->kind == FIELD_WORD)
        check_word(reading, node, field->words);
    else if (field->kind == FIELD_TEXTS)
        check_texts(reading, node);
    else if (field->kind == FIELD_MAP && node->kind != DOC_MAP)
        fault(reading, node, "`%s` must be a map.", node->key);
    else if (field->kind == FIELD_JOINS && node->kind != DOC_LIST)
        fault(reading, node, "`%s` must be a list.", node->key);
}

/* False if `map` is none; `what` names it: "a join". */
static bool check_fields(const struct reading *reading, const struct doc_node *map,
                         const struct field *fields, const char *what)
{
    const struct field *field;

    if (map->kind != DOC_MAP) {
        fault(reading, map, "%s must be a map.", what);
        return false;
    }
    for (const struct doc_node *node = map->first; node != NULL; node = node->next) {
        for (field = fields; field->name != NULL && strcmp(field->name, node->key) != 0;)
            field++;
        if (field->name == NULL)
            fault(reading, node, "%s has no field `%s`.", what, node->key);
        else
            check_scalar(reading, node, field);
    }
    return true;
}

static void check_joins(const struct reading *reading, const struct doc_node *joins)
{
    if (joins == NULL || joins->kind != DOC_LIST)
        return;
    for (const struct doc_node *join = joins->first; join != NULL; join = join->next)
        if (check_fields(reading, join, join_fields, "A join") &&
            (doc_get(join, "relation") == NULL || doc_get(join, "on") == NULL))
            fault(reading, join, "A join needs `relation` and `on`.");
}

/* Whether the option chooses a statement. */
static bool check_option(const struct reading *reading, const struct doc_node *option)
{
    const struct doc_node *column = doc_get(option, "column");
    const struct doc_node *where = doc_get(option, "where");
    const struct doc_node *sql = doc_get(option, "sql");

    if (!check_fields(reading, option, option_fields, "An option"))
        return false;
    if ((column != NULL) + (where != NULL) + (sql != NULL) != 1)
        fault(reading, option, "Option `%s` needs one of `column`, `where` and `sql`.",
              option->key);
    if (column == NULL && doc_get(option, "values") != NULL)
        fault(reading, option, "Option `%s` has `values` without `column`.", option->key);
    return sql != NULL;
}

static bool check_options(const struct reading *reading, const struct doc_node *options)
{
    bool statements = false;

    if (options == NULL || options->kind != DOC_MAP)
        return false;
    for (const struct doc_node *option = options->first; option != NULL; option = option->next)
        if (check_option(reading, option))
            statements = true;
    return statements;
}

/* What goes with operation sql, and what does not. */
static void check_shape(const struct reading *reading, const struct doc_node *node, bool statements)
{
    const struct doc_node *relation = doc_get(node, "relation");
    const struct doc_node *operation = doc_get(node, "operation");
    bool sql =
        operation != NULL && operation->kind == DOC_SCALAR && strcmp(operation->text, "sql") == 0;

    if (!sql && relation == NULL)
        fault(reading, node, "An entry needs `relation`, or `operation: sql`.");
    if (sql && relation != NULL)
        fault(reading, relation, "`operation: sql` does not go with `relation`.");
    if (sql && statements == (doc_get(node, "sql") != NULL))
        fault(reading, node,
              "`operation: sql` needs `sql`, or an option with `sql`, and not both.");
    if (!sql && (statements || doc_get(node, "sql") != NULL))
        fault(reading, node, "`sql` needs `operation: sql`.");
}

static void check_entry(const struct reading *reading, const struct doc_node *node)
{
    if (!check_fields(reading, node, entry_fields, "An entry"))
        return;
    check_joins(reading, doc_get(node, "joins"));
    check_shape(reading, node, check_options(reading, doc_get(node, "options")));
}

static struct instrumentation_entry *new_entry(struct reading *reading, const struct doc_node *node)
{
    struct instrumentation_map *map = reading->map;

    map->entries = arena_grow(map->arena, map->entries, map->count, sizeof(*map->entries));
    reading->entry = &map->entries[map->count];
    *reading->entry = (struct instrumentation_entry){
        .name = node->key, .file = reading->file, .line = node->line, .order = map->count++};
    return reading->entry;
}

static void add_entry(struct reading *reading, const struct doc_node *node)
{
    new_entry(reading, node)->node = node;
    check_entry(reading, node);
}

static void add_elsewhere(struct reading *reading, const struct doc_node *node)
{
    new_entry(reading, node)->elsewhere = node->text;
    if (!is_text(node))
        fault(reading, node, "The reason must be a text that is not empty.");
}

static const struct {
    const char *name;
    void (*add)(struct reading *reading, const struct doc_node *node);
} sections[] = {{"classes", add_entry}, {"key_paths", add_entry}, {"elsewhere", add_elsewhere}};

static void add_section(struct reading *reading, const struct doc_node *section)
{
    size_t i = 0;

    reading->entry = NULL;
    while (i < sizeof(sections) / sizeof(sections[0]) &&
           strcmp(sections[i].name, section->key) != 0)
        i++;
    if (i == sizeof(sections) / sizeof(sections[0])) {
        fault(reading, section, "There is no section `%s`: they are classes, key_paths, elsewhere.",
              section->key);
        return;
    }
    if (section->kind != DOC_MAP && !doc_is_null(section)) {
        fault(reading, section, "`%s` must be a map.", section->key);
        return;
    }
    for (const struct doc_node *node = section->first; node != NULL; node = node->next)
        sections[i].add(reading, node);
}

static int compare_entries(const void *left, const void *right)
{
    const struct instrumentation_entry *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* Sorts, and keeps of each name the last entry that has no fault. */
static void settle(struct reading *reading)
{
    struct instrumentation_map *map = reading->map;
    struct instrumentation_entry *entries = map->entries;
    size_t kept = 0;

    if (map->count == 0)
        return;
    qsort(entries, map->count, sizeof(*entries), compare_entries);
    for (size_t i = 0; i < map->count; i++) {
        bool again = kept > 0 && strcmp(entries[kept - 1].name, entries[i].name) == 0;

        if (again && entries[kept - 1].file == entries[i].file)
            complain(reading->complaints, entries[i].file, entries[i].line, entries[i].name,
                     "It stands in more than one section.");
        if (!entries[i].faulty)
            entries[again ? kept - 1 : kept++] = entries[i];
    }
    map->count = kept;
}

struct instrumentation_map *instrumentation_map_new(struct arena *arena)
{
    struct instrumentation_map *map = ARENA_NEW(arena, struct instrumentation_map);

    map->arena = arena;
    return map;
}

void instrumentation_map_add(struct instrumentation_map *map, const char *file,
                             const struct doc_node *root, struct complaints *complaints)
{
    struct reading reading = {.map = map, .file = file, .complaints = complaints};

    if (root->kind != DOC_MAP) {
        fault(&reading, root, "The document must be a map of classes, key_paths and elsewhere.");
        return;
    }
    for (const struct doc_node *section = root->first; section != NULL; section = section->next)
        add_section(&reading, section);
    settle(&reading);
}

static int compare_name(const void *name, const void *entry)
{
    return strcmp(name, ((const struct instrumentation_entry *)entry)->name);
}

const struct instrumentation_entry *instrumentation_map_find(const struct instrumentation_map *map,
                                                             const char *name)
{
    if (map->count == 0)
        return NULL;
    return bsearch(name, map->entries, map->count, sizeof(*map->entries), compare_name);
}
