/* A folder that a test fills with files and that goes with everything in it. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

struct scratch {
    char folder[64];
};

void scratch_init(struct scratch *scratch);
void scratch_release(struct scratch *scratch);

/* Writes a file; `name` is below the folder, and so are the folders that it needs. */
void scratch_write(const struct scratch *scratch, const char *name, const char *text);

#endif
