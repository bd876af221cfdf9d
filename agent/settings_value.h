/* One value of the settings: read from a node into its place, and written back as YAML. */
#ifndef AGENT_SETTINGS_VALUE_H
#define AGENT_SETTINGS_VALUE_H

#include "agent/base/arena.h"
#include "agent/base/yaml.h"
#include "agent/settings_table.h"

/* What reading needs to know beside the value. */
struct setting_scope {
    struct arena *arena;     /* keeps the texts */
    const char *credentials; /* $CREDENTIALS_DIRECTORY; NULL: not set */
};

/* `base` is what the row's offset counts from. The error says what is wrong and what is allowed. */
MUST_CHECK bool setting_read(const struct setting *row, const struct doc_node *node,
                             const struct setting_scope *scope, void *base, struct error *err);

/* A value as the environment says it, as the node that a file would hold: lists have commas. */
struct doc_node *setting_node(const struct setting *row, const char *text, struct arena *arena);

/* " value\n", or "\n" and the lines of a list, `depth` levels indented; secrets are masked. */
void setting_write(const struct setting *row, const void *base, unsigned depth, struct str *out);

/* The type in words, for the table of docs/settings.md. */
void setting_describe(const struct setting *row, struct str *out);

/* Text as YAML, quoted only where it must be, without a line's end. */
void setting_write_text(const char *text, struct str *out);

#endif
