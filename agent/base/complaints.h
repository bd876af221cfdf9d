/*
 * Everything that is wrong with what people wrote (settings, definitions), collected so that all of
 * it can be shown at once: "file:line: key path: what is wrong and what is allowed".
 */
#ifndef AGENT_BASE_COMPLAINTS_H
#define AGENT_BASE_COMPLAINTS_H

#include "agent/base/arena.h"
#include "agent/base/error.h"

#include <stddef.h>
#include <stdio.h>

struct complaint {
    const char *file;     /* NULL: not from a file (environment, command line) */
    int line;             /* from 1; 0: the file as a whole */
    const char *key_path; /* of the metric or setting; NULL: none yet */
    const char *text;
};

struct complaints {
    struct arena *arena; /* owns all texts */
    struct complaint *items;
    size_t count;
};

/* `arena` must outlive the complaints. */
void complaints_init(struct complaints *complaints, struct arena *arena);

void complain(struct complaints *complaints, const char *file, int line, const char *key_path,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What file.h's functions set in `err`; the path it begins with is not said twice. */
void complain_of_file(struct complaints *complaints, const char *file, const struct error *err);

/* One line each, sorted by file and line. */
void complaints_print(struct complaints *complaints, FILE *out);

#endif
