#include "agent/schemas.h"

#include "agent/base/embedded.h"
#include "agent/base/file.h"
#include "agent/base/js_doc.h"
#include "agent/base/js_schema.h"
#include "agent/base/memory.h"

#include <assert.h>
#include <stdlib.h>

static const struct embedded *const files[] = {
    [SCHEMA_OF_SETTINGS] = &settings_schema,
    [SCHEMA_OF_METRIC] = &metric_schema,
    [SCHEMA_OF_EVENT] = &event_schema,
    [SCHEMA_OF_PAYLOAD] = &payload_schema,
};

/* A test reads them all, so that no agent is built whose own schemas are none. */
static struct js_schema *schema_of(enum schema_of which)
{
    struct error err = {0};
    struct js_schema *schema =
        js_schema_read((const char *)files[which]->bytes, files[which]->length, &err);

    assert(schema != NULL);
    return schema;
}

bool schemas_check(enum schema_of which, const char *file, const struct doc_node *root,
                   struct complaints *complaints)
{
    struct js_schema *schema = schema_of(which);
    bool fits = js_schema_check(schema, root, file, complaints);

    js_schema_free(schema);
    return fits;
}

bool schemas_check_settings(const struct settings *settings, struct complaints *complaints)
{
    bool fit = true;

    for (size_t i = 0; i < settings->document_count; i++) {
        const struct settings_document *document = &settings->documents[i];

        fit = schemas_check(SCHEMA_OF_SETTINGS, document->file, document->root, complaints) && fit;
    }
    return fit;
}

static int compare_roots(const void *left, const void *right)
{
    const struct metric *const *a = left, *const *b = right;
    uintptr_t x = (uintptr_t)(*a)->definition->root, y = (uintptr_t)(*b)->definition->root;

    return (x > y) - (x < y);
}

/* A definition of several time frames gives as many metrics. */
static bool check_metrics(const struct catalog *catalog, struct complaints *complaints)
{
    const struct metric **metrics = memory_alloc((catalog->count + 1) * sizeof(const void *));
    struct js_schema *schema = schema_of(SCHEMA_OF_METRIC);
    bool fit = true;

    for (size_t i = 0; i < catalog->count; i++)
        metrics[i] = catalog->metrics[i];
    qsort(metrics, catalog->count, sizeof(const void *), compare_roots);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct definition *definition = metrics[i]->definition;

        if (i == 0 || metrics[i - 1]->definition->root != definition->root)
            fit = js_schema_check(schema, definition->root, definition->file, complaints) && fit;
    }
    js_schema_free(schema);
    free(metrics);
    return fit;
}

static bool check_events(const struct catalog *catalog, struct complaints *complaints)
{
    struct js_schema *schema = schema_of(SCHEMA_OF_EVENT);
    bool fit = true;

    for (size_t i = 0; i < catalog->event_count; i++) {
        const struct event_definition *event = &catalog->events[i];

        fit = js_schema_check(schema, event->root, event->file, complaints) && fit;
    }
    js_schema_free(schema);
    return fit;
}

bool schemas_check_catalog(const struct catalog *catalog, struct complaints *complaints)
{
    bool metrics = check_metrics(catalog, complaints);

    return check_events(catalog, complaints) && metrics;
}

bool schemas_check_payload(const char *file, struct arena *arena, struct complaints *complaints)
{
    struct error err = {0};
    struct js_value *value;
    const char *text;
    size_t length;
    bool fits;

    if (!file_read(file, arena, &text, &length, &err)) {
        complain_of_file(complaints, file, &err);
        return false;
    }
    value = js_parse(text, length, &err);
    if (value == NULL) {
        complain(complaints, file, 0, NULL, "%s", err.text);
        return false;
    }
    fits = schemas_check(SCHEMA_OF_PAYLOAD, file, js_doc(value, arena), complaints);
    js_free(value);
    return fits;
}
