/* JSON that came from elsewhere as the payload holds it: checked, keys sorted, no blanks. Pure. */
#ifndef METRICS_SORTED_JSON_H
#define METRICS_SORTED_JSON_H

#include "agent/base/error.h"
#include "agent/base/str.h"

/* INVALID, and nothing is added, unless the text is one JSON object or list. */
MUST_CHECK bool sorted_json(const char *text, struct str *out, struct error *err);

#endif
