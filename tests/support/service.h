/* The real agent as systemd starts it: a process with settings in a scratch folder, whose notices
 * and signals a test sees. AGENT in the environment names the program. */
#ifndef TESTS_SUPPORT_SERVICE_H
#define TESTS_SUPPORT_SERVICE_H

#include "tests/support/scratch.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NOTICE_SIZE 1024

struct service {
    struct scratch scratch; /* settings.yml, definitions/, state/, log */
    char program[PATH_MAX];
    const char *config; /* the file of the settings; NULL: those of service_settings */
    int notices;        /* the socket that the agent tells */
    pid_t process;      /* 0: none runs */
};

void service_init(struct service *service);
void service_release(struct service *service); /* kills what still runs */

/* Settings with these lines of YAML after `state` and `definitions`. Unless they name a schedule,
 * no slot comes while a test lasts. */
void service_settings(struct service *service, const char *lines);

/* A metric: `options` as YAML. */
void service_define(struct service *service, const char *key_path, const char *data_source,
                    const char *options);

/* Starts "service-ping run"; does not wait for anything. */
void service_start(struct service *service);

/* Waits for a notice that contains `text`, and copies it; ends the program after 30 s without. */
void service_await(struct service *service, const char *text, char notice[NOTICE_SIZE]);

/* What an agent that was killed has told, and nobody heard. */
void service_forget_notices(const struct service *service);

void service_signal(const struct service *service, int signal);

/* Waits for the end, 30 s at most; the exit code. */
int service_end(struct service *service);

/* Whether the log of all its processes has this text. */
bool service_logged(const struct service *service, const char *text);

/* Waits for that text in the log; ends the program after 30 s without. */
void service_await_log(const struct service *service, const char *text);

#endif
