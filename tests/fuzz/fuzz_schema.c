/*
 * Any text as a document, of YAML and of JSON, held against each of our schemas: it fits or there
 * are complaints. And any text as a schema: it is read or there is a reason.
 */
#include "agent/base/js_doc.h"
#include "agent/base/js_schema.h"
#include "agent/base/yaml.h"
#include "agent/schemas.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool invariant)
{
    if (!invariant)
        abort();
}

static void check_all(const struct doc_node *root, struct arena *arena)
{
    static const enum schema_of all[] = {SCHEMA_OF_SETTINGS, SCHEMA_OF_METRIC, SCHEMA_OF_EVENT,
                                         SCHEMA_OF_PAYLOAD};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct complaints complaints;

        complaints_init(&complaints, arena);
        hold(schemas_check(all[i], "fuzz", root, &complaints) == (complaints.count == 0));
    }
}

static void read_schema(const char *text, size_t size)
{
    struct error err = {0};
    struct js_schema *schema = js_schema_read(text, size, &err);

    hold(schema != NULL || err.text[0] != '\0');
    js_schema_free(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *text = arena_copy_bytes(arena, data, size);
    struct error err = {0};
    int line = 0;
    const struct doc_node *root = doc_parse(text, size, arena, &line, &err);
    struct js_value *value = js_parse(text, size, &err);

    if (root != NULL)
        check_all(root, arena);
    if (value != NULL)
        check_all(js_doc(value, arena), arena);
    /* Compiling any pattern is the C library's affair; ours are known. */
    if (strstr(text, "attern") == NULL && strchr(text, '\\') == NULL)
        read_schema(text, size);
    js_free(value);
    arena_free(arena);
    return 0;
}
