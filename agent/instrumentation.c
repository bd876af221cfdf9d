#include "agent/instrumentation.h"

#include "agent/base/str.h"

#include <string.h>

/* One definition on its way to options of our form. */
struct making {
    const struct instrumentation_question *question;
    const struct instrumentation_entry *entry;
    struct arena *arena;
    struct str conditions;  /* what the definition's options add */
    const char *statement;  /* that one of them chose; NULL: none did */
    const char *refusal;    /* NULL: none so far */
    struct doc_node *first; /* the fields made so far */
    struct doc_node *last;
};

static void refuse(struct making *making, const char *reason)
{
    if (making->refusal == NULL)
        making->refusal = reason;
}

/* What a definition says, as a key of the map: true for `yes`. */
static const char *said(const struct doc_node *value)
{
    bool flag;

    if (value->plain && doc_type(value) == DOC_FLAG && doc_flag(value, &flag))
        return flag ? "true" : "false";
    return value->text;
}

/* A literal that takes the type of the column it stands beside. */
static void add_literal(struct str *out, const char *text)
{
    str_add_char(out, '\'');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            str_add_char(out, '\'');
        str_add_char(out, *at);
    }
    str_add_char(out, '\'');
}

/* What stands for the value in the option's map, or NULL and a refusal. */
static const char *chosen(struct making *making, const struct doc_node *option,
                          const struct doc_node *choices, const struct doc_node *value)
{
    const struct doc_node *choice = NULL;

    if (value->kind == DOC_SCALAR)
        choice = doc_get(choices, said(value));
    if (choice != NULL)
        return choice->text;
    refuse(making,
           arena_format(making->arena, "Its option %s is %s, which %.200s does not know.",
                        option->key, value->kind == DOC_SCALAR ? said(value) : "not one value",
                        making->entry->file));
    return NULL;
}

static void add_value(struct making *making, const struct doc_node *option,
                      const struct doc_node *value)
{
    const struct doc_node *values = doc_get(option, "values");
    const char *text = values != NULL ? chosen(making, option, values, value) : NULL;

    if (values == NULL && value->kind == DOC_SCALAR)
        text = said(value);
    if (text != NULL)
        add_literal(&making->conditions, text);
    else
        refuse(making, arena_format(making->arena, "Its option %s is no value that a column has.",
                                    option->key));
}

/* "column = value", "column IN (value, ...)" or "column IS NULL". */
static void add_comparison(struct making *making, const struct doc_node *option,
                           const struct doc_node *value)
{
    struct str *out = &making->conditions;

    str_add(out, doc_get(option, "column")->text);
    if (value->kind == DOC_SCALAR && value->plain && doc_is_null(value)) {
        str_add(out, " IS NULL");
        return;
    }
    if (value->kind != DOC_LIST) {
        str_add(out, " = ");
        add_value(making, option, value);
        return;
    }
    str_add(out, " IN (");
    for (const struct doc_node *item = value->first; item != NULL; item = item->next) {
        add_value(making, option, item);
        str_add(out, item->next != NULL ? ", " : "");
    }
    str_add_char(out, ')');
    if (value->count == 0)
        refuse(making, arena_format(making->arena, "Its option %s is an empty list.", option->key));
}

static void apply_option(struct making *making, const struct doc_node *option,
                         const struct doc_node *value)
{
    const struct doc_node *where = doc_get(option, "where"), *sql = doc_get(option, "sql");
    const char *condition;

    if (sql != NULL) {
        making->statement = chosen(making, option, sql, value);
        return;
    }
    condition = where != NULL ? chosen(making, option, where, value) : NULL;
    if (where != NULL && (condition == NULL || condition[0] == '\0'))
        return;
    str_add(&making->conditions, making->conditions.length > 0 ? " AND (" : "(");
    if (where != NULL)
        str_add(&making->conditions, condition);
    else
        add_comparison(making, option, value);
    str_add_char(&making->conditions, ')');
}

static void apply_options(struct making *making)
{
    const struct doc_node *known = doc_get(making->entry->node, "options");
    const struct doc_node *given = making->question->options;
    const struct doc_node *first = given != NULL && given->kind == DOC_MAP ? given->first : NULL;
    bool needed;

    for (const struct doc_node *value = first; value != NULL; value = value->next) {
        const struct doc_node *option = doc_get(known, value->key);

        if (option != NULL)
            apply_option(making, option, value);
        else
            refuse(making, arena_format(making->arena, "%.200s does not know its option %s.",
                                        making->entry->file, value->key));
    }
    for (const struct doc_node *option = known != NULL ? known->first : NULL; option != NULL;
         option = option->next)
        if (doc_get(given, option->key) == NULL && doc_get(option, "needed") != NULL &&
            doc_flag(doc_get(option, "needed"), &needed) && needed)
            refuse(making, arena_format(making->arena, "It needs the option %s.", option->key));
}

static struct doc_node *new_node(const struct making *making, enum doc_kind kind, const char *key)
{
    struct doc_node *node = ARENA_NEW(making->arena, struct doc_node);

    *node = (struct doc_node){.kind = kind, .line = making->question->line, .key = key};
    return node;
}

static void append(struct making *making, struct doc_node *node)
{
    if (making->last != NULL)
        making->last->next = node;
    else
        making->first = node;
    making->last = node;
}

static void append_text(struct making *making, const char *key, const char *text)
{
    struct doc_node *node = new_node(making, DOC_SCALAR, key);

    node->text = text;
    append(making, node);
}

/* A map of scalars. */
static struct doc_node *copy_join(const struct making *making, const struct doc_node *join)
{
    struct doc_node *copy = new_node(making, DOC_MAP, NULL), **end = &copy->first;

    copy->count = join->count;
    for (const struct doc_node *field = join->first; field != NULL; field = field->next) {
        *end = new_node(making, DOC_SCALAR, field->key);
        (*end)->text = field->text;
        end = &(*end)->next;
    }
    return copy;
}

static void append_joins(struct making *making, const struct doc_node *joins)
{
    struct doc_node *copy = new_node(making, DOC_LIST, joins->key), **end = &copy->first;

    copy->count = joins->count;
    for (const struct doc_node *join = joins->first; join != NULL; join = join->next) {
        *end = copy_join(making, join);
        end = &(*end)->next;
    }
    append(making, copy);
}

static void append_where(struct making *making)
{
    const struct doc_node *where = doc_get(making->entry->node, "where");
    const char *added = making->conditions.text;

    if (making->conditions.length == 0 && where == NULL)
        return;
    if (making->conditions.length == 0)
        append_text(making, "where", where->text);
    else if (where == NULL)
        append_text(making, "where", arena_copy(making->arena, added));
    else
        append_text(making, "where",
                    arena_format(making->arena, "(%s) AND %s", where->text, added));
}

/* The entry's fields that are ours already; `where` is put together of several. */
static void append_fields(struct making *making)
{
    static const char *const copied[] = {"relation",         "operation", "column",
                                         "timestamp_column", "database",  "sql"};
    const struct doc_node *node = making->entry->node;

    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
        if (doc_get(node, copied[i]) != NULL)
            append_text(making, copied[i], doc_get(node, copied[i])->text);
    if (making->statement != NULL)
        append_text(making, "sql", making->statement);
    if (doc_get(node, "joins") != NULL)
        append_joins(making, doc_get(node, "joins"));
    append_where(making);
}

/* Statements have no place for a time range. */
static void check_window(struct making *making)
{
    const struct doc_node *operation = doc_get(making->entry->node, "operation");

    if (making->question->windowed && operation != NULL && strcmp(operation->text, "sql") == 0)
        refuse(making, "It is computed by a statement that has no window.");
}

static void make(struct making *making, struct instrumentation_answer *answer)
{
    struct doc_node *options;

    str_init(&making->conditions);
    apply_options(making);
    check_window(making);
    answer->outcome = INSTRUMENTATION_REFUSED;
    answer->reason = making->refusal;
    if (making->refusal == NULL) {
        append_fields(making);
        options = new_node(making, DOC_MAP, "options");
        options->first = making->first;
        for (const struct doc_node *node = making->first; node != NULL; node = node->next)
            options->count++;
        answer->outcome = INSTRUMENTATION_MAPPED;
        answer->options = options;
    }
    str_release(&making->conditions);
}

/* "counts.issues" for "counts_monthly.issues"; NULL if there is nothing to take away. */
static const char *without_range(const char *key_path, struct arena *arena)
{
    static const char *const ranges[] = {"_monthly", "_weekly"};
    size_t length = strcspn(key_path, ".");

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        size_t range = strlen(ranges[i]);

        if (length > range && strncmp(key_path + length - range, ranges[i], range) == 0)
            return arena_format(arena, "%.*s%s", (int)(length - range), key_path,
                                key_path + length);
    }
    return NULL;
}

static const struct instrumentation_entry *
find_entry(const struct instrumentation_map *map, const struct instrumentation_question *question,
           struct arena *arena)
{
    const struct instrumentation_entry *entry = NULL;
    const char *shorter;

    if (question->class_name != NULL)
        entry = instrumentation_map_find(map, question->class_name);
    if (entry == NULL)
        entry = instrumentation_map_find(map, question->key_path);
    if (entry != NULL)
        return entry;
    shorter = without_range(question->key_path, arena);
    return shorter != NULL ? instrumentation_map_find(map, shorter) : NULL;
}

void instrumentation_find(const struct instrumentation_map *map,
                          const struct instrumentation_question *question, struct arena *arena,
                          struct instrumentation_answer *answer)
{
    const struct instrumentation_entry *entry = find_entry(map, question, arena);
    struct making making = {.question = question, .entry = entry, .arena = arena};

    *answer = (struct instrumentation_answer){.outcome = INSTRUMENTATION_UNMAPPED};
    if (entry == NULL && question->class_name != NULL)
        answer->reason = arena_format(arena, "No instrumentation.yml says what %.200s counts.",
                                      question->class_name);
    else if (entry == NULL)
        answer->reason = "It says neither a relation nor a class that counts it, and no "
                         "instrumentation.yml knows its key path.";
    else if (entry->elsewhere != NULL) {
        answer->outcome = INSTRUMENTATION_ELSEWHERE;
        answer->elsewhere = entry->elsewhere;
        answer->reason = arena_format(arena, "It lives in GitLab's process: %s.", entry->elsewhere);
    } else
        make(&making, answer);
}
