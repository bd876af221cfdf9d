#include "agent/catalog.h"

#include "agent/base/file.h"
#include "agent/catalog_items.h"
#include "agent/definition.h"
#include "agent/mapped_metric.h"
#include "agent/unmapped.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char map_name[] = "instrumentation.yml";

struct loader {
    struct definition_reader reader;
    struct catalog *catalog;
    struct instrumentation_map *map;
    struct arena *scratch; /* until the catalog is made */
    struct arena *text;    /* of one file */
    struct source_file **files;
    size_t file_count;
    struct item_list metrics, events;
    struct catalog_note *notes;
};

static void add_note(struct loader *loader, const char *file, const char *key_path,
                     const char *text)
{
    struct catalog *catalog = loader->catalog;

    loader->notes = arena_grow(loader->reader.arena, loader->notes, catalog->note_count,
                               sizeof(loader->notes[0]));
    loader->notes[catalog->note_count++] = (struct catalog_note){file, key_path, text};
}

/* Reading files */

static void add_metric(struct loader *loader, struct source_file *file,
                       const struct metric_draft *draft, enum time_frame frame)
{
    struct metric *metric = ARENA_NEW(loader->reader.arena, struct metric);
    const char *suffix = draft->listed ? time_frame_suffix(frame) : "";

    *metric = draft->metric;
    metric->time_frame = frame;
    if (*suffix != '\0')
        metric->key_path = arena_format(loader->reader.arena, "%s%s", metric->key_path, suffix);
    *items_add(&loader->metrics, loader->scratch) = (struct item){
        .name = metric->key_path,
        .file = file,
        .line = draft->key_line,
        .faulty = draft->faulty,
        .kind = "metric",
        .removal = draft->removal,
        .metric = metric,
    };
    file->defines++;
}

static void take_metric(struct loader *loader, struct source_file *file,
                        const struct doc_node *root)
{
    struct metric_draft draft;

    loader->catalog->file_count++;
    definition_read_metric(&loader->reader, file->path, root, &draft);
    if (draft.metric.key_path == NULL)
        return;
    if (draft.listed && draft.frame_count == 0 && !draft.faulty)
        add_note(loader, file->path, draft.metric.key_path,
                 "has an empty list of time frames, so it gives no metric");
    for (size_t i = 0; i < draft.frame_count; i++)
        add_metric(loader, file, &draft, draft.frames[i]);
}

static void take_event(struct loader *loader, struct source_file *file, const struct doc_node *root)
{
    struct event_draft draft;

    definition_read_event(&loader->reader, file->path, root, &draft);
    if (draft.event.name == NULL)
        return;
    *items_add(&loader->events, loader->scratch) = (struct item){
        .name = draft.event.name,
        .file = file,
        .line = draft.name_line,
        .faulty = draft.faulty,
        .preferred = draft.internal,
        .kind = draft.category != NULL ? draft.category : "event",
        .event = draft.event,
    };
    file->defines++;
}

static void take_map(struct loader *loader, struct source_file *file, const struct doc_node *root)
{
    instrumentation_map_add(loader->map, file->path, root, loader->reader.complaints);
}

typedef void take_document(struct loader *loader, struct source_file *file,
                           const struct doc_node *root);

static void load_file(struct loader *loader, struct source_file *file, take_document *take)
{
    struct arena *arena = loader->reader.arena;
    struct complaints *complaints = loader->reader.complaints;
    const struct doc_node *root;
    struct error err = {0};
    const char *text;
    size_t length;
    int line;

    arena_reset(loader->text);
    if (!file_read(file->path, loader->text, &text, &length, &err)) {
        complain_of_file(complaints, file->path, &err);
        return;
    }
    (void)digest_text(text, length, file->digest);
    loader->files = arena_grow(loader->scratch, loader->files, loader->file_count,
                               sizeof(struct source_file *));
    loader->files[loader->file_count++] = file;
    root = doc_parse(text, length, arena, &line, &err);
    if (root == NULL)
        complain(complaints, file->path, line, NULL, "not readable as YAML: %s", err.text);
    else
        take(loader, file, root);
}

static bool is_aggregate(const char *name)
{
    return strncmp(name, "metrics/aggregates/", strlen("metrics/aggregates/")) == 0;
}

static void note_aggregates(struct loader *loader, const struct source_file *file)
{
    loader->catalog->aggregate_count++;
    add_note(loader, file->path, NULL,
             "is a list of aggregates, for redis.aggregates of the settings");
}

/* False if the folder holds no such part. */
static bool load_part(struct loader *loader, const char *folder, size_t index, const char *part,
                      take_document *take)
{
    struct arena *arena = loader->reader.arena;
    const char *path = arena_format(arena, "%s/%s", folder, part);
    struct file_list list;
    struct error err = {0};

    if (!file_list(path, ".yml", arena, &list, &err)) {
        if (err.kind != ERROR_MISSING)
            complain_of_file(loader->reader.complaints, path, &err);
        return err.kind != ERROR_MISSING;
    }
    for (size_t i = 0; i < list.count; i++) {
        struct source_file *file = ARENA_NEW(loader->scratch, struct source_file);

        file->path = list.paths[i];
        file->name = file->path + strlen(folder) + 1;
        file->folder = index;
        if (is_aggregate(file->name))
            note_aggregates(loader, file);
        else
            load_file(loader, file, take);
    }
    return true;
}

/* False if there is none. */
static bool load_map(struct loader *loader, const char *path, size_t index)
{
    struct source_file *file = ARENA_NEW(loader->scratch, struct source_file);

    file->path = path;
    file->name = map_name;
    file->folder = index;
    if (access(file->path, F_OK) != 0)
        return false;
    load_file(loader, file, take_map);
    return true;
}

/* A map may be named by itself, so that it is used without the definitions beside it. */
static bool is_map(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash != NULL ? slash + 1 : path, map_name) == 0;
}

static void load_folder(struct loader *loader, const char *folder, size_t index)
{
    struct arena *arena = loader->reader.arena;
    size_t length = strlen(folder);
    bool metrics, events, map;

    while (length > 1 && folder[length - 1] == '/')
        length--;
    folder = arena_copy_bytes(arena, folder, length);
    if (is_map(folder) && load_map(loader, folder, index))
        return;
    metrics = load_part(loader, folder, index, "metrics", take_metric);
    events = load_part(loader, folder, index, "events", take_event);
    map = load_map(loader, arena_format(arena, "%s/%s", folder, map_name), index);
    if (!metrics && !events && !map)
        complain(loader->reader.complaints, folder, 0, NULL,
                 "this folder of definitions holds neither metrics/ nor events/");
}

/* What is in force */

static void note_override(const struct item *winner, const struct item *loser, void *arg)
{
    struct loader *loader = arg;

    add_note(loader, winner->file->path, winner->name,
             arena_format(loader->reader.arena, "overrides %s", loser->file->path));
}

static void drop_removed(struct loader *loader)
{
    struct item_list *list = &loader->metrics;
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct item *item = &list->items[i];

        if (item->removal == NULL || item->faulty) {
            list->items[kept++] = *item;
            continue;
        }
        loader->catalog->removed_count++;
        add_note(loader, item->file->path, item->name, item->removal);
    }
    list->count = kept;
}

static void note_unmapped(const char *file, const char *text, void *arg)
{
    add_note(arg, file, NULL, text);
}

/* By now every folder's map is known: a later one may speak of classes of an earlier folder. */
static void apply_map(struct loader *loader)
{
    const struct definition_reader *reader = &loader->reader;
    struct unmapped unmapped = {.arena = loader->scratch};

    for (size_t i = 0; i < loader->metrics.count; i++) {
        const struct item *item = &loader->metrics.items[i];

        if (!item->faulty &&
            !mapped_metric_apply(item->metric, loader->map, reader->sources, reader->arena))
            unmapped_add(&unmapped, item->metric->definition);
    }
    unmapped_each(&unmapped, reader->arena, note_unmapped, loader);
}

/* A fault that shows in one time frame of a definition is not said again for the others. */
static void parse_metrics(struct loader *loader)
{
    struct complaints *complaints = loader->reader.complaints;

    for (size_t i = 0; i < loader->metrics.count; i++) {
        struct item *item = &loader->metrics.items[i];
        struct metric *metric = item->metric;
        size_t before = complaints->count;

        if (item->faulty || metric->source == NULL || metric->not_computed != NULL)
            continue;
        if (!item->file->refused)
            metric->source->parse(metric->definition, metric, loader->reader.arena, complaints);
        item->file->refused = item->file->refused || complaints->count > before;
        item->faulty = item->file->refused;
    }
}

/* The catalog */

static void publish_metrics(struct loader *loader)
{
    const struct item_list *list = &loader->metrics;
    const struct metric **metrics =
        ARENA_ARRAY(loader->reader.arena, const struct metric *, list->count);
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].faulty)
            metrics[count++] = list->items[i].metric;
    loader->catalog->metrics = metrics;
    loader->catalog->count = count;
}

static int compare_events(const void *left, const void *right)
{
    const struct event_definition *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static void publish_events(struct loader *loader)
{
    const struct item_list *list = &loader->events;
    struct event_definition *events =
        ARENA_ARRAY(loader->reader.arena, struct event_definition, list->count);
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].faulty)
            events[count++] = list->items[i].event;
    if (count > 0)
        qsort(events, count, sizeof(events[0]), compare_events);
    loader->catalog->events = events;
    loader->catalog->event_count = count;
}

static int compare_files(const void *left, const void *right)
{
    const struct source_file *const *a = left, *const *b = right;
    int order = strcmp((*a)->name, (*b)->name);

    return order != 0 ? order : ((*a)->folder > (*b)->folder) - ((*a)->folder < (*b)->folder);
}

/* Of every file but those of which nothing is left in force: "name\0digest\0", by name. */
static void make_digest(struct loader *loader)
{
    struct digest *digest = digest_new();

    if (loader->file_count > 0)
        qsort(loader->files, loader->file_count, sizeof(struct source_file *), compare_files);
    for (size_t i = 0; i < loader->file_count; i++) {
        const struct source_file *file = loader->files[i];

        if (file->defines > 0 && file->in_force == 0)
            continue;
        digest_add(digest, file->name, strlen(file->name) + 1);
        digest_add(digest, file->digest, sizeof(file->digest));
    }
    (void)digest_end(digest, loader->catalog->digest);
}

bool catalog_load(const char *const *folders, size_t folder_count,
                  const struct source_ops *const *sources, struct arena *arena,
                  struct catalog *catalog, struct complaints *complaints)
{
    struct loader loader = {
        .reader = {sources, arena, complaints},
        .catalog = catalog,
        .map = instrumentation_map_new(arena),
        .scratch = arena_new(),
        .text = arena_new(),
    };
    size_t complaints_before = complaints->count;

    *catalog = (struct catalog){0};
    for (size_t i = 0; i < folder_count; i++)
        load_folder(&loader, folders[i], i);
    items_settle(&loader.metrics, complaints, note_override, &loader);
    items_settle(&loader.events, complaints, note_override, &loader);
    drop_removed(&loader);
    items_complain_of_collisions(&loader.metrics, complaints);
    apply_map(&loader);
    parse_metrics(&loader);
    publish_metrics(&loader);
    publish_events(&loader);
    make_digest(&loader);
    catalog->notes = loader.notes;
    arena_free(loader.scratch);
    arena_free(loader.text);
    return complaints->count == complaints_before;
}

static int compare_key_to_metric(const void *key, const void *element)
{
    const struct metric *const *metric = element;

    return key_path_compare(key, (*metric)->key_path);
}

const struct metric *catalog_find(const struct catalog *catalog, const char *key_path)
{
    const struct metric *const *found;

    if (catalog->count == 0)
        return NULL;
    found = bsearch(key_path, catalog->metrics, catalog->count, sizeof(const struct metric *),
                    compare_key_to_metric);
    return found != NULL ? *found : NULL;
}
