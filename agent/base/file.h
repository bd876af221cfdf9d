/* Files, read whole. */
#ifndef AGENT_BASE_FILE_H
#define AGENT_BASE_FILE_H

#include "agent/base/arena.h"
#include "agent/base/error.h"

struct file_list {
    const char **paths; /* sorted by strcmp, so that every machine loads in the same order */
    size_t count;
};

/* Refuses more than 16 MiB. `text` gets a terminating zero that `length` does not count. */
MUST_CHECK bool file_read(const char *path, struct arena *arena, const char **text, size_t *length,
                          struct error *err);

/*
 * A password or token: the first line of the file. Refused as DENIED when anybody but the owner and
 * the group may read it, so that a careless mode is found at once.
 */
MUST_CHECK bool file_read_secret(const char *path, struct arena *arena, const char **secret,
                                 struct error *err);

/*
 * Writes a file that is there whole or not at all, also after a power cut: it gets its name last.
 * Only its owner may read it. What had the name before is gone.
 */
MUST_CHECK bool file_replace(const char *path, const void *bytes, size_t length, struct error *err);

/* All files below `folder`, at any depth, whose names end in `suffix`; MISSING if there is none
 * such folder. */
MUST_CHECK bool file_list(const char *folder, const char *suffix, struct arena *arena,
                          struct file_list *list, struct error *err);

#endif
