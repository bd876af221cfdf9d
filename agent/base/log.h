/*
 * Messages to the operator, on stderr, one line each. Under systemd each line begins with its
 * priority (sd-daemon(3)) and journald adds the time; on a terminal the line stands alone.
 * Never logged: passwords, values of the database, URLs with credentials.
 */
#ifndef AGENT_BASE_LOG_H
#define AGENT_BASE_LOG_H

enum log_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

/* Lines above this level are dropped; LEVEL_INFO until set. */
void log_set_level(enum log_level level);

/* `context` names who speaks ("db main", "run"); NULL leaves it out. */
void log_write(enum log_level level, const char *context, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* NOLINTBEGIN(readability-identifier-naming): they are called like functions. */
#define log_error(...)   log_write(LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LEVEL_DEBUG, __VA_ARGS__)
/* NOLINTEND(readability-identifier-naming) */

#endif
