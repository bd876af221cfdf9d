/* Sentences as paragraphs of a page. Pure. */
#ifndef AGENT_VERBS_PARAGRAPH_H
#define AGENT_VERBS_PARAGRAPH_H

#include "agent/base/str.h"

/*
 * Adds the text in lines of at most `width` signs (0: one line), broken at blanks, each behind
 * `indent` blanks, the first behind what already stands in its line. Signs that a terminal would
 * obey are left out; words wider than a line stand alone.
 */
void paragraph_add(const char *text, size_t indent, size_t width, struct str *out);

#endif
