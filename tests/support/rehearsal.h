/*
 * A stand-in for a run: opens one source, plans, runs all probes lane by lane, gathers the outcomes
 * by key path. It holds the source to its contract: one answer for each metric before the probe is
 * done, none inside the call that asked. What takes longer than 60 s fails the test.
 */
#ifndef TESTS_SUPPORT_REHEARSAL_H
#define TESTS_SUPPORT_REHEARSAL_H

#include "agent/source.h"

struct rehearsal;

/* `settings` must outlive it. */
struct rehearsal *rehearsal_new(const struct source_ops *ops,
                                const struct source_settings *settings, int64_t recorded_at);
void rehearsal_free(struct rehearsal *rehearsal);

/*
 * Adds a definition: `fields` is YAML (key_path, options, events ...). What is left out is a
 * number, active, of all time. A list of time frames is expanded. Complaints fail the test.
 */
void rehearsal_define(struct rehearsal *rehearsal, const char *fields);

void rehearsal_run(struct rehearsal *rehearsal);

/*
 * As rehearsal_run, but everything is cancelled when a probe has saved its state for the
 * `stop_at`th time; the next rehearsal_run or rehearsal_until continues from what was saved. True
 * if it came to that.
 */
bool rehearsal_until(struct rehearsal *rehearsal, unsigned stop_at);

/* From now on all that is saved from time to time is saved after each statement: the clock, which
 * the test has stopped, moves on by as much. */
void rehearsal_save_always(struct rehearsal *rehearsal);

/* Until it is done, cancelled at each `stop_at`th save and continued: how often that was. */
unsigned rehearsal_interrupt(struct rehearsal *rehearsal, unsigned stop_at);

/* What a whole run may take; without it any time. */
void rehearsal_set_deadline(struct rehearsal *rehearsal, int64_t deadline_s);

/* From now on called after each probe_progress, the how-manieth of the run it is. */
typedef void rehearsal_progressed(unsigned nth, void *arg);
void rehearsal_on_progress(struct rehearsal *rehearsal, rehearsal_progressed *call, void *arg);

/* The outcome of a metric; fails the test if there is none. */
const struct outcome *rehearsal_outcome(const struct rehearsal *rehearsal, const char *key_path);

/* What was planned in the last run. */
size_t rehearsal_probe_count(const struct rehearsal *rehearsal);
const struct probe *rehearsal_probe_of(const struct rehearsal *rehearsal, const char *key_path);

/* What the source says of that probe or metric. */
struct description rehearsal_describe(const struct rehearsal *rehearsal, const char *key_path);
struct description rehearsal_describe_probe(const struct rehearsal *rehearsal,
                                            const char *key_path);

struct loop *rehearsal_loop(const struct rehearsal *rehearsal);

#endif
