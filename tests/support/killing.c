#include "tests/support/killing.h"

#include "agent/base/clock.h"
#include "tests/support/process.h"
#include "tests/support/require.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    long number;
    enum killing_call call;
} kinds[] = {
    {SYS_sendto, KILLING_SEND},    {SYS_sendmsg, KILLING_SEND},    {SYS_recvfrom, KILLING_RECEIVE},
    {SYS_read, KILLING_RECEIVE},   {SYS_write, KILLING_WRITE},     {SYS_writev, KILLING_WRITE},
    {SYS_pwrite64, KILLING_WRITE}, {SYS_fsync, KILLING_SYNC},      {SYS_fdatasync, KILLING_SYNC},
    {SYS_ftruncate, KILLING_SYNC}, {SYS_exit_group, KILLING_EXIT},
};

const char *killing_call_name(enum killing_call call)
{
    static const char *const names[] = {
        [KILLING_SEND] = "send", [KILLING_RECEIVE] = "receive", [KILLING_WRITE] = "write",
        [KILLING_SYNC] = "sync", [KILLING_EXIT] = "exit",
    };

    return names[call];
}

/* ---- The traced side, between fork and exec ---- */

static void redirect(const char *path, int to)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || dup2(file, to) < 0)
        _exit(126);
    (void)close(file);
}

static _Noreturn void become(const struct killing *killing)
{
    redirect(killing->output, STDOUT_FILENO);
    redirect(killing->errors, STDERR_FILENO);
    /* The leak check traces, too, and only one may. */
    (void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(126);
    (void)execv(killing->words[0], killing->words);
    _exit(127);
}

/* ---- The tracing side ---- */

struct tracing {
    pid_t child;
    const struct killing *killing;
    struct killed result;
    bool over;
};

static void end(struct tracing *tracing, int status)
{
    tracing->over = true;
    tracing->result.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    tracing->result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void await(struct tracing *tracing, int *status)
{
    REQUIRE(waitpid(tracing->child, status, 0) == tracing->child);
    if (WIFEXITED(*status) || WIFSIGNALED(*status))
        end(tracing, *status);
}

static void strike(struct tracing *tracing)
{
    unsigned later_us = tracing->killing->later_us;
    int status;

    /* Moments between two calls have no name, so that one is as good as another: time picks it. */
    if (later_us > 0) {
        (void)ptrace(PTRACE_DETACH, tracing->child, NULL, NULL);
        (void)process_ends_within(tracing->child, later_us);
    }
    (void)kill(tracing->child, SIGKILL);
    while (!tracing->over)
        await(tracing, &status);
}

static bool is_the_one(struct tracing *tracing, enum killing_call call)
{
    const struct killing *killing = tracing->killing;
    unsigned nth = ++tracing->result.calls[call];

    return call == killing->call &&
           (nth == killing->at || (killing->due != NULL && killing->due()));
}

/* True if this is the call to die at. */
static bool note_call(struct tracing *tracing)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracing->child, sizeof(info), &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if ((long)info.entry.nr != kinds[i].number)
            continue;
        return is_the_one(tracing, kinds[i].call);
    }
    return false;
}

/* The signal that the program stopped for is handed on; a stop of our own is none. */
static int signal_of(int status)
{
    int signal = WSTOPSIG(status);

    return signal == (SIGTRAP | 0x80) || signal == SIGTRAP ? 0 : signal;
}

static void trace(struct tracing *tracing)
{
    int status;

    await(tracing, &status);
    if (tracing->over)
        return;
    REQUIRE(ptrace(PTRACE_SETOPTIONS, tracing->child, NULL,
                   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
    while (!tracing->over) {
        bool call = WSTOPSIG(status) == (SIGTRAP | 0x80);

        if (call && note_call(tracing)) {
            strike(tracing);
            return;
        }
        (void)ptrace(PTRACE_SYSCALL, tracing->child, NULL, signal_of(status));
        await(tracing, &status);
    }
}

struct killed killing_run(const struct killing *killing)
{
    struct tracing tracing = {.killing = killing};
    int64_t began_us = now_monotonic_us();

    tracing.child = fork();
    REQUIRE(tracing.child >= 0);
    if (tracing.child == 0)
        become(killing);
    trace(&tracing);
    tracing.result.lived_us = now_monotonic_us() - began_us;
    return tracing.result;
}

bool killing_is_permitted(void)
{
    static char program[] = "/bin/true";
    char *words[] = {program, NULL};
    struct killing killing = {.words = words, .output = "/dev/null", .errors = "/dev/null"};
    struct killed killed = killing_run(&killing);

    return killed.code == 0 && killed.calls[KILLING_EXIT] == 1;
}
