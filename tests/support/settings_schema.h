/*
 * schemas/settings.schema.json, made from the table of settings. A test holds the file against what
 * this writes; `make golden` rewrites it.
 */
#ifndef TESTS_SUPPORT_SETTINGS_SCHEMA_H
#define TESTS_SUPPORT_SETTINGS_SCHEMA_H

#include "agent/base/str.h"

void settings_schema_write(struct str *out);

#endif
