#include "agent/verbs/command.h"

#include "agent/base/words.h"

#include <string.h>

const struct verb_option global_options[] = {
    {"--config", "FILE", "the settings, instead of /etc/service-ping/service-ping.yml", "-c"},
    {"--print-settings", NULL, "print the settings in force and end", NULL},
    {"--quiet", NULL, "no progress and no remarks on stderr", "-q"},
    {"--verbose", NULL, "more of both", "-v"},
    {"--help", NULL, "this help; after a verb, the verb's own", "-h"},
    {"--version", NULL, "print the version and end", "-V"},
    {0},
};

/* What stays the same while the words are read one by one. */
struct reader {
    int argc, at;
    char **argv;
    struct arena *arena;
    struct command *command;
    struct error *err;
};

const struct verb *command_find_verb(const char *name, struct error *err)
{
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0)
            return verb;
        nearest_try(&nearest, verb->name);
    }
    if (nearest.found != NULL)
        (void)error_set(err, ERROR_INVALID, "There is no verb '%s'; did you mean '%s'?", name,
                        nearest.found);
    else
        (void)error_set(err, ERROR_INVALID,
                        "There is no verb '%s'; 'service-ping help' lists those there are.", name);
    return NULL;
}

static bool same_name(const struct verb_option *option, const char *word, size_t length)
{
    if (option->letter != NULL && strlen(option->letter) == length &&
        strncmp(option->letter, word, length) == 0)
        return true;
    return strlen(option->name) == length && strncmp(option->name, word, length) == 0;
}

static const struct verb_option *find_in(const struct verb_option *options, const char *word,
                                         size_t length, struct nearest *nearest)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (same_name(options, word, length))
            return options;
        nearest_try(nearest, options->name);
    }
    return NULL;
}

static const struct verb_option *find_option(const struct reader *reader, const char *word,
                                             size_t length)
{
    const struct verb *verb = reader->command->call.verb;
    const char *name = arena_copy_bytes(reader->arena, word, length);
    const struct verb_option *found;
    struct nearest nearest;

    nearest_init(&nearest, name);
    found = find_in(verb != NULL ? verb->options : NULL, word, length, &nearest);
    if (found == NULL)
        found = find_in(global_options, word, length, &nearest);
    if (found != NULL)
        return found;
    if (nearest.found != NULL)
        (void)error_set(reader->err, ERROR_INVALID, "There is no option '%s'; did you mean '%s'?",
                        name, nearest.found);
    else
        (void)error_set(reader->err, ERROR_INVALID,
                        "There is no option '%s'; 'service-ping %s%s--help' lists those there are.",
                        name, verb != NULL ? verb->name : "", verb != NULL ? " " : "");
    return NULL;
}

/* Whether 'value' is one of "a|b|c"; an argument in capitals without a bar takes any text. */
static bool check_choice(const struct verb_option *option, const char *value, struct error *err)
{
    const char *choice = option->argument;
    size_t length = strlen(value);

    if (strchr(choice, '|') == NULL)
        return true;
    while (true) {
        size_t end = strcspn(choice, "|");

        if (end == length && strncmp(choice, value, end) == 0)
            return true;
        if (choice[end] == '\0')
            return error_set(err, ERROR_INVALID, "'%s %s' is not known; it is one of %s.",
                             option->name, value, option->argument);
        choice += end + 1;
    }
}

static bool option_value(struct reader *reader, const struct verb_option *option,
                         const char *attached, const char **value)
{
    if (option->argument == NULL) {
        *value = option->name;
        return attached == NULL ||
               error_set(reader->err, ERROR_INVALID, "'%s' takes nothing after it.", option->name);
    }
    if (attached == NULL && reader->at + 1 >= reader->argc)
        return error_set(reader->err, ERROR_INVALID, "'%s' needs %s after it.", option->name,
                         option->argument);
    *value = attached != NULL ? attached : reader->argv[++reader->at];
    return check_choice(option, *value, reader->err);
}

static void note_global(struct command *command, const struct verb_option *option,
                        const char *value)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--print-settings", &command->print_settings},
        {"--quiet", &command->call.quiet},
        {"--verbose", &command->call.verbose},
        {"--help", &command->help},
        {"--version", &command->version},
    };

    if (strcmp(option->name, "--config") == 0)
        command->call.config = value;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(option->name, flags[i].name) == 0)
            *flags[i].flag = true;
}

static bool is_global(const struct verb_option *option)
{
    for (const struct verb_option *row = global_options; row->name != NULL; row++)
        if (row == option)
            return true;
    return false;
}

static bool read_option(struct reader *reader, const char *word)
{
    struct verb_call *call = &reader->command->call;
    size_t length = strcspn(word, "=");
    const char *attached = word[length] == '=' ? word + length + 1 : NULL;
    const struct verb_option *option = find_option(reader, word, length);
    const char *value = NULL;

    if (option == NULL || !option_value(reader, option, attached, &value))
        return false;
    if (is_global(option))
        note_global(reader->command, option, value);
    else
        call->given[call->given_count++] = (struct verb_given){.option = option, .value = value};
    return true;
}

static bool read_word(struct reader *reader, char *word)
{
    struct verb_call *call = &reader->command->call;

    if (call->verb == NULL) {
        call->verb = command_find_verb(word, reader->err);
        return call->verb != NULL;
    }
    call->argv[call->argc++] = word;
    return true;
}

bool command_read(int argc, char **argv, struct arena *arena, struct command *command,
                  struct error *err)
{
    struct reader reader = {argc, 1, argv, arena, command, err};
    bool options_over = false;

    *command = (struct command){.call = {.arena = arena}};
    command->call.argv = ARENA_ARRAY(arena, char *, (size_t)argc + 1);
    command->call.given = ARENA_ARRAY(arena, struct verb_given, (size_t)argc + 1);
    for (; reader.at < argc; reader.at++) {
        char *word = argv[reader.at];

        if (!options_over && strcmp(word, "--") == 0)
            options_over = true;
        else if (!options_over && word[0] == '-' && word[1] != '\0') {
            if (!read_option(&reader, word))
                return false;
        } else if (!read_word(&reader, word))
            return false;
    }
    return true;
}
