#include "agent/definition.h"

#include "agent/base/words.h"
#include "agent/definition_rules.h"

#include <string.h>

static const char *const listed_frames[] = {"7d", "28d", "all", NULL};
static const char *const tiers[] = {"free", "premium", "ultimate", NULL};
static const char *const indicators[] = {
    "gmau",          "smau",       "paid_gmau",         "umau", "customer_health_score",
    "devops_report", "lighthouse", "leading_indicator", NULL};

static const struct form_field fields[] = {
    [FIELD_KEY_PATH] = {"key_path", FORM_TEXT, true},
    [FIELD_DESCRIPTION] = {"description", FORM_TEXT, true},
    [FIELD_PRODUCT_GROUP] = {"product_group", FORM_TEXT, true},
    [FIELD_VALUE_TYPE] = {"value_type", FORM_WORD, true, value_type_names},
    [FIELD_STATUS] = {"status", FORM_WORD, true, metric_status_names},
    [FIELD_TIME_FRAME] = {"time_frame", FORM_WORD_OR_WORDS, true, time_frame_names, listed_frames},
    [FIELD_DATA_SOURCE] = {"data_source", FORM_TEXT, true},
    [FIELD_DATA_CATEGORY] = {"data_category", FORM_WORD, true, data_category_names},
    [FIELD_MILESTONE] = {"milestone", FORM_VERSION, true},
    [FIELD_INTRODUCED_BY_URL] = {"introduced_by_url", FORM_TEXT, true},
    [FIELD_TIERS] = {"tiers", FORM_WORDS, true, tiers},
    [FIELD_INSTRUMENTATION_CLASS] = {"instrumentation_class", FORM_CLASS, false},
    [FIELD_OPTIONS] = {"options", FORM_MAP, false},
    [FIELD_EVENTS] = {"events", FORM_LIST, false},
    [FIELD_PRODUCT_CATEGORIES] = {"product_categories", FORM_TEXTS, false},
    [FIELD_PERFORMANCE_INDICATOR_TYPE] = {"performance_indicator_type", FORM_WORDS, false,
                                          indicators},
    [FIELD_VALUE_JSON_SCHEMA] = {"value_json_schema", FORM_TEXT, false},
    [FIELD_NAME] = {"name", FORM_TEXT, false},
    [FIELD_MILESTONE_REMOVED] = {"milestone_removed", FORM_VERSION, false},
    [FIELD_REMOVED_BY_URL] = {"removed_by_url", FORM_TEXT_OR_NULL, false},
    [FIELD_REPAIR_ISSUE_URL] = {"repair_issue_url", FORM_TEXT, false},
};

static const struct form current_form = {
    .what = "a metric definition", .fields = fields, .count = METRIC_FIELD_COUNT};

/* What older files must get right to be of use; the rest of them is let pass. */
static const char *const old_statuses[] = {
    "active", "broken", "removed", "data_available", "implemented", "not_used", "deprecated", NULL};
static const enum metric_status old_status_means[] = {
    METRIC_ACTIVE, METRIC_BROKEN,  METRIC_REMOVED, METRIC_ACTIVE,
    METRIC_ACTIVE, METRIC_REMOVED, METRIC_REMOVED,
};

static const struct form_field old_fields[METRIC_FIELD_COUNT] = {
    [FIELD_KEY_PATH] = {"key_path", FORM_TEXT, true},
    [FIELD_DESCRIPTION] = {"description", FORM_SCALAR, false},
    [FIELD_PRODUCT_GROUP] = {"product_group", FORM_SCALAR, false},
    [FIELD_VALUE_TYPE] = {"value_type", FORM_WORD, true, value_type_names},
    [FIELD_STATUS] = {"status", FORM_WORD, false, old_statuses},
    [FIELD_TIME_FRAME] = {"time_frame", FORM_WORD_OR_WORDS, true, time_frame_names, listed_frames},
    [FIELD_DATA_SOURCE] = {"data_source", FORM_TEXT_OR_NULL, false},
    [FIELD_DATA_CATEGORY] = {"data_category", FORM_WORD_ANY_CASE, false, data_category_names},
    [FIELD_MILESTONE] = {"milestone", FORM_SCALAR, false},
    [FIELD_INSTRUMENTATION_CLASS] = {"instrumentation_class", FORM_TEXT_OR_NULL, false},
    [FIELD_OPTIONS] = {"options", FORM_MAP_OR_NULL, false},
    [FIELD_EVENTS] = {"events", FORM_LIST_OR_NULL, false},
    [FIELD_MILESTONE_REMOVED] = {"milestone_removed", FORM_SCALAR, false},
};

static const struct form old_form = {
    .what = "a metric definition", .fields = old_fields, .count = METRIC_FIELD_COUNT, .open = true};

/* GitLab's data sources; what a source of this build calls its own is known as well. */
static const char *const data_sources[] = {"database", "redis",   "redis_hll",       "prometheus",
                                           "system",   "license", "internal_events", NULL};

static const struct source_ops *source_of(const struct definition_reader *reader,
                                          const char *data_source)
{
    for (const struct source_ops *const *ops = reader->sources; *ops != NULL; ops++)
        if (words_find((*ops)->data_sources, data_source) >= 0)
            return *ops;
    return NULL;
}

static void take_source(const struct definition_reader *reader, const struct reading *reading,
                        struct metric *metric)
{
    const char *name = reading_text(reading, FIELD_DATA_SOURCE);
    struct arena *arena = reader->arena;
    struct nearest nearest;

    metric->data_source = name != NULL ? name : "";
    if (name == NULL) {
        metric->not_computed = "The definition names no data source.";
        return;
    }
    metric->source = source_of(reader, name);
    if (metric->source != NULL)
        return;
    metric->not_computed = arena_format(arena, "No source of this build reads %.200s.", name);
    if (words_find(data_sources, name) >= 0)
        return;
    nearest_init(&nearest, name);
    for (size_t i = 0; data_sources[i] != NULL; i++)
        nearest_try(&nearest, data_sources[i]);
    form_fault(&reading->place, reading->nodes[FIELD_DATA_SOURCE],
               "`data_source` is '%.200s': it must be %s%s", name, words_join(data_sources, arena),
               nearest_hint(&nearest, arena));
}

static void add_frame(struct metric_draft *draft, const struct doc_node *node)
{
    int index = node->kind == DOC_SCALAR ? words_find(time_frame_names, node->text) : -1;

    for (size_t i = 0; i < draft->frame_count; i++)
        if ((int)draft->frames[i] == index)
            return;
    if (index >= 0 && draft->frame_count < MOST_TIME_FRAMES)
        draft->frames[draft->frame_count++] = (enum time_frame)index;
}

static void take_frames(const struct reading *reading, struct metric_draft *draft)
{
    const struct doc_node *node = reading->nodes[FIELD_TIME_FRAME];

    if (node == NULL)
        return;
    draft->listed = node->kind == DOC_LIST;
    if (!draft->listed)
        add_frame(draft, node);
    for (const struct doc_node *item = node->first; item != NULL; item = item->next)
        add_frame(draft, item);
}

static void take_status(const struct reading *reading, struct metric_draft *draft)
{
    const char *status = reading_text(reading, FIELD_STATUS);
    const char *milestone = reading_text(reading, FIELD_MILESTONE_REMOVED);
    int index = status != NULL ? words_find(old_statuses, status) : -1;

    draft->metric.status = index >= 0 ? old_status_means[index] : METRIC_REMOVED;
    if (draft->metric.status != METRIC_REMOVED)
        return;
    if (status == NULL)
        draft->removal = "has no status, so it is not collected";
    else if (milestone != NULL)
        draft->removal = arena_format(reading->place.arena, "is %s since %s", status, milestone);
    else
        draft->removal = arena_format(reading->place.arena, "is %s", status);
}

/* The index of a word that the form has checked; the first of the list after a complaint. */
static unsigned word_of(const struct reading *reading, enum metric_field field,
                        const char *const *words, unsigned otherwise)
{
    const char *text = reading_text(reading, field);
    int index = text != NULL ? words_find_any_case(words, text) : -1;

    return index >= 0 ? (unsigned)index : otherwise;
}

static const struct doc_node *present(const struct doc_node *node)
{
    return doc_is_null(node) ? NULL : node;
}

static void take_definition(const struct reading *reading, struct metric *metric)
{
    struct definition *definition = ARENA_NEW(reading->place.arena, struct definition);

    *definition = (struct definition){
        .file = reading->place.file,
        .root = reading->root,
        .options = present(reading->nodes[FIELD_OPTIONS]),
        .events = present(reading->nodes[FIELD_EVENTS]),
        .instrumentation_class = reading_text(reading, FIELD_INSTRUMENTATION_CLASS),
        .parsed = ARENA_NEW(reading->place.arena, const void *),
    };
    metric->definition = definition;
}

static const char *text_or_empty(const struct reading *reading, enum metric_field field)
{
    const char *text = reading_text(reading, field);

    return text != NULL ? text : "";
}

static void take_metric(const struct reading *reading, struct metric_draft *draft)
{
    const struct doc_node *key = reading->nodes[FIELD_KEY_PATH];

    draft->metric = (struct metric){
        .key_path = reading->place.key_path,
        .description = text_or_empty(reading, FIELD_DESCRIPTION),
        .product_group = text_or_empty(reading, FIELD_PRODUCT_GROUP),
        .milestone = text_or_empty(reading, FIELD_MILESTONE),
        .value_type = (enum value_type)word_of(reading, FIELD_VALUE_TYPE, value_type_names, 0),
        .category = (enum data_category)word_of(reading, FIELD_DATA_CATEGORY, data_category_names,
                                                CATEGORY_OPTIONAL),
    };
    draft->key_line = key != NULL ? key->line : reading->root->line;
    take_definition(reading, &draft->metric);
    take_frames(reading, draft);
    take_status(reading, draft);
}

void definition_read_metric(const struct definition_reader *reader, const char *file,
                            const struct doc_node *root, struct metric_draft *draft)
{
    static const char *const old_marks[] = {"distribution", "tier", "skip_validation", NULL};
    struct reading reading = {
        .place = {file, form_name(root, "key_path"), reader->arena, reader->complaints},
        .root = root,
    };
    size_t complaints_before = reader->complaints->count;
    bool old;

    *draft = (struct metric_draft){.faulty = true};
    if (!form_is_map(&reading.place, root))
        return;
    old = form_has_any(root, old_marks);
    form_read(old ? &old_form : &current_form, &reading.place, root, reading.nodes);
    definition_check_rules(&reading, old);
    take_metric(&reading, draft);
    take_source(reader, &reading, &draft->metric);
    draft->faulty = reader->complaints->count > complaints_before;
}

const char *time_frame_suffix(enum time_frame frame)
{
    static const char *const suffixes[] = {"", "_weekly", "_monthly", ""};

    return suffixes[frame];
}
