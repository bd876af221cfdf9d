/*
 * Everything that definitions/instrumentation.yml says, played through: each class and key path,
 * with each value of each of its options, for all time and for a window of 28 days.
 */
#ifndef TESTS_SUPPORT_INSTRUMENTED_H
#define TESTS_SUPPORT_INSTRUMENTED_H

#include "agent/base/complaints.h"
#include "agent/instrumentation.h"

/* Of the shipped file; the test fails if it cannot be read. What is wrong with it is complained
 * about. */
struct instrumentation_map *instrumented_map(struct arena *arena, struct complaints *complaints);

/* One play: what was asked and what came out. */
typedef void instrumented_play(const struct instrumentation_entry *entry,
                               const struct instrumentation_question *question,
                               const struct instrumentation_answer *answer, void *arg);

void instrumented_each(const struct instrumentation_map *map, struct arena *arena,
                       instrumented_play *play, void *arg);

#endif
