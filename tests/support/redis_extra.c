#include "tests/support/redis_extra.h"

#include "agent/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_extra {
    pid_t pid;
    FILE *lines, *answers;
};

static _Noreturn void bail_out(const char *what, const char *why)
{
    (void)printf("Bail out! redis-extra: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* Nobody else holds the other ends, so that it hears when we are gone. */
struct redis_extra *redis_extra_new(void)
{
    static const char *const words[] = {"tests/support/redis-extra", NULL};
    struct redis_extra *extra = memory_alloc(sizeof(*extra));
    posix_spawn_file_actions_t actions;
    int input[2], output[2];

    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        bail_out("pipe", strerror(errno));
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    if (posix_spawn(&extra->pid, words[0], &actions, NULL, (char *const *)(uintptr_t)words,
                    environ) != 0)
        bail_out(words[0], "cannot be run from this folder");
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(input[0]);
    (void)close(output[1]);
    extra->lines = fdopen(input[1], "w");
    extra->answers = fdopen(output[0], "r");
    return extra;
}

void redis_extra_free(struct redis_extra *extra)
{
    (void)fclose(extra->lines);
    (void)waitpid(extra->pid, NULL, 0);
    (void)fclose(extra->answers);
    free(extra);
}

void redis_extra_do(struct redis_extra *extra, const char *format, ...)
{
    char line[1024], answer[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (fprintf(extra->lines, "%s\n", line) < 0 || fflush(extra->lines) != 0 ||
        fgets(answer, sizeof(answer), extra->answers) == NULL)
        bail_out(line, "it has ended");
    if (strcmp(answer, "ok\n") != 0)
        bail_out(line, answer);
}

const char *redis_extra_path(const char *name)
{
    static char paths[8][200];
    static size_t last;

    last = (last + 1) % (sizeof(paths) / sizeof(paths[0]));
    (void)snprintf(paths[last], sizeof(paths[last]), "%s/%s", getenv("TEST_DIR"), name);
    return paths[last];
}
