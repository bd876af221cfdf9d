/*
 * Plays every file of a fuzzing corpus through a harness, so that a crash once found stays a test.
 * Without arguments the corpus is tests/fuzz/corpus/X for a program called fuzz_X.
 */
#include "agent/base/arena.h"
#include "agent/base/file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A harness that finds something wrong ends the program: the last line tells with which file. */
static bool play_folder(const char *folder, int number)
{
    struct arena *arena = arena_new();
    struct file_list list;
    struct error err;
    bool done = file_list(folder, "", arena, &list, &err);

    for (size_t i = 0; done && i < list.count; i++) {
        const char *text;
        size_t length;

        done = file_read(list.paths[i], arena, &text, &length, &err);
        (void)fprintf(stderr, "# %s\n", list.paths[i]);
        if (done)
            (void)LLVMFuzzerTestOneInput((const uint8_t *)text, length);
    }
    if (done && list.count == 0)
        done = error_set(&err, ERROR_MISSING, "%s: no files", folder);
    if (done)
        (void)printf("ok %d - %s: %zu files\n", number, folder, list.count);
    else
        (void)printf("not ok %d - %s\n", number, err.text);
    arena_free(arena);
    return done;
}

int main(int argc, char **argv)
{
    char folder[200];
    const char *name = strstr(argv[0], "fuzz_");
    bool done = true;

    (void)printf("1..%d\n", argc > 1 ? argc - 1 : 1);
    (void)snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name != NULL ? name + 5 : "");
    if (argc == 1)
        return play_folder(folder, 1) ? 0 : 1;
    for (int i = 1; i < argc; i++)
        done = play_folder(argv[i], i) && done;
    return done ? 0 : 1;
}
