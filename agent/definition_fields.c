#include "agent/definition_fields.h"

const char *reading_text(const struct reading *reading, enum metric_field field)
{
    const struct doc_node *node = reading->nodes[field];

    return doc_is_null(node) || node->kind != DOC_SCALAR ? NULL : node->text;
}
