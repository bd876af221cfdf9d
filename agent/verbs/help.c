#include "agent/verbs/help.h"

#include "agent/verbs/command.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 22, LINE_WIDTH = 80 };

/* Wraps 'text' at blanks; every line begins in the column of the help. */
static void add_wrapped(const char *text, struct str *out)
{
    size_t column = HELP_COLUMN;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (column > HELP_COLUMN && column + 1 + length > LINE_WIDTH) {
            str_add_format(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            str_add_char(out, ' ');
            column++;
        }
        str_add_bytes(out, text, length);
        column += length;
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    str_add_char(out, '\n');
}

/* "  term      help"; the help begins on its own line when the term is too long. */
static void add_entry(const char *term, const char *help, struct str *out)
{
    if (strlen(term) + 4 <= HELP_COLUMN)
        str_add_format(out, "  %-*s", HELP_COLUMN - 2, term);
    else
        str_add_format(out, "  %s\n%*s", term, HELP_COLUMN, "");
    add_wrapped(help, out);
}

static void add_options(const struct verb_option *options, struct str *out)
{
    struct str term;

    str_init(&term);
    for (; options != NULL && options->name != NULL; options++) {
        str_clear(&term);
        str_add_format(&term, "%s%s%s", options->letter != NULL ? options->letter : "",
                       options->letter != NULL ? ", " : "", options->name);
        if (options->argument != NULL)
            str_add_format(&term, " %s", options->argument);
        add_entry(term.text, options->help, out);
    }
    str_release(&term);
}

void help_write(struct str *out)
{
    static const struct {
        const char *code, *meaning;
    } codes[] = {
        {"0", "done"},
        {"1", "a check found something, or something was refused"},
        {"64", "the command line is wrong"},
        {"69", "a database, Redis or the endpoint cannot be reached"},
        {"75", "not finished, but kept: it may be tried again"},
        {"77", "consent does not permit it"},
        {"78", "settings or definitions are wrong"},
    };

    str_add(out, "Usage: service-ping [OPTIONS] VERB [WORDS]\n\n"
                 "Counts what the definitions in force ask for, shows it, and sends it once\n"
                 "you agreed. 'service-ping VERB --help' says what a verb takes.\n\nVerbs:\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        char term[64];

        (void)snprintf(term, sizeof(term), "%s %s", verb->name,
                       verb->arguments != NULL ? verb->arguments : "");
        add_entry(term, verb->help, out);
    }
    str_add(out, "\nOptions:\n");
    add_options(global_options, out);
    str_add(out, "\nExit codes:\n");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        add_entry(codes[i].code, codes[i].meaning, out);
}

void help_write_verb(const struct verb *verb, struct str *out)
{
    str_add_format(out, "Usage: service-ping %s%s%s%s\n\n  ", verb->name,
                   verb->options != NULL ? " [OPTIONS]" : "", verb->arguments != NULL ? " " : "",
                   verb->arguments != NULL ? verb->arguments : "");
    str_add_format(out, "%s\n", verb->help);
    if (verb->options == NULL)
        return;
    str_add(out, "\nOptions:\n");
    add_options(verb->options, out);
}

int verb_help(struct verb_call *call)
{
    const struct verb *verb = NULL;
    struct error err;
    struct str out;

    if (!verb_arguments(call, 0, 1))
        return EXIT_USAGE;
    if (call->argc > 0) {
        verb = command_find_verb(call->argv[0], &err);
        if (verb == NULL)
            return verb_failed(EXIT_USAGE, "%s", err.text);
    }
    str_init(&out);
    if (verb != NULL)
        help_write_verb(verb, &out);
    else
        help_write(&out);
    (void)fputs(out.text, stdout);
    str_release(&out);
    return EXIT_DONE;
}
