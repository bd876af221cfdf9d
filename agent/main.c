/* Chooses the verb. The only file that knows metrics/, by its table of sources. */
#include "agent/base/str.h"
#include "agent/verbs/command.h"
#include "agent/verbs/help.h"
#include "agent/verbs/verbs.h"
#include "metrics/sources.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int print_help(const struct verb *verb, FILE *out)
{
    struct str text;

    str_init(&text);
    if (verb != NULL)
        help_write_verb(verb, &text);
    else
        help_write(&text);
    (void)fputs(text.text, out);
    str_release(&text);
    return EXIT_DONE;
}

static int print_settings(struct verb_call *call)
{
    struct settings settings;
    struct str text;

    if (!verb_settings(call, &settings))
        return EXIT_SETTINGS;
    str_init(&text);
    settings_print(&settings, &text);
    (void)fputs(text.text, stdout);
    str_release(&text);
    return EXIT_DONE;
}

static int run_command(struct command *command)
{
    if (command->help)
        return print_help(command->call.verb, stdout);
    if (command->version) {
        (void)printf("service-ping %s\n", VERSION);
        return EXIT_DONE;
    }
    if (command->print_settings)
        return print_settings(&command->call);
    if (command->call.verb == NULL) {
        (void)print_help(NULL, stderr);
        return EXIT_USAGE;
    }
    return command->call.verb->run(&command->call);
}

/* Whoever reads our output through a pipe may go when he has seen enough: `| head`. */
static bool reader_has_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/* What was printed but could not be written, to a full disk say, is not done. */
static int end_output(int code)
{
    bool whole = fflush(stdout) == 0 && ferror(stdout) == 0;

    if (whole || code != EXIT_DONE || reader_has_gone())
        return code;
    return verb_failed(EXIT_FOUND, "The output could not be written whole.");
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct command command = {0};
    struct error err = {0};
    int code;

    (void)signal(SIGPIPE, SIG_IGN);
    /* A file that may not grow is told like a full disk. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (!command_read(argc, argv, arena, &command, &err)) {
        code = verb_failed(EXIT_USAGE, "%s", err.text);
    } else {
        command.call.sources = metric_sources;
        code = end_output(run_command(&command));
    }
    arena_free(arena);
    return code;
}
