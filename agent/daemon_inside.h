/* What the files of the daemon share among themselves; nobody else includes this. */
#ifndef AGENT_DAEMON_INSIDE_H
#define AGENT_DAEMON_INSIDE_H

#include "agent/collection.h"
#include "agent/configuration.h"
#include "agent/consent.h"
#include "agent/courier.h"
#include "agent/io/loop.h"

/* What can be wrong at a time; each has one sentence until it is over. */
enum daemon_trouble {
    TROUBLE_SETTINGS,  /* the newest ones are bad */
    TROUBLE_CONSENT,   /* the stored answer cannot be read */
    TROUBLE_APPROVALS, /* consent.lock cannot be read or written */
    TROUBLE_SCHEDULE,  /* what is next cannot be kept */
    TROUBLE_RECOVERY,  /* what was begun before cannot be gone on with */
    TROUBLE_RUN,       /* a collection could not be begun, kept or sealed */
    TROUBLE_KINDS
};

struct daemon_said {
    unsigned turn; /* the higher the newer; 0: nothing is wrong */
    char text[600];
};

/* One collection under way. */
struct collecting {
    struct arena *arena;
    struct source_settings sources;
    struct store_run stored;
    struct run *run;
    struct run_progress progress;
};

struct daemon {
    struct loop *loop;
    struct store *store;
    struct configuration_request loading;
    struct configuration *now;
    struct configuration *next; /* waits for the end of the collection; NULL: none */
    struct consent consent;
    struct settings settings; /* those of now, with the consent in force */
    struct approvals *approvals;
    size_t held;
    struct schedule_state schedule;
    struct collecting *collecting; /* NULL: idle */
    struct courier *courier;
    struct loop_timer *look;  /* at the next slot */
    struct loop_timer *again; /* to try what failed */
    struct loop_timer *start;
    int64_t started_us;
    struct store_run last_run;
    struct daemon_said said[TROUBLE_KINDS];
    unsigned turn;
    void (*collected)(struct daemon *daemon, bool again); /* it is over; `again`: it failed */
    void (*changed)(void *arg);                           /* whoever watches; NULL: nobody */
    void *changed_arg;
    void (*parting)(void *arg); /* whoever works by the settings; NULL: nobody */
    void *parting_arg;
};

/* Something of the status has changed. */
void daemon_changed(const struct daemon *daemon);

/* Says it once in the log, and in the status until it is over. */
void daemon_troubled(struct daemon *daemon, enum daemon_trouble what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void daemon_untroubled(struct daemon *daemon, enum daemon_trouble what);

#endif
