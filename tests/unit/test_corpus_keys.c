#include "metrics/sources.h"

#include "tests/support/test.h"

#include "agent/base/file.h"
#include "agent/settings_lists.h"
#include "agent/source.h"
#include "metrics/key.h"
#include "metrics/period.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Redis keys and time ranges of GitLab's own definitions, held against what corpus_keys.txt and the
 * table of dates say, both written from the specification. GITLAB_CORPUS names the folder of the
 * definitions; where there is none, nothing is checked.
 */
#define TABLE      "tests/unit/corpus_keys.txt"
#define DEFAULT    "../shared/corpus"
#define MOST_FILES 64

static const struct {
    const char *name, *zone;
    int64_t at;
    const char *week, *weeks[4]; /* of 7d and 28d */
    const char *windows[3];      /* of the database: 7d from, 28d from, both to; UTC */
} dates[] = {
    {"in week 53",
     "UTC",
     1609416000,
     "2020-52",
     {"2020-49", "2020-50", "2020-51", "2020-52"},
     {"2020-12-22 12:00:00", "2020-12-01 12:00:00", "2020-12-29 12:00:00"}},
    {"the Sunday of week 53",
     "UTC",
     1609675200,
     "2020-52",
     {"2020-49", "2020-50", "2020-51", "2020-52"},
     {"2020-12-25 12:00:00", "2020-12-04 12:00:00", "2021-01-01 12:00:00"}},
    {"the Monday after week 53",
     "UTC",
     1609718400,
     "2020-53",
     {"2020-50", "2020-51", "2020-52", "2020-53"},
     {"2020-12-26 00:00:00", "2020-12-05 00:00:00", "2021-01-02 00:00:00"}},
    {"the first of January",
     "UTC",
     1767225600,
     "2025-52",
     {"2025-49", "2025-50", "2025-51", "2025-52"},
     {"2025-12-23 00:00:00", "2025-12-02 00:00:00", "2025-12-30 00:00:00"}},
    {"the first Monday of January",
     "UTC",
     1767657599,
     "2026-01",
     {"2025-50", "2025-51", "2025-52", "2026-01"},
     {"2025-12-27 23:59:59", "2025-12-06 23:59:59", "2026-01-03 23:59:59"}},
    {"a Sunday's last second",
     "UTC",
     1717977599,
     "2024-22",
     {"2024-19", "2024-20", "2024-21", "2024-22"},
     {"2024-05-31 23:59:59", "2024-05-10 23:59:59", "2024-06-07 23:59:59"}},
    {"a Monday's first second",
     "UTC",
     1717977600,
     "2024-23",
     {"2024-20", "2024-21", "2024-22", "2024-23"},
     {"2024-06-01 00:00:00", "2024-05-11 00:00:00", "2024-06-08 00:00:00"}},
    {"the leap day",
     "UTC",
     1709208000,
     "2024-08",
     {"2024-05", "2024-06", "2024-07", "2024-08"},
     {"2024-02-20 12:00:00", "2024-01-30 12:00:00", "2024-02-27 12:00:00"}},
    {"the night clocks go forward, Sunday",
     "Europe/Berlin",
     1711845000,
     "2024-12",
     {"2024-09", "2024-10", "2024-11", "2024-12"},
     {"2024-03-22 00:30:00", "2024-03-01 00:30:00", "2024-03-29 00:30:00"}},
    {"the evening after, Berlin's Monday",
     "Europe/Berlin",
     1711924200,
     "2024-13",
     {"2024-10", "2024-11", "2024-12", "2024-13"},
     {"2024-03-22 23:30:00", "2024-03-01 23:30:00", "2024-03-29 23:30:00"}},
    {"the same moment in UTC, Sunday",
     "UTC",
     1711924200,
     "2024-12",
     {"2024-09", "2024-10", "2024-11", "2024-12"},
     {"2024-03-22 22:30:00", "2024-03-01 22:30:00", "2024-03-29 22:30:00"}},
    {"clocks went back, Sunday 23:30",
     "Europe/Berlin",
     1730068200,
     "2024-42",
     {"2024-39", "2024-40", "2024-41", "2024-42"},
     {"2024-10-18 21:30:00", "2024-09-27 21:30:00", "2024-10-25 21:30:00"}},
    {"clocks went back, Monday 00:30",
     "Europe/Berlin",
     1730071800,
     "2024-43",
     {"2024-40", "2024-41", "2024-42", "2024-43"},
     {"2024-10-18 22:30:00", "2024-09-27 22:30:00", "2024-10-25 22:30:00"}},
};

/* One file of the table. */
struct row {
    const char *file;
    const char *plain, *listed; /* keys without their week, one a line */
    bool seen;
};

static struct arena *arena;
static struct row rows[MOST_FILES];
static size_t row_count, checked;

static void take_line(char *line, struct str *plain, struct str *listed)
{
    char *text = line + strspn(line, " ");
    char *bar = strstr(text, "| ");

    str_add_format(listed, "%s\n", bar != NULL ? bar + 2 : text);
    if (bar == text)
        return;
    if (bar != NULL)
        bar[-1] = '\0';
    str_add_format(plain, "%s\n", text);
}

static void end_row(struct str *plain, struct str *listed)
{
    if (row_count > 0) {
        rows[row_count - 1].plain = arena_copy(arena, plain->text);
        rows[row_count - 1].listed = arena_copy(arena, listed->text);
    }
    str_clear(plain);
    str_clear(listed);
}

static void read_table(void)
{
    const char *text;
    char *line, *next;
    size_t length;
    struct str plain, listed;
    struct error err;

    if (!file_read(TABLE, arena, &text, &length, &err))
        fail_msg("%s", err.text);
    str_init(&plain);
    str_init(&listed);
    row_count = 0;
    for (line = arena_copy(arena, text); *line != '\0'; line = next) {
        next = line + strcspn(line, "\n");
        if (*next == '\n')
            *next++ = '\0';
        if (line[0] == ' ') {
            take_line(line, &plain, &listed);
        } else if (line[0] != '#') {
            end_row(&plain, &listed);
            assert_true(row_count < MOST_FILES);
            rows[row_count++] = (struct row){.file = line};
        }
    }
    end_row(&plain, &listed);
    str_release(&plain);
    str_release(&listed);
}

static struct row *row_of(const char *file)
{
    static struct row none;

    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].file, file) == 0)
            return &rows[i];
    fail_msg("%s is not in " TABLE, file);
    return &none;
}

/* What the table says for a date: each key with its weeks. */
static const char *expected_keys(const char *stems, enum time_frame frame, size_t date)
{
    const char *text;
    struct str out;

    str_init(&out);
    for (const char *stem = stems; *stem != '\0'; stem += strcspn(stem, "\n") + 1) {
        int length = (int)strcspn(stem, "\n");

        if (frame == TIME_FRAME_ALL)
            str_add_format(&out, "%.*s\n", length, stem);
        else if (frame == TIME_FRAME_7D)
            str_add_format(&out, "%.*s-%s\n", length, stem, dates[date].week);
        for (size_t w = 0; frame == TIME_FRAME_28D && w < 4; w++)
            str_add_format(&out, "%.*s-%s\n", length, stem, dates[date].weeks[w]);
    }
    if (out.length > 0)
        str_truncate(&out, out.length - 1);
    text = arena_copy(arena, out.text);
    str_release(&out);
    return text;
}

static void use_zone(const char *zone)
{
    assert_int_equal(0, setenv("TZ", zone, 1));
    tzset();
}

static void check_metric(const struct metric *metric, const struct source_settings *settings,
                         const char *stems)
{
    bool unknown = strcmp(stems, "unknown\n") == 0;

    if (strcmp(stems, "skipped\n") == 0) {
        assert_null(metric->spec);
        assert_non_null(metric->not_computed);
        return;
    }
    assert_non_null(metric->spec);
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        const struct source_context context = {.settings = settings, .recorded_at = dates[i].at};
        struct description description;

        use_zone(dates[i].zone);
        metric->source->describe(metric, &context, arena, &description);
        assert_string_equal(expected_keys(unknown ? "" : stems, metric->time_frame, i),
                            description.text);
        checked++;
    }
}

/* Files */

static const char *corpus_folder(void)
{
    const char *folder = getenv("GITLAB_CORPUS");

    return folder != NULL ? folder : DEFAULT;
}

static const char *text_at(const struct doc_node *root, const char *key)
{
    const struct doc_node *node = doc_get(root, key);

    return node != NULL && node->kind == DOC_SCALAR ? node->text : "";
}

static const struct source_ops *source_of(const char *data_source)
{
    if (strcmp(data_source, "internal_events") == 0)
        return &events_source;
    return strncmp(data_source, "redis", 5) == 0 ? &redis_source : NULL;
}

static enum time_frame frame_of(const char *name)
{
    return strcmp(name, "7d") == 0 ? TIME_FRAME_7D
                                   : (strcmp(name, "28d") == 0 ? TIME_FRAME_28D : TIME_FRAME_ALL);
}

static void check_frame(struct definition *definition, const char *frame, const struct row *row,
                        const struct source_settings settings[2])
{
    const char *data_source = text_at(definition->root, "data_source");
    struct metric metric = {
        .key_path = text_at(definition->root, "key_path"),
        .data_source = data_source,
        .time_frame = frame_of(frame),
        .definition = definition,
        .source = source_of(data_source),
    };
    struct complaints complaints;

    complaints_init(&complaints, arena);
    metric.source->parse(definition, &metric, arena, &complaints);
    if (complaints.count > 0)
        fail_msg("%s", complaints.items[0].text);
    check_metric(&metric, &settings[0], row->plain);
    check_metric(&metric, &settings[1], row->listed);
}

static void check_file(const char *path, const char *file, const struct source_settings settings[2])
{
    struct definition definition = {.file = file};
    const struct doc_node *frames;
    const char *text;
    size_t length;
    struct error err;
    struct row *row;
    int line;

    if (!file_read(path, arena, &text, &length, &err))
        fail_msg("%s", err.text);
    definition.root = doc_parse(text, length, arena, &line, &err);
    assert_non_null(definition.root);
    if (definition.root->kind != DOC_MAP ||
        source_of(text_at(definition.root, "data_source")) == NULL)
        return;
    definition.options = doc_get(definition.root, "options");
    definition.events = doc_get(definition.root, "events");
    if (doc_get(definition.root, "instrumentation_class") != NULL)
        definition.instrumentation_class = text_at(definition.root, "instrumentation_class");
    print_message("# %s\n", file);
    row = row_of(file);
    row->seen = true;
    frames = doc_get(definition.root, "time_frame");
    if (frames == NULL || frames->kind == DOC_SCALAR)
        check_frame(&definition, text_at(definition.root, "time_frame"), row, settings);
    for (const struct doc_node *frame = frames != NULL ? frames->first : NULL; frame != NULL;
         frame = frame->next)
        check_frame(&definition, frame->text, row, settings);
}

/* The lists of a file's time. */
static void load_lists(const char *folder, bool of_2021, struct key_lists *lists)
{
    static const char base[] = "current/lib/gitlab/usage_data_counters";
    const char *known[] = {
        arena_format(arena, "%s/2021/lib/gitlab/usage_data_counters/known_events.yml", folder),
        arena_format(arena, "%s/2021/lib/gitlab/usage_data_counters/known_events", folder)};
    const char *aggregates[] = {arena_format(arena, "%s/2021/config/metrics/aggregates", folder)};
    const struct key_list_files old = {
        .known = known, .known_count = 2, .aggregates = aggregates, .aggregate_count = 1};
    const struct key_list_files today = {
        .paths = arena_format(arena, "%s/%s/hll_redis_key_overrides.yml", folder, base),
        .totals = arena_format(arena, "%s/%s/total_counter_redis_key_overrides.yml", folder, base),
        .legacy = arena_format(arena, "%s/%s/hll_redis_legacy_events.yml", folder, base),
    };
    struct complaints complaints;

    complaints_init(&complaints, arena);
    settings_lists_load(of_2021 ? &old : &today, arena, lists, &complaints);
    if (complaints.count > 0)
        fail_msg("%s: %s", complaints.items[0].file, complaints.items[0].text);
}

static void keys_are_those_of_the_table(void **state)
{
    const char *folder = corpus_folder();
    struct source_settings today[2] = {{0}}, of_2021[2] = {{0}};
    struct file_list files;
    struct error err;

    (void)state;
    if (!file_list(folder, ".yml", arena, &files, &err)) {
        print_message("# no corpus at %s: 0 keys checked\n", folder);
        return;
    }
    read_table();
    load_lists(folder, false, &today[1].keys);
    load_lists(folder, true, &of_2021[1].keys);
    for (size_t i = 0; i < files.count; i++) {
        const char *file = files.paths[i] + strlen(folder) + 1;

        if (strstr(file, "/metrics/") != NULL)
            check_file(files.paths[i], file, strncmp(file, "2021", 4) == 0 ? of_2021 : today);
    }
    for (size_t i = 0; i < row_count; i++)
        if (!rows[i].seen)
            fail_msg("%s is not in the corpus", rows[i].file);
    print_message("# %zu files, %zu lists of keys checked\n", row_count, checked);
}

static void assert_time(const char *expected, int64_t seconds)
{
    struct str text, wanted;

    str_init(&text);
    str_init(&wanted);
    str_add_format(&wanted, "'%s+00'", expected);
    key_write(KEY_TIMESTAMP, key_of_time(KEY_TIMESTAMP, seconds), &text);
    assert_string_equal(wanted.text, text.text);
    str_release(&text);
    str_release(&wanted);
}

static void windows_of_the_database(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        struct period_window week, month;

        print_message("# %s\n", dates[i].name);
        use_zone(dates[i].zone);
        assert_true(period_window(TIME_FRAME_7D, dates[i].at, &week));
        assert_true(period_window(TIME_FRAME_28D, dates[i].at, &month));
        assert_time(dates[i].windows[0], week.from);
        assert_time(dates[i].windows[1], month.from);
        assert_time(dates[i].windows[2], week.to);
        assert_time(dates[i].windows[2], month.to);
    }
}

static int arena_begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    use_zone("UTC");
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_those_of_the_table, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(windows_of_the_database, arena_begin, arena_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
