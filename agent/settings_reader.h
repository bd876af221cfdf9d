/*
 * Settings while they are gathered: later documents and the environment put their values over
 * earlier ones, and everything that is wrong is complained about where it stands.
 */
#ifndef AGENT_SETTINGS_READER_H
#define AGENT_SETTINGS_READER_H

#include "agent/settings.h"
#include "agent/settings_table.h"
#include "agent/settings_value.h"

/* What must be known of a database beside its settings. */
struct database_origin {
    const char *file; /* where it was named first; NULL: in the environment */
    int line;
    bool has_conninfo; /* one was given, though it may have been complained about */
};

struct settings_reader {
    struct settings *settings;
    struct setting_scope scope;
    struct complaints *complaints;
    const char *file; /* that is being read; NULL: the environment */
    struct database_settings *databases;
    struct database_origin *origins; /* one for each database */
    struct fact *facts;
    struct settings_document *documents;
};

/* Puts the defaults in place. */
void settings_reader_begin(struct settings_reader *reader);

/* Takes over a whole document of `reader->file`. */
void settings_reader_document(struct settings_reader *reader, const struct doc_node *root);

/* Takes over one SERVICE_PING_* variable; `name` is what stands behind that prefix. */
void settings_reader_variable(struct settings_reader *reader, const char *name, const char *value);

/* What keys must be to each other, and what follows from them. */
void settings_reader_end(struct settings_reader *reader);

#endif
