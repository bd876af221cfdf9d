/* The command line, the help, and how numbers and lines are written for people. */
#include "tests/support/test.h"

#include "agent/base/file.h"
#include "agent/event_line.h"
#include "agent/verbs/command.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/help.h"
#include "agent/verbs/preview_show.h"
#include "agent/verbs/selection.h"
#include "agent/verbs/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 8 };

static const struct {
    const char *name;
    const char *words[MOST_WORDS];
    const char *complaint; /* NULL: it is understood */
} lines[] = {
    {"a verb alone", {"check"}, NULL},
    {"a verb with its option", {"preview", "--format", "json"}, NULL},
    {"an option with a sign of equality", {"preview", "--format=json"}, NULL},
    {"an option before the verb's word", {"track", "--user", "1", "seen"}, NULL},
    {"global options before and after", {"-q", "preview", "--config", "x.yml", "-v"}, NULL},
    {"two dashes end the options", {"explain", "--", "--odd"}, NULL},
    {"help of a verb", {"send", "--help"}, NULL},
    {"no verb at all", {"--version"}, NULL},
    {"a slip in a verb", {"privew"}, "did you mean 'preview'?"},
    {"a verb like no other", {"xyzzy"}, "'service-ping help' lists"},
    {"a slip in an option", {"preview", "--fromat", "json"}, "did you mean '--format'?"},
    {"an option like no other", {"send", "--xyzzy"}, "'service-ping send --help' lists"},
    {"an option of another verb", {"send", "--stdin"}, "no option '--stdin'"},
    {"a choice that there is not", {"preview", "--format", "xml"}, "one of table|json"},
    {"an option without its argument", {"preview", "--format"}, "needs table|json"},
    {"a flag with an argument", {"preview", "--quiet=1"}, "takes nothing"},
};

static bool read_words(const char *const *words, struct arena *arena, struct command *command,
                       struct error *err)
{
    char **argv = ARENA_ARRAY(arena, char *, MOST_WORDS + 1);
    int argc = 1;

    argv[0] = arena_copy(arena, "service-ping");
    for (; argc <= MOST_WORDS && words[argc - 1] != NULL; argc++)
        argv[argc] = arena_copy(arena, words[argc - 1]);
    return command_read(argc, argv, arena, command, err);
}

static void reads_command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct arena *arena = arena_new();
        struct error err = {0};
        struct command command;
        bool understood = read_words(lines[i].words, arena, &command, &err);

        print_message("%s\n", lines[i].name);
        assert_int_equal(understood, lines[i].complaint == NULL);
        if (!understood)
            assert_non_null(strstr(err.text, lines[i].complaint));
        arena_free(arena);
    }
}

static void takes_options_apart(void **state)
{
    static const char *const words[] = {"-q",    "track", "seen",     "--set", "a=1",
                                        "--set", "b:=2",  "--user=9", NULL};
    struct arena *arena = arena_new();
    struct command command;
    struct error err;

    (void)state;
    assert_true(read_words(words, arena, &command, &err));
    assert_string_equal(command.call.verb->name, "track");
    assert_true(command.call.quiet);
    assert_false(command.call.verbose);
    assert_int_equal(command.call.argc, 1);
    assert_string_equal(command.call.argv[0], "seen");
    assert_string_equal(verb_option(&command.call, "--set"), "a=1");
    assert_string_equal(verb_option(&command.call, "--set"), "b:=2");
    assert_null(verb_option(&command.call, "--set"));
    assert_string_equal(verb_option(&command.call, "--user"), "9");
    assert_true(verb_arguments(&command.call, 1, 1));
    arena_free(arena);
}

static void knows_every_verb_once(void **state)
{
    (void)state;
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        struct error err;

        assert_ptr_equal(command_find_verb(verb->name, &err), verb);
        assert_non_null(verb->run);
        assert_true(verb->help[0] != '\0');
    }
}

/* The help of the program and of every verb, as it stands in the golden file. */
static void shows_help(void **state)
{
    static const char path[] = "tests/golden/help.txt";
    struct arena *arena = arena_new();
    const char *golden;
    struct error err;
    struct str text;
    size_t length;

    (void)state;
    str_init(&text);
    help_write(&text);
    for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
        str_add_format(&text, "\n---- service-ping %s --help\n", verb->name);
        help_write_verb(verb, &text);
    }
    if (getenv("GOLDEN") != NULL) {
        FILE *file = fopen(path, "w");

        assert_non_null(file);
        assert_int_equal(fwrite(text.text, 1, text.length, file), text.length);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(file_read(path, arena, &golden, &length, &err));
    assert_string_equal(text.text, golden);
    str_release(&text);
    arena_free(arena);
}

static const struct {
    const char *name;
    const char *number, *shown;
} numbers[] = {
    {"three digits stay together", "999", "999"},
    {"the thousands are set apart", "1204331", "1,204,331"},
    {"a sign is no digit", "-1000", "-1,000"},
    {"only the whole part is grouped", "-12345.67891", "-12,345.67891"},
    {"beyond int64", "12345678901234567890", "12,345,678,901,234,567,890"},
    {"an exponent stays as it is", "1.5e300", "1.5e300"},
    {"what is no number stays as it is", "abc", "abc"},
};

static void groups_numbers(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        print_message("%s\n", numbers[i].name);
        assert_string_equal(figure_grouped(arena, numbers[i].number), numbers[i].shown);
    }
    arena_free(arena);
}

static const struct {
    int64_t us;
    const char *shown;
} durations[] = {
    {0, "<1 ms"},         {12345, "12 ms"},         {999999, "999 ms"},        {1234567, "1.2 s"},
    {59999999, "59.9 s"}, {184000000, "3 min 4 s"}, {7380000000, "2 h 3 min"},
};

static void writes_durations(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(durations); i++)
        assert_string_equal(figure_took(arena, durations[i].us), durations[i].shown);
    arena_free(arena);
}

static void writes_nothing_a_terminal_obeys(void **state)
{
    struct arena *arena = arena_new();
    struct value value = value_text("\033[31mred\r\n");

    (void)state;
    assert_string_equal(figure_value(arena, &value), "\" [31mred  \"");
    assert_string_equal(figure_plain(arena, "äöüß", 3), "äöü…");
    assert_string_equal(figure_url(arena, "https://user:secret@host/v1?key=1"), "https://host/v1");
    arena_free(arena);
}

static void aligns_tables(void **state)
{
    static const char *const titles[] = {"KEY", "VALUE", "STATUS", NULL};
    static const char *const first[] = {"counts.ä", "1,204", "ok"};
    static const char *const second[] = {"b", "-7", NULL};
    static const char *const third[] = {"c", "\"text\"", "ok"};
    struct arena *arena = arena_new();
    struct table table;
    struct str out;

    (void)state;
    str_init(&out);
    table_begin(&table, arena, titles);
    table_add(&table, first);
    table_add(&table, second);
    table_add_gap(&table);
    table_add(&table, third);
    table_write(&table, &out);
    assert_string_equal(out.text, "KEY       VALUE   STATUS\n"
                                  "counts.ä   1,204  ok\n"
                                  "b             -7\n"
                                  "\n"
                                  "c         \"text\"  ok\n");
    str_release(&out);
    arena_free(arena);
}

static void fits_tables(void **state)
{
    static const char *const titles[] = {"KEY", "VALUE", NULL};
    static const char *const first[] = {"usage_activity_by_stage.ä.users", "-"};
    static const char *const second[] = {"short", "12"};
    struct arena *arena = arena_new();
    struct table table;
    struct str out;

    (void)state;
    str_init(&out);
    table_begin(&table, arena, titles);
    table_add(&table, first);
    table_add(&table, second);
    table_fit(&table, 0, 4, 0);
    table_write(&table, &out);
    assert_non_null(strstr(out.text, first[0]));
    str_clear(&out);
    table_fit(&table, 0, 4, 20);
    table_write(&table, &out);
    assert_string_equal(out.text, "KEY            VALUE\n"
                                  "usag….ä.users      -\n"
                                  "short             12\n");
    str_clear(&out);
    table_fit(&table, 0, 6, 10);
    table_write(&table, &out);
    assert_string_equal(out.text, "KEY     VALUE\n"
                                  "us…ers      -\n"
                                  "short      12\n");
    str_release(&out);
    arena_free(arena);
}

/* One line of the table: what stands in the columns for this outcome. */
static void shows_outcome(const struct outcome *outcome, const char *line)
{
    struct shown_list list = {.arena = arena_new()};
    struct str out;

    str_init(&out);
    preview_add(&list, "counts.a", outcome);
    preview_write_table(&list, 0, &out);
    assert_string_equal(strchr(out.text, '\n') + 1, line);
    str_release(&out);
    arena_free(list.arena);
}

static void shows_outcomes(void **state)
{
    struct outcome exact = outcome_of(value_count(1204)), estimated = exact;
    struct outcome denied = outcome_without(STATUS_DENIED, "permission denied");

    (void)state;
    estimated.method = "hyperloglog";
    estimated.error_bound = "0.81% (standard error)";
    shows_outcome(&exact, "counts.a  1,204  exact   <1 ms\n");
    shows_outcome(&estimated, "counts.a  1,204  hyperloglog ±0.81%  <1 ms\n");
    shows_outcome(&denied, "counts.a  - denied          <1 ms\n");
}

static const struct source_ops database_like = {.name = "database"}, redis_like = {.name = "redis"},
                               events_like = {.name = "events"};
static const struct source_ops *const three_sources[] = {&database_like, &redis_like, &events_like,
                                                         NULL};

static const struct {
    const char *name;
    const char *list;
    bool known, redis, events;
} source_lists[] = {
    {"one source", "redis", true, true, false},
    {"a list of sources", "redis,events", true, true, true},
    {"a comma at the end", "events,", true, false, true},
    {"a name that only begins like one", "redi", false, false, false},
    {"an unknown name behind a known one", "redis,evnts", false, false, false},
    {"nothing at all", "", false, false, false},
};

static void selects_sources(void **state)
{
    const struct metric redis = {.key_path = "a", .source = &redis_like};
    const struct metric events_metric = {.key_path = "b", .source = &events_like};
    const struct metric database = {.key_path = "c", .source = &database_like};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(source_lists); i++) {
        const char *const words[] = {"metrics", "--source", source_lists[i].list, NULL};
        struct arena *arena = arena_new();
        struct selection selection;
        struct command command;
        struct error err;

        print_message("%s\n", source_lists[i].name);
        assert_true(read_words(words, arena, &command, &err));
        command.call.sources = three_sources;
        assert_int_equal(selection_read(&command.call, &selection), source_lists[i].known);
        if (source_lists[i].known) {
            assert_int_equal(selection_takes(&selection, &redis), source_lists[i].redis);
            assert_int_equal(selection_takes(&selection, &events_metric), source_lists[i].events);
            assert_false(selection_takes(&selection, &database));
        }
        arena_free(arena);
    }
}

static const struct {
    const char *name;
    struct description description;
    const char *gap;
} descriptions[] = {
    {"what is asked has no gap", {.text = "SELECT 1", .method = "one statement"}, NULL},
    {"a gap that is said",
     {.text = "fact a", .method = "a fact", .gap = "It is nowhere."},
     "It is nowhere."},
    {"nothing to ask for", {.text = "", .method = "no list knows it"}, "no list knows it"},
    {"no text at all", {.method = "no list knows it"}, "no list knows it"},
};

static void knows_what_will_not_be_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(descriptions); i++) {
        const char *gap = description_gap(&descriptions[i].description);

        print_message("%s\n", descriptions[i].name);
        assert_string_equal(gap != NULL ? gap : "",
                            descriptions[i].gap != NULL ? descriptions[i].gap : "");
    }
}

static void sums_up_what_is_missing(void **state)
{
    struct shown_list list = {.arena = arena_new()};
    struct outcome ok = outcome_of(value_count(5));
    struct outcome denied = outcome_without(STATUS_DENIED, "permission denied for table users");
    struct str out;

    (void)state;
    str_init(&out);
    preview_add(&list, "counts.users_e", &denied);
    preview_add(&list, "counts.issues", &ok);
    preview_add(&list, "counts.users_a", &denied);
    preview_add(&list, "counts.users_b", &denied);
    preview_add(&list, "counts.users_c", &denied);
    preview_sort(&list);
    preview_write_summary(&list, &out);
    assert_string_equal(out.text,
                        "5 metrics: 1 ok, 4 denied\n"
                        "Without a value:\n"
                        "  denied (4): permission denied for table users\n"
                        "    counts.users_a, counts.users_b, counts.users_c and 1 more\n");
    str_release(&out);
    arena_free(list.arena);
}

static const struct {
    const char *name;
    const char *line;
    const char *complaint; /* NULL: it is an event */
} events[] = {
    {"a name alone", "{\"event\":\"seen\"}", NULL},
    {"ids as numbers and texts", "{\"event\":\"seen\",\"user\":1,\"project\":\"2\"}", NULL},
    {"null is absent", "{\"event\":\"seen\",\"user\":null,\"label\":null}", NULL},
    {"own properties", "{\"event\":\"seen\",\"label\":\"a\",\"value\":2.5,\"mine\":\"x\"}", NULL},
    {"no name", "{\"user\":1}", "'event'"},
    {"a name that is no text", "{\"event\":1}", "'event'"},
    {"a list", "[]", "'event'"},
    {"half a line", "{\"event\":", "not JSON"},
    {"a property that is a list", "{\"event\":\"seen\",\"label\":[1]}", "'label' is neither"},
    {"a user that is true", "{\"event\":\"seen\",\"user\":true}", "'user' is neither"},
};

static void reads_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        struct arena *arena = arena_new();
        struct error err = {0};
        struct event event;
        bool read = event_line_read(events[i].line, strlen(events[i].line), arena, &event, &err);

        print_message("%s\n", events[i].name);
        assert_int_equal(read, events[i].complaint == NULL);
        if (!read)
            assert_non_null(strstr(err.text, events[i].complaint));
        arena_free(arena);
    }
}

static void keeps_what_an_event_says(void **state)
{
    static const char line[] = "{\"event\":\"seen\",\"user\":9223372036854775807,"
                               "\"value\":2.50,\"mine\":\"30\"}";
    struct arena *arena = arena_new();
    struct error err;
    struct event event;

    (void)state;
    assert_true(event_line_read(line, strlen(line), arena, &event, &err));
    assert_string_equal(event.user, "9223372036854775807");
    assert_null(event.project);
    assert_int_equal(event.property_count, 2);
    assert_string_equal(event.properties[0].text, "2.50");
    assert_true(event.properties[0].is_number);
    assert_string_equal(event.properties[1].text, "30");
    assert_false(event.properties[1].is_number);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_command_lines),
        cmocka_unit_test(takes_options_apart),
        cmocka_unit_test(knows_every_verb_once),
        cmocka_unit_test(shows_help),
        cmocka_unit_test(groups_numbers),
        cmocka_unit_test(writes_durations),
        cmocka_unit_test(writes_nothing_a_terminal_obeys),
        cmocka_unit_test(aligns_tables),
        cmocka_unit_test(fits_tables),
        cmocka_unit_test(shows_outcomes),
        cmocka_unit_test(selects_sources),
        cmocka_unit_test(knows_what_will_not_be_asked),
        cmocka_unit_test(sums_up_what_is_missing),
        cmocka_unit_test(reads_events),
        cmocka_unit_test(keeps_what_an_event_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
