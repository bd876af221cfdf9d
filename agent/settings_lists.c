#include "agent/settings_lists.h"

#include "agent/base/file.h"

#include <stdlib.h>
#include <string.h>

struct lists_reader {
    struct arena *arena;
    struct key_lists *lists; /* counts what is in the arrays, which are its own in the end */
    const char **legacy;
    struct known_event *known;
    struct key_aggregate *aggregates;
    struct complaints *complaints;
    const char *file; /* that is being read */
};

static void complain_at(const struct lists_reader *reader, const struct doc_node *node,
                        const char *what)
{
    complain(reader->complaints, reader->file, node->line, NULL, "%s", what);
}

static bool is_text(const struct doc_node *node)
{
    return node != NULL && node->kind == DOC_SCALAR && !doc_is_null(node) && node->text[0] != '\0';
}

static const char *text_or_null(const struct doc_node *map, const char *key)
{
    const struct doc_node *node = doc_get(map, key);

    return is_text(node) ? node->text : NULL;
}

/* NULL if there is nothing to read, or it was complained about. */
static const struct doc_node *read_document(struct lists_reader *reader, const char *path,
                                            enum doc_kind kind)
{
    const struct doc_node *root;
    const char *text;
    size_t length;
    struct error err;
    int line;

    reader->file = path;
    if (!file_read(path, reader->arena, &text, &length, &err)) {
        complain_of_file(reader->complaints, path, &err);
        return NULL;
    }
    root = doc_parse(text, length, reader->arena, &line, &err);
    if (root == NULL)
        complain(reader->complaints, path, line, NULL, "not readable as YAML: %s", err.text);
    else if (root->count == 0)
        return NULL;
    else if (root->kind == kind)
        return root;
    else
        complain_at(reader, root,
                    kind == DOC_MAP ? "The file must be a map of names to older names."
                                    : "The file must be a list.");
    return NULL;
}

/* Every item of the lists begins with its name. */
static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

static void sort(void *items, size_t count, size_t size)
{
    if (items != NULL)
        qsort(items, count, size, compare_names);
}

static void read_overrides(struct lists_reader *reader, const char *path,
                           const struct key_override **overrides, size_t *count)
{
    const struct doc_node *root = path != NULL ? read_document(reader, path, DOC_MAP) : NULL;
    struct key_override *items = NULL;

    for (const struct doc_node *node = root != NULL ? root->first : NULL; node != NULL;
         node = node->next) {
        if (!is_text(node)) {
            complain_at(reader, node, "An override must be a name and the older name.");
            continue;
        }
        items = arena_grow(reader->arena, items, *count, sizeof items[0]);
        items[(*count)++] = (struct key_override){node->key, node->text};
    }
    sort(items, *count, sizeof items[0]);
    *overrides = items;
}

static void read_legacy(struct lists_reader *reader, const char *path)
{
    const struct doc_node *root = path != NULL ? read_document(reader, path, DOC_LIST) : NULL;
    size_t count = 0;

    for (const struct doc_node *node = root != NULL ? root->first : NULL; node != NULL;
         node = node->next) {
        if (!is_text(node)) {
            complain_at(reader, node, "A legacy event must be the name of an event.");
            continue;
        }
        reader->legacy = arena_grow(reader->arena, reader->legacy, count, sizeof reader->legacy[0]);
        reader->legacy[count++] = node->text;
    }
    sort(reader->legacy, count, sizeof reader->legacy[0]);
    reader->lists->legacy = reader->legacy;
    reader->lists->legacy_count = count;
}

/* An entry of known_events. */

static bool read_known_event(const struct lists_reader *reader, const struct doc_node *node,
                             struct known_event *event)
{
    const char *aggregation = text_or_null(node, "aggregation");
    const struct doc_node *expiry = doc_get(node, "expiry");

    *event = (struct known_event){
        .name = text_or_null(node, "name"),
        .category = text_or_null(node, "category"),
        .slot = text_or_null(node, "redis_slot"),
        .daily = aggregation != NULL && strcmp(aggregation, "daily") == 0,
    };
    if (event->name == NULL)
        complain_at(reader, node, "A known event lacks its `name`.");
    else if (!event->daily && (aggregation == NULL || strcmp(aggregation, "weekly") != 0))
        complain_at(reader, node, "`aggregation` of a known event must be daily or weekly.");
    else if (!doc_is_null(expiry) &&
             (expiry->kind != DOC_SCALAR || !doc_integer(expiry, &event->keep_days) ||
              event->keep_days < 1 || event->keep_days > 3650))
        complain_at(reader, expiry, "`expiry` of a known event must be a number of days.");
    else
        return true;
    return false;
}

static void add_known_event(struct lists_reader *reader, const struct doc_node *node)
{
    size_t *count = &reader->lists->known_count;
    struct known_event event;

    if (!read_known_event(reader, node, &event))
        return;
    for (size_t i = 0; i < *count && reader->known != NULL; i++)
        if (strcmp(reader->known[i].name, event.name) == 0)
            return;
    reader->known = arena_grow(reader->arena, reader->known, *count, sizeof event);
    reader->known[(*count)++] = event;
}

/* An entry of aggregates. */

static bool list_has(const struct doc_node *list, const char *text)
{
    for (const struct doc_node *node = list != NULL ? list->first : NULL; node != NULL;
         node = node->next)
        if (is_text(node) && strcmp(node->text, text) == 0)
            return true;
    return false;
}

static bool read_events(const struct lists_reader *reader, const struct doc_node *list,
                        struct key_aggregate *aggregate)
{
    const char **events;

    if (list == NULL || list->kind != DOC_LIST || list->count == 0)
        return false;
    events = ARENA_ARRAY(reader->arena, const char *, list->count);
    for (const struct doc_node *node = list->first; node != NULL; node = node->next) {
        if (!is_text(node))
            return false;
        events[aggregate->event_count++] = node->text;
    }
    aggregate->events = events;
    return true;
}

static bool read_aggregate(const struct lists_reader *reader, const struct doc_node *node,
                           struct key_aggregate *aggregate)
{
    const char *operation = text_or_null(node, "operator");
    const struct doc_node *frames = doc_get(node, "time_frame");

    *aggregate = (struct key_aggregate){
        .name = text_or_null(node, "name"),
        .intersection = operation != NULL && strcmp(operation, "AND") == 0,
        .in_7d = list_has(frames, "7d"),
        .in_28d = list_has(frames, "28d"),
    };
    if (aggregate->name == NULL)
        complain_at(reader, node, "An aggregate lacks its `name`.");
    else if (!aggregate->intersection && (operation == NULL || strcmp(operation, "OR") != 0))
        complain_at(reader, node, "`operator` of an aggregate must be OR or AND.");
    else if (!read_events(reader, doc_get(node, "events"), aggregate))
        complain_at(reader, node, "`events` of an aggregate must be a list of events.");
    else if (aggregate->intersection && aggregate->event_count > KEY_MOST_SETS)
        complain_at(reader, node, "An aggregate with AND may have at most eight events.");
    else
        return true;
    return false;
}

static void add_aggregate(struct lists_reader *reader, const struct doc_node *node)
{
    const char *source = text_or_null(node, "source");
    size_t *count = &reader->lists->aggregate_count;
    struct key_aggregate aggregate;

    if (source != NULL && strcmp(source, "database") == 0)
        return;
    if (!read_aggregate(reader, node, &aggregate))
        return;
    for (size_t i = 0; i < *count && reader->aggregates != NULL; i++)
        if (strcmp(reader->aggregates[i].name, aggregate.name) == 0)
            return;
    reader->aggregates = arena_grow(reader->arena, reader->aggregates, *count, sizeof aggregate);
    reader->aggregates[(*count)++] = aggregate;
}

/* Files and folders */

typedef void entry_reader(struct lists_reader *reader, const struct doc_node *node);

static void read_entries(struct lists_reader *reader, const char *path, entry_reader *add)
{
    const struct doc_node *root = read_document(reader, path, DOC_LIST);

    for (const struct doc_node *node = root != NULL ? root->first : NULL; node != NULL;
         node = node->next) {
        if (node->kind == DOC_MAP)
            add(reader, node);
        else
            complain_at(reader, node, "An entry of the list must be a map.");
    }
}

static bool is_folder(const char *path)
{
    size_t length = strlen(path);

    return length < 4 || strcmp(path + length - 4, ".yml") != 0;
}

static void read_all(struct lists_reader *reader, const char *const *paths, size_t count,
                     entry_reader *add)
{
    for (size_t i = 0; i < count; i++) {
        struct file_list files = {.paths = (const char *[]){paths[i]}, .count = 1};
        struct error err;

        if (is_folder(paths[i]) && !file_list(paths[i], ".yml", reader->arena, &files, &err)) {
            complain_of_file(reader->complaints, paths[i], &err);
            continue;
        }
        for (size_t k = 0; k < files.count; k++)
            read_entries(reader, files.paths[k], add);
    }
}

void settings_lists_load(const struct key_list_files *files, struct arena *arena,
                         struct key_lists *lists, struct complaints *complaints)
{
    struct lists_reader reader = {.arena = arena, .lists = lists, .complaints = complaints};

    *lists = (struct key_lists){0};
    read_overrides(&reader, files->paths, &lists->paths, &lists->path_count);
    read_overrides(&reader, files->totals, &lists->totals, &lists->total_count);
    read_legacy(&reader, files->legacy);
    read_all(&reader, files->known, files->known_count, add_known_event);
    read_all(&reader, files->aggregates, files->aggregate_count, add_aggregate);
    sort(reader.known, lists->known_count, sizeof reader.known[0]);
    sort(reader.aggregates, lists->aggregate_count, sizeof reader.aggregates[0]);
    lists->known = reader.known;
    lists->aggregates = reader.aggregates;
}
