#include "tests/support/instrumented.h"

#include "agent/base/file.h"
#include "agent/base/str.h"
#include "tests/support/test.h"

#include <string.h>

struct instrumentation_map *instrumented_map(struct arena *arena, struct complaints *complaints)
{
    static const char file[] = "definitions/instrumentation.yml";
    struct instrumentation_map *map = instrumentation_map_new(arena);
    const struct doc_node *root;
    struct error err = {0};
    const char *text;
    size_t length;
    int line;

    if (!file_read(file, arena, &text, &length, &err))
        fail_msg("%s", err.text);
    root = doc_parse(text, length, arena, &line, &err);
    if (root == NULL)
        fail_msg("%s:%d: %s", file, line, err.text);
    instrumentation_map_add(map, file, root, complaints);
    return map;
}

struct playing {
    const struct instrumentation_map *map;
    struct arena *arena;
    const struct instrumentation_entry *entry;
    instrumented_play *play;
    void *arg;
};

static bool is_needed(const struct doc_node *option)
{
    const struct doc_node *needed = doc_get(option, "needed");
    bool flag;

    return needed != NULL && doc_flag(needed, &flag) && flag;
}

/* The values that the option knows, or NULL: any. */
static const struct doc_node *choices_of(const struct doc_node *option)
{
    static const char *const fields[] = {"values", "where", "sql"};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const struct doc_node *choices = doc_get(option, fields[i]);

        if (choices != NULL)
            return choices->first;
    }
    return NULL;
}

static const char *first_choice(const struct doc_node *option)
{
    const struct doc_node *choices = choices_of(option);

    return choices != NULL ? choices->key : "1";
}

/* With `written` for `option`, and for the others what they need. */
static const struct doc_node *options_with(const struct playing *playing,
                                           const struct doc_node *option, const char *written)
{
    const struct doc_node *all = doc_get(playing->entry->node, "options");
    const struct doc_node *root;
    struct error err = {0};
    struct str text;
    int line;

    str_init(&text);
    for (const struct doc_node *one = all != NULL ? all->first : NULL; one != NULL; one = one->next)
        if (one == option)
            str_add_format(&text, "\"%s\": %s\n", one->key, written);
        else if (is_needed(one))
            str_add_format(&text, "\"%s\": \"%s\"\n", one->key, first_choice(one));
    root = doc_parse(text.text, text.length, playing->arena, &line, &err);
    if (root == NULL)
        fail_msg("%s: %s", text.text, err.text);
    str_release(&text);
    return root;
}

static void play(const struct playing *playing, const struct doc_node *option, const char *written)
{
    struct instrumentation_question question = {
        .class_name = playing->entry->name,
        .key_path = "of.a.class",
        .options = options_with(playing, option, written),
        .line = 7,
    };
    struct instrumentation_answer answer;

    for (int windowed = 0; windowed < 2; windowed++) {
        question.windowed = windowed != 0;
        instrumentation_find(playing->map, &question, playing->arena, &answer);
        playing->play(playing->entry, &question, &answer, playing->arg);
    }
}

static void play_option(const struct playing *playing, const struct doc_node *option)
{
    if (choices_of(option) == NULL) {
        play(playing, option, "1");
        play(playing, option, "null");
        play(playing, option, "[1, 0]");
    }
    for (const struct doc_node *choice = choices_of(option); choice != NULL; choice = choice->next)
        play(playing, option, arena_format(playing->arena, "\"%s\"", choice->key));
}

void instrumented_each(const struct instrumentation_map *map, struct arena *arena,
                       instrumented_play *play_it, void *arg)
{
    for (size_t i = 0; i < map->count; i++) {
        struct playing playing = {map, arena, &map->entries[i], play_it, arg};
        const struct doc_node *options = doc_get(playing.entry->node, "options");

        if (playing.entry->node != NULL)
            play(&playing, NULL, NULL);
        for (const struct doc_node *option = options != NULL ? options->first : NULL;
             option != NULL; option = option->next)
            play_option(&playing, option);
    }
}
