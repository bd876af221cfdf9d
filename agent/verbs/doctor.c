#include "agent/verbs/doctor.h"

#include "agent/base/clock.h"
#include "agent/io/db.h"
#include "agent/io/redis.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/verbs.h"

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than this, and the weeks of counters and the times of pings are no longer what they say. */
static const int64_t tolerated_us = 60 * US_PER_SECOND;

void doctor_says(struct doctor *doctor, enum finding finding, const char *what, const char *format,
                 ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)printf("%s  %s: %s\n", finding == FINDING_FINE ? "ok" : "!!", what,
                 figure_plain(doctor->call->arena, text, sizeof(text)));
    (void)fflush(stdout);
    if (finding != FINDING_FINE)
        doctor->wrong = true;
    if (finding == FINDING_UNREACHABLE)
        doctor->unreachable = true;
}

static void look_at_definitions(struct doctor *doctor)
{
    struct verb_call *call = doctor->call;
    struct complaints complaints;

    complaints_init(&complaints, call->arena);
    if (catalog_load(doctor->settings.definitions, doctor->settings.definition_count, call->sources,
                     call->arena, &doctor->catalog, &complaints))
        doctor_says(doctor, FINDING_FINE, "definitions", "%s from %s.",
                    figure_of(call->arena, doctor->catalog.count, "metric", "metrics"),
                    figure_of(call->arena, doctor->catalog.file_count, "file", "files"));
    else
        doctor_says(doctor, FINDING_WRONG, "definitions",
                    "%zu faults; 'service-ping check' lists them.", complaints.count);
    doctor_next(doctor);
}

static const char *user_name(struct arena *arena, uid_t id)
{
    struct passwd entry, *user = NULL;
    char texts[4096];

    if (getpwuid_r(id, &entry, texts, sizeof(texts), &user) == 0 && user != NULL)
        return arena_copy(arena, user->pw_name);
    return arena_format(arena, "user %u", (unsigned)id);
}

/* The folder is made at the first use; until then its parent must let us. */
static void look_for_place(struct doctor *doctor, const char *state)
{
    struct arena *arena = doctor->call->arena;
    const char *parent = dirname(arena_copy(arena, state));

    if (access(parent, W_OK | X_OK) == 0)
        doctor_says(doctor, FINDING_FINE, "state", "%s is not there yet; it can be made in %s.",
                    state, parent);
    else
        doctor_says(doctor, FINDING_WRONG, "state",
                    "%s is not there, and %s cannot make it in %s (%s). Make it, and give it to "
                    "the user that service-ping runs as.",
                    state, user_name(arena, geteuid()), parent, strerror(errno));
}

static void look_at_state(struct doctor *doctor)
{
    const char *state = doctor->settings.state, *owner, *self;
    struct arena *arena = doctor->call->arena;
    struct stat found;

    if (stat(state, &found) != 0) {
        look_for_place(doctor, state);
        doctor_next(doctor);
        return;
    }
    owner = user_name(arena, found.st_uid);
    self = user_name(arena, geteuid());
    if (!S_ISDIR(found.st_mode))
        doctor_says(doctor, FINDING_WRONG, "state", "%s is not a folder.", state);
    else if (access(state, R_OK | W_OK | X_OK) != 0)
        doctor_says(doctor, FINDING_WRONG, "state",
                    "%s belongs to %s, and %s cannot write there. Run this as %s, or change the "
                    "owner.",
                    state, owner, self, owner);
    else if (found.st_uid != geteuid() && geteuid() != 0) /* root acts as the owner there */
        doctor_says(doctor, FINDING_WRONG, "state",
                    "%s belongs to %s, but this runs as %s: files made now could not be written "
                    "by %s later. Run it as %s.",
                    state, owner, self, owner, owner);
    else
        doctor_says(doctor, FINDING_FINE, "state", "%s can be written and belongs to %s.", state,
                    owner);
    doctor_next(doctor);
}

static void look_at_consent(struct doctor *doctor)
{
    struct arena *arena = doctor->call->arena;
    struct consent consent;
    struct error err;

    if (!permission_find(&doctor->settings, &consent, &err)) {
        doctor_says(doctor, FINDING_WRONG, "consent", "it cannot be read what was agreed to: %s",
                    err.text);
    } else {
        const char *lacks = permission_lacks(&doctor->settings, &consent, arena);

        doctor_says(doctor, FINDING_FINE, "consent", "%s%s%s", consent_words(&consent, arena),
                    lacks != NULL ? " Nothing is sent: " : "",
                    lacks != NULL ? arena_format(arena, "%s.", lacks) : "");
    }
    doctor_next(doctor);
}

static void look_at_clock(struct doctor *doctor)
{
    struct arena *arena = doctor->call->arena;
    int64_t off_us = doctor->ahead_us < 0 ? -doctor->ahead_us : doctor->ahead_us;

    if (doctor->clock_of == NULL)
        doctor_says(doctor, FINDING_FINE, "clock",
                    "it is %s here; there is nobody to compare with.",
                    figure_time(arena, now_wall_us()));
    else if (off_us > tolerated_us)
        doctor_says(doctor, FINDING_WRONG, "clock",
                    "this machine is %s %s %s. Weeks and months would be counted wrongly: set "
                    "the clock, for example by systemd-timesyncd.",
                    figure_took(arena, off_us), doctor->ahead_us > 0 ? "ahead of" : "behind",
                    doctor->clock_of);
    else
        doctor_says(doctor, FINDING_FINE, "clock", "%s, like that of %s.",
                    figure_time(arena, now_wall_us()), doctor->clock_of);
    doctor_next(doctor);
}

static void (*const steps[])(struct doctor *doctor) = {
    look_at_definitions, doctor_databases, doctor_redis,    doctor_endpoint,
    look_at_clock,       look_at_state,    look_at_consent,
};

static void take_step(void *arg)
{
    struct doctor *doctor = arg;
    size_t step = doctor->step++;

    doctor->turn = NULL;
    if (step < sizeof(steps) / sizeof(steps[0]))
        steps[step](doctor);
    else
        loop_stop(doctor->loop);
}

void doctor_next(struct doctor *doctor)
{
    doctor->turn = loop_after(doctor->loop, 0, take_step, doctor);
}

static void look_at_all(struct doctor *doctor)
{
    doctor->loop = loop_new();
    str_init(&doctor->sentence);
    doctor_next(doctor);
    loop_run(doctor->loop);
    loop_timer_cancel(doctor->turn);
    http_client_free(doctor->http);
    redis_free(doctor->redis);
    db_free(doctor->db);
    str_release(&doctor->sentence);
    loop_free(doctor->loop);
}

int verb_doctor(struct verb_call *call)
{
    struct doctor doctor = {.call = call};

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &doctor.settings))
        return EXIT_SETTINGS;
    permission_assume(&doctor.settings);
    look_at_all(&doctor);
    if (doctor.unreachable)
        return EXIT_UNREACHABLE;
    return doctor.wrong ? EXIT_FOUND : EXIT_DONE;
}
