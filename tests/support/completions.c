#include "tests/support/completions.h"

#include "agent/verbs/command.h"

#include <ctype.h>
#include <string.h>

static const char origin[] =
    "# Made from the table of verbs, agent/verbs/verbs.c, by 'make golden'; edit that instead.\n";

/* "[on|off]" -> "on off"; false where a part in capitals stands for anything. */
static bool add_words(const char *argument, struct str *out)
{
    for (const char *c = argument; *c != '\0'; c++)
        if (isupper((unsigned char)*c))
            return false;
    for (const char *c = argument; *c != '\0'; c++)
        if (strchr("[].", *c) == NULL)
            str_add_char(out, *c == '|' ? ' ' : *c);
    return true;
}

static bool is_file(const char *argument)
{
    return strcmp(argument, "FILE") == 0;
}

static bool is_verb(const char *argument)
{
    return strcmp(argument, "[VERB]") == 0;
}

/* Bash */

static void add_verb_names(struct str *out)
{
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        str_add_format(out, "%s%s", verb != verbs ? " " : "", verb->name);
}

static void add_option_names(const struct verb_option *options, struct str *out)
{
    for (const struct verb_option *option = options; option->name != NULL; option++)
        str_add_format(out, "%s%s", option != options ? " " : "", option->name);
}

/* What completes one argument, as a branch of a case: "words='a b' ;;", "files=yes ;;" or ";;". */
static void add_action(const char *argument, struct str *out)
{
    struct str words;

    str_init(&words);
    if (is_file(argument))
        str_add(out, "files=yes ");
    else if (is_verb(argument))
        str_add(out, "words=$verbs ");
    else if (add_words(argument, &words))
        str_add_format(out, "words='%s' ", words.text);
    str_add(out, ";;\n");
    str_release(&words);
}

static void add_option_cases(const char *verb, const struct verb_option *options, struct str *out)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->argument == NULL)
            continue;
        str_add_format(out, "    '%s %s'", verb, options->name);
        if (options->letter != NULL)
            str_add_format(out, " | '%s %s'", verb, options->letter);
        str_add(out, ") ");
        add_action(options->argument, out);
    }
}

static void add_every_option_case(struct str *out)
{
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        add_option_cases(verb->name, verb->options, out);
}

static void add_global_cases(struct str *out)
{
    for (const struct verb_option *option = global_options; option->name != NULL; option++) {
        if (option->argument == NULL)
            continue;
        str_add_format(out, "    *' %s' | *' %s') ", option->name, option->letter);
        add_action(option->argument, out);
    }
}

static void add_option_lists(struct str *out)
{
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (verb->options == NULL)
            continue;
        str_add_format(out, "    %s) options='", verb->name);
        add_option_names(verb->options, out);
        str_add(out, "' ;;\n");
    }
}

static void add_word_cases(struct str *out)
{
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        if (verb->arguments == NULL)
            continue;
        str_add_format(out, "    %s) ", verb->name);
        add_action(verb->arguments, out);
    }
}

void completions_write_bash(struct str *out)
{
    str_add_format(out, "# Completion of service-ping for bash.\n%s\n", origin);
    str_add(out, "_service_ping() {\n"
                 "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
                 "    local verb= words= files= options= i verbs='");
    add_verb_names(out);
    str_add(out, "'\n"
                 "\n"
                 "    # The shell takes \"--format=json\" for three words.\n"
                 "    [[ $word == = ]] && word=\n"
                 "    [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD - 2]}\n"
                 "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "        case ${COMP_WORDS[i]} in\n"
                 "        -c | --config)\n"
                 "            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
                 "            ((i++)) ;;\n"
                 "        -*) ;;\n"
                 "        *)\n"
                 "            verb=${COMP_WORDS[i]}\n"
                 "            break ;;\n"
                 "        esac\n"
                 "    done\n"
                 "\n"
                 "    case $verb in\n");
    add_option_lists(out);
    str_add(out, "    esac\n"
                 "    options+=' ");
    add_option_names(global_options, out);
    str_add(out, "'\n"
                 "\n"
                 "    case \"$verb $option\" in\n");
    add_every_option_case(out);
    add_global_cases(out);
    str_add(out, "    *)\n"
                 "        case $verb,$word in\n"
                 "        *,-*) words=$options ;;\n"
                 "        ,*) words=$verbs ;;\n"
                 "        *) _service_ping_words ;;\n"
                 "        esac ;;\n"
                 "    esac\n"
                 "\n"
                 "    if [[ $files ]]; then\n"
                 "        compopt -o filenames 2>/dev/null\n"
                 "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                 "    else\n"
                 "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                 "    fi\n"
                 "}\n"
                 "\n"
                 "# What may stand behind $verb, in the variables of the function above.\n"
                 "_service_ping_words() {\n"
                 "    case $verb in\n");
    add_word_cases(out);
    str_add(out, "    esac\n"
                 "}\n"
                 "\n"
                 "complete -F _service_ping service-ping\n");
}

/* Zsh */

/* Inside single quotes, where also the signs of `hidden` mean something to _arguments. */
static void add_quoted(const char *text, const char *hidden, struct str *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            str_add(out, "'\\''");
            continue;
        }
        if (strchr(hidden, *text) != NULL)
            str_add_char(out, '\\');
        str_add_char(out, *text);
    }
}

/* ":what it is:what completes it" */
static void add_message(const char *argument, struct str *out)
{
    struct str words;

    str_init(&words);
    str_add_char(out, ':');
    if (add_words(argument, &words)) {
        str_add_format(out, "one of these:(%s)", words.text);
    } else {
        add_quoted(argument, ":[]", out);
        str_add(out, is_file(argument) ? ":_files" : is_verb(argument) ? ":->verb" : ":");
    }
    str_release(&words);
}

/* An option that takes something may be given again; a flag may not. */
static void add_option_spec(const struct verb_option *option, int indentation, struct str *out)
{
    const char *equals = option->argument != NULL ? "=" : "";

    str_add_format(out, "%*s", indentation, "");
    if (option->argument != NULL)
        str_add(out, "'*'");
    else if (option->letter != NULL)
        str_add_format(out, "'(%s %s)'", option->letter, option->name);
    if (option->letter != NULL)
        str_add_format(out, "{%s,%s%s}", option->letter, option->name, equals);
    else
        str_add_format(out, "%s%s", option->name, equals);
    str_add(out, "'[");
    add_quoted(option->help, "[]", out);
    str_add_char(out, ']');
    if (option->argument != NULL)
        add_message(option->argument, out);
    str_add(out, "'\n");
}

static void add_option_specs(const struct verb_option *options, int indentation, struct str *out)
{
    for (; options != NULL && options->name != NULL; options++)
        add_option_spec(options, indentation, out);
}

static void add_verb_specs(const struct verb *verb, struct str *out)
{
    str_add_format(out, "    %s) specs+=(\n", verb->name);
    add_option_specs(verb->options, 8, out);
    if (verb->arguments != NULL) {
        str_add(out, strpbrk(verb->arguments, ". ") != NULL ? "        '*" : "        '1");
        add_message(verb->arguments, out);
        str_add(out, "'\n");
    }
    str_add(out, "        ) ;;\n");
}

void completions_write_zsh(struct str *out)
{
    str_add_format(out, "#compdef service-ping\n# Completion of service-ping for zsh.\n%s\n",
                   origin);
    str_add(out, "local curcontext=$curcontext state line\n"
                 "local -A opt_args\n"
                 "local -a specs verbs\n"
                 "\n"
                 "verbs=(\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        str_add_format(out, "    '%s:", verb->name);
        add_quoted(verb->help, "", out);
        str_add(out, "'\n");
    }
    str_add(out, ")\n"
                 "specs=(\n");
    add_option_specs(global_options, 4, out);
    str_add(out, ")\n"
                 "\n"
                 "_arguments -C $specs ':verb:->verb' '*:: :->words'\n"
                 "if [[ $state == words ]]; then\n"
                 "    case $words[1] in\n");
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        if (verb->options != NULL || verb->arguments != NULL)
            add_verb_specs(verb, out);
    str_add(out, "    esac\n"
                 "    curcontext=${curcontext%:*}-$words[1]:\n"
                 "    state=\n"
                 "    _arguments $specs\n"
                 "fi\n"
                 "[[ $state == verb ]] && _describe -t verbs verb verbs\n");
}
