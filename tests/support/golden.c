#include "tests/support/golden.h"

#include "agent/base/file.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

static void expect_lines(const char *path, const char *stands, const char *text)
{
    for (int line = 1; *stands != '\0' || *text != '\0'; line++) {
        size_t length = strcspn(stands, "\n"), other = strcspn(text, "\n");

        if (length != other || memcmp(stands, text, length) != 0)
            fail_msg("%s:%d: there stands\n%.*s\nbut now it is\n%.*s", path, line, (int)length,
                     stands, (int)other, text);
        stands += length + (stands[length] == '\n');
        text += other + (text[other] == '\n');
    }
}

static bool is_writing(void)
{
    const char *mode = getenv("GOLDEN");

    return mode != NULL && strcmp(mode, "write") == 0;
}

void golden_expect_file(const char *path, const char *text)
{
    struct arena *arena = arena_new();
    const char *stands;
    struct error err;
    size_t length;

    if (is_writing())
        write_file(path, text);
    else if (file_read(path, arena, &stands, &length, &err))
        expect_lines(path, stands, text);
    else
        fail_msg("%s", err.text);
    arena_free(arena);
}

void golden_expect(const char *name, const char *text)
{
    struct arena *arena = arena_new();

    golden_expect_file(arena_format(arena, "tests/golden/%s", name), text);
    arena_free(arena);
}

void golden_expect_part(const char *path, const char *name, const char *text)
{
    struct arena *arena = arena_new();
    const char *begins = arena_format(arena, "<!-- %s:begin -->\n", name);
    const char *ends = arena_format(arena, "<!-- %s:end -->\n", name);
    const char *whole, *part, *rest;
    struct error err;
    size_t length;

    if (!file_read(path, arena, &whole, &length, &err))
        fail_msg("%s", err.text);
    part = strstr(whole, begins);
    rest = strstr(whole, ends);
    if (part == NULL || rest == NULL)
        fail_msg("%s has no part from %s to %s", path, begins, ends);
    part += strlen(begins);
    if (is_writing())
        write_file(path, arena_format(arena, "%.*s%s%s", (int)(part - whole), whole, text, rest));
    else
        expect_lines(path, arena_copy_bytes(arena, part, (size_t)(rest - part)), text);
    arena_free(arena);
}
