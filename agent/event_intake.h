/*
 * Events on their way to their counters: each is checked against its definition and the rate, then
 * what comes while a batch is being recorded is gathered and recorded with the next one, in one
 * round trip. The source that writes is opened by the first event and closed when none has come for
 * a while. The weeks and days of the counters are those of the moment of recording.
 */
#ifndef AGENT_EVENT_INTAKE_H
#define AGENT_EVENT_INTAKE_H

#include "agent/catalog.h"
#include "agent/settings.h"

struct event_intake;

/* The source that counts events, of a NULL-terminated table; NULL: none does. */
const struct source_ops *event_intake_writer(const struct source_ops *const *sources);

/*
 * Settings and definitions must outlive it, or the next event_intake_use. `idle_ms`: after so long
 * without an event the source is closed; 0: never.
 */
struct event_intake *event_intake_new(struct loop *loop, const struct source_ops *writer,
                                      const struct settings *settings,
                                      const struct catalog *catalog, int64_t idle_ms);

/* Drops what is on its way and calls nobody. Not from within a `record_done`. NULL is fine. */
void event_intake_free(struct event_intake *intake);

/*
 * From now on by these settings and definitions; the old ones may go afterwards. Nobody knows
 * whether what is in flight was counted, so it is told so (UNAVAILABLE), from within this call;
 * what still waits is recorded by the new ones. Not from within a `record_done`.
 */
void event_intake_use(struct event_intake *intake, const struct settings *settings,
                      const struct catalog *catalog);

/* INVALID: the event does not fit its definition; UNAVAILABLE: it is one too many in this second.
 */
MUST_CHECK bool event_intake_allows(struct event_intake *intake, const struct event *event,
                                    struct error *err);

/* Records allowed events, one at least, which must stay until `done` (source.h) is called. */
void event_intake_record(struct event_intake *intake, const struct event *events, size_t count,
                         record_done *done, void *arg);

bool event_intake_is_open(const struct event_intake *intake); /* the source is, or gets so */

#endif
