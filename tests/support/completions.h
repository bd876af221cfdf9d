/*
 * The completions of the shells, made from the table of verbs. They stand in packaging/completions,
 * where a test holds them against what these write; `make golden` rewrites them.
 */
#ifndef TESTS_SUPPORT_COMPLETIONS_H
#define TESTS_SUPPORT_COMPLETIONS_H

#include "agent/base/str.h"

void completions_write_bash(struct str *out);
void completions_write_zsh(struct str *out);

#endif
