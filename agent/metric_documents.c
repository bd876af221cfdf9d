#include "agent/metric_documents.h"

#include <string.h>

/* The document with key path and time frame as they are after expansion. The file's own nodes stay
 * as they are: its other time frames share them. */
static struct doc_node *expanded_document(const struct metric *metric, struct arena *arena)
{
    struct doc_node *copy = ARENA_NEW(arena, struct doc_node), **end = &copy->first;

    *copy = *metric->definition->root;
    copy->key = NULL;
    for (const struct doc_node *child = metric->definition->root->first; child != NULL;
         child = child->next) {
        struct doc_node *node = ARENA_NEW(arena, struct doc_node);

        *node = *child;
        if (strcmp(child->key, "key_path") == 0)
            node->text = metric->key_path;
        if (strcmp(child->key, "time_frame") == 0) {
            *node = (struct doc_node){.kind = DOC_SCALAR, .line = child->line, .key = child->key};
            node->text = time_frame_name(metric->time_frame);
        }
        *end = node;
        end = &node->next;
    }
    *end = NULL;
    return copy;
}

void metric_documents_write(const struct metric *const *metrics, size_t count, struct arena *arena,
                            struct str *out)
{
    struct doc_node list = {.kind = DOC_LIST, .line = 1}, **end = &list.first;

    for (size_t i = 0; i < count; i++) {
        *end = expanded_document(metrics[i], arena);
        end = &(*end)->next;
        list.count++;
    }
    *end = NULL;
    doc_write_yaml(&list, 0, out);
}
