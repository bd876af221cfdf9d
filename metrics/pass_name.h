/* What a pass is called: "main: issues by id". Pure; for pass_plan.c. */
#ifndef METRICS_PASS_NAME_H
#define METRICS_PASS_NAME_H

#include "metrics/pass.h"

#include "agent/base/arena.h"

/*
 * The names of passes stay the same from run to run, as long as they do the same work. `first` is
 * the first metric's choice. Not for gathered passes.
 */
const char *pass_name(const struct pass *pass, const struct pass_choice *first,
                      const char *database, struct arena *arena);

#endif
