/*
 * Any text as a file of settings. What is accepted is printed as settings that are accepted again
 * and print the same.
 */
#include "agent/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool invariant)
{
    if (!invariant)
        abort();
}

/* Settings are read from files only; this one has no place on any disk. */
static bool load(const void *text, size_t length, struct str *printed, struct arena *arena)
{
    char credentials[] = "CREDENTIALS_DIRECTORY=/run/credentials/test", *environment[2];
    int fd = memfd_create("settings.yml", MFD_CLOEXEC);
    struct complaints complaints;
    struct settings settings;
    char path[64];
    bool done;

    environment[0] = credentials;
    environment[1] = NULL;
    hold(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    complaints_init(&complaints, arena);
    done = settings_load(path, environment, arena, &settings, &complaints);
    hold(done == (complaints.count == 0));
    settings_print(&settings, printed);
    (void)close(fd);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct str first, second;

    str_init(&first);
    str_init(&second);
    if (load(data, size, &first, arena)) {
        hold(load(first.text, first.length, &second, arena));
        hold(strcmp(first.text, second.text) == 0);
    }
    str_release(&first);
    str_release(&second);
    arena_free(arena);
    return 0;
}
