#include "agent/definition.h"

#include "agent/form.h"

#include <ctype.h>

enum {
    EVENT_ACTION,
    EVENT_DESCRIPTION,
    EVENT_INTERNAL_EVENTS,
    EVENT_CATEGORY,
    EVENT_IDENTIFIERS,
    EVENT_ADDITIONAL_PROPERTIES,
    EVENT_PRODUCT_GROUP,
    EVENT_PRODUCT_CATEGORIES,
    EVENT_MILESTONE,
    EVENT_INTRODUCED_BY_URL,
    EVENT_TIERS,
    EVENT_CLASSIFICATION,
    EVENT_EXTRA_TRACKERS,
    EVENT_EXTRA_PROPERTIES,
    EVENT_IGLU_SCHEMA_URL,
    EVENT_FIELD_COUNT
};

static const char *const tiers[] = {"free", "premium", "ultimate", NULL};
static const char *const identifiers[] = {"project", "user", "namespace",
                                          "feature_enabled_by_namespace_ids", NULL};

static const struct form_field fields[] = {
    [EVENT_ACTION] = {"action", FORM_TEXT, true},
    [EVENT_DESCRIPTION] = {"description", FORM_TEXT, true},
    [EVENT_INTERNAL_EVENTS] = {"internal_events", FORM_FLAG, false},
    [EVENT_CATEGORY] = {"category", FORM_TEXT, false},
    [EVENT_IDENTIFIERS] = {"identifiers", FORM_WORDS_OR_NULL, false, identifiers},
    [EVENT_ADDITIONAL_PROPERTIES] = {"additional_properties", FORM_MAP_OR_NULL, false},
    [EVENT_PRODUCT_GROUP] = {"product_group", FORM_TEXT, true},
    [EVENT_PRODUCT_CATEGORIES] = {"product_categories", FORM_TEXTS, false},
    [EVENT_MILESTONE] = {"milestone", FORM_TEXT_OR_NULL, true},
    [EVENT_INTRODUCED_BY_URL] = {"introduced_by_url", FORM_TEXT_OR_NULL, true},
    [EVENT_TIERS] = {"tiers", FORM_WORDS, true, tiers},
    [EVENT_CLASSIFICATION] = {"classification", FORM_TEXT_OR_NULL, false},
    [EVENT_EXTRA_TRACKERS] = {"extra_trackers", FORM_LIST_OR_NULL, false},
    [EVENT_EXTRA_PROPERTIES] = {"extra_properties", FORM_MAP_OR_NULL, false},
    [EVENT_IGLU_SCHEMA_URL] = {"iglu_schema_url", FORM_TEXT_OR_NULL, false},
};

static const struct form current_form = {
    .what = "an event definition", .fields = fields, .count = EVENT_FIELD_COUNT};

/* Older files need nothing; only what is used is checked. */
static const struct form_field old_fields[EVENT_FIELD_COUNT] = {
    [EVENT_ACTION] = {"action", FORM_TEXT, true},
    [EVENT_INTERNAL_EVENTS] = {"internal_events", FORM_FLAG, false},
    [EVENT_CATEGORY] = {"category", FORM_SCALAR, false},
    [EVENT_IDENTIFIERS] = {"identifiers", FORM_LIST_OR_NULL, false},
    [EVENT_ADDITIONAL_PROPERTIES] = {"additional_properties", FORM_MAP_OR_NULL, false},
};

static const struct form old_form = {
    .what = "an event definition", .fields = old_fields, .count = EVENT_FIELD_COUNT, .open = true};

static const char *const old_marks[] = {
    "distributions",     "distribution",           "tier",
    "skip_validation",   "product_section",        "product_stage",
    "product_category",  "extra_tracking_classes", "label_description",
    "value_description", "property_description",   NULL,
};

static void check_name(const struct form_place *place, const struct doc_node *action)
{
    if (action == NULL || action->kind != DOC_SCALAR)
        return;
    for (const char *c = action->text; *c != '\0'; c++) {
        if (islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_')
            continue;
        form_fault(place, action,
                   "`action` is '%.200s': it may hold only small letters, digits and _",
                   action->text);
        return;
    }
}

static void check_properties(const struct form_place *place, const struct doc_node *map)
{
    static const struct form_field parts[] = {[0] = {"description", FORM_TEXT, true}};
    static const struct form form = {
        .what = "a property", .fields = parts, .count = 1, .open = true};
    const struct doc_node *nodes[1];

    if (map == NULL || map->kind != DOC_MAP)
        return;
    for (const struct doc_node *property = map->first; property != NULL; property = property->next)
        if (property->kind == DOC_MAP)
            form_read(&form, place, property, nodes);
        else
            form_fault(place, property, "the property `%.200s` must be a map with a `description`",
                       property->key);
}

static void take_event(const struct form_place *place, const struct doc_node *root,
                       const struct doc_node *const *nodes, struct event_draft *draft)
{
    const struct doc_node *category = nodes[EVENT_CATEGORY];

    draft->event = (struct event_definition){
        .name = place->key_path,
        .file = place->file,
        .root = root,
    };
    draft->name_line = nodes[EVENT_ACTION] != NULL ? nodes[EVENT_ACTION]->line : root->line;
    if (category != NULL && category->kind == DOC_SCALAR)
        draft->category = category->text;
    if (nodes[EVENT_INTERNAL_EVENTS] != NULL)
        (void)doc_flag(nodes[EVENT_INTERNAL_EVENTS], &draft->internal);
}

void definition_read_event(const struct definition_reader *reader, const char *file,
                           const struct doc_node *root, struct event_draft *draft)
{
    struct form_place place = {file, form_name(root, "action"), reader->arena, reader->complaints};
    const struct doc_node *nodes[EVENT_FIELD_COUNT];
    size_t complaints_before = reader->complaints->count;
    bool old;

    *draft = (struct event_draft){.faulty = true};
    if (!form_is_map(&place, root))
        return;
    old = form_has_any(root, old_marks);
    form_read(old ? &old_form : &current_form, &place, root, nodes);
    if (!old) {
        check_name(&place, nodes[EVENT_ACTION]);
        check_properties(&place, nodes[EVENT_ADDITIONAL_PROPERTIES]);
    }
    take_event(&place, root, nodes, draft);
    draft->faulty = reader->complaints->count > complaints_before;
}
