/*
 * How long 4,000 definition files take to load, against reading them and libyaml's bare events.
 * The files are of four kinds, as a GitLab installation has them. Median of 5 rounds, in turn.
 */
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/str.h"
#include "agent/catalog.h"
#include "metrics/sources.h"

#include <yaml.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES  4000
#define ROUNDS 5
#define AIM    1.5

static const char common[] = "product_group: group_%d\n"
                             "product_categories:\n- category_%d\n- service_ping\n"
                             "value_type: number\n"
                             "status: active\n"
                             "milestone: '%d.%d'\n"
                             "introduced_by_url: https://example.com/merge_requests/%d\n"
                             "data_category: optional\n"
                             "performance_indicator_type:\n- customer_health_score\n"
                             "tiers:\n- free\n- premium\n- ultimate\n";

/* One description in ten stands on two lines, one in 25 is folded. */
static const char wrapped[] = "\n  by somebody on the same day";

static const char database[] = "data_source: database\n"
                               "instrumentation_class: CountThingsMetric\n"
                               "time_frame:\n- 7d\n- 28d\n- all\n"
                               "options:\n  relation: table_%d\n  operation: distinct_count\n"
                               "  column: user_id\n"
                               "  where: state_id = %d AND confidential\n";

static const char events[] = "data_source: internal_events\n"
                             "time_frame:\n- 28d\n- 7d\n"
                             "events:\n"
                             "- name: some_thing_was_used_%d\n  unique: user.id\n"
                             "  filter:\n    label: failure\n    property: metrics\n"
                             "- name: other_thing_was_used_%d\n  unique: user.id\n";

static const char hll[] = "data_source: redis_hll\n"
                          "instrumentation_class: RedisHLLMetric\n"
                          "time_frame: 28d\n"
                          "options:\n  events:\n  - i_package_thing_%d\n  - i_package_other_%d\n"
                          "  - i_package_third\n  - i_package_fourth\n";

static const char setting[] = "data_source: system\n"
                              "instrumentation_class: GitlabSettingsMetric\n"
                              "time_frame: none\n"
                              "options:\n  setting_method: thing_%d_enabled_%d\n"
                              "name: \"thing enabled\"\n";

static const struct {
    const char *folder, *text;
} kinds[] = {
    {"counts_all", database}, {"counts_28d", events}, {"counts_7d", hll}, {"settings", setting}};

static void check(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    exit(1);
}

static void write_file(const char *folder, int number, struct str *text)
{
    size_t kind = (size_t)number % (sizeof(kinds) / sizeof(kinds[0]));
    char path[200];
    FILE *file;

    str_clear(text);
    str_add_format(text, "---\nkey_path: part_%d.%s.thing_%d\n", number % 37, kinds[kind].folder,
                   number);
    str_add_format(text,
                   "description: %sCount of things of kind %d that were made, seen or changed%s\n",
                   number % 25 == 24 ? ">\n  " : "", number, number % 10 == 9 ? wrapped : "");
    str_add_format(text, common, number % 50, number % 70, 13 + number % 5, number % 12, number);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the texts above, all with two numbers */
    str_add_format(text, kinds[kind].text, number, number + 1);
#pragma GCC diagnostic pop
    (void)snprintf(path, sizeof(path), "%s/metrics/%s/%05d_thing.yml", folder, kinds[kind].folder,
                   number);
    file = fopen(path, "w");
    check(file != NULL, path);
    check(fwrite(text->text, 1, text->length, file) == text->length, path);
    check(fclose(file) == 0, path);
}

static void write_files(const char *folder)
{
    char path[200];
    struct str text;

    (void)snprintf(path, sizeof(path), "%s/metrics", folder);
    check(mkdir(path, 0700) == 0, path);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/metrics/%s", folder, kinds[i].folder);
        check(mkdir(path, 0700) == 0, path);
    }
    str_init(&text);
    for (int number = 0; number < FILES; number++)
        write_file(folder, number, &text);
    str_release(&text);
}

static size_t parse_events(const char *text, size_t length)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t count = 0;
    bool ended = false;

    check(yaml_parser_initialize(&parser) != 0, "yaml_parser_initialize");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (!ended) {
        check(yaml_parser_parse(&parser, &event) != 0, "yaml_parser_parse");
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        count++;
    }
    yaml_parser_delete(&parser);
    return count;
}

/* Reads each file and walks its events, and keeps nothing. */
static int64_t time_events(const struct file_list *list)
{
    int64_t start = now_monotonic_us();

    for (size_t i = 0; i < list->count; i++) {
        struct arena *arena = arena_new();
        const char *text;
        size_t length;
        struct error err;

        check(file_read(list->paths[i], arena, &text, &length, &err), list->paths[i]);
        (void)parse_events(text, length);
        arena_free(arena);
    }
    return now_monotonic_us() - start;
}

static int64_t time_catalog(const char *folder)
{
    int64_t start = now_monotonic_us();
    struct arena *arena = arena_new();
    struct complaints complaints;
    struct catalog catalog;
    bool done;

    complaints_init(&complaints, arena);
    done = catalog_load(&folder, 1, metric_sources, arena, &catalog, &complaints);
    if (!done || catalog.file_count != FILES)
        complaints_print(&complaints, stderr);
    check(done && catalog.file_count == FILES, "catalog_load");
    arena_free(arena);
    return now_monotonic_us() - start;
}

static int compare(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static double median_ms(int64_t *took)
{
    qsort(took, ROUNDS, sizeof(took[0]), compare);
    return (double)took[ROUNDS / 2] / 1000;
}

static void remove_files(const char *folder, const struct file_list *list)
{
    char path[200];

    for (size_t i = 0; i < list->count; i++)
        (void)unlink(list->paths[i]);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/metrics/%s", folder, kinds[i].folder);
        (void)rmdir(path);
    }
    (void)snprintf(path, sizeof(path), "%s/metrics", folder);
    (void)rmdir(path);
    (void)rmdir(folder);
}

int main(void)
{
    char folder[] = "/tmp/service-ping-bench-XXXXXX";
    int64_t bare[ROUNDS], whole[ROUNDS];
    struct arena *arena = arena_new();
    struct file_list list;
    struct error err;
    double bare_ms, whole_ms;

    check(mkdtemp(folder) != NULL, "mkdtemp");
    write_files(folder);
    check(file_list(folder, ".yml", arena, &list, &err) && list.count == FILES, "file_list");
    for (int round = 0; round < ROUNDS; round++) {
        bare[round] = time_events(&list);
        whole[round] = time_catalog(folder);
    }
    remove_files(folder, &list);
    arena_free(arena);
    bare_ms = median_ms(bare);
    whole_ms = median_ms(whole);
    (void)printf("%d files read, libyaml's bare events: %.1f ms\n", FILES, bare_ms);
    (void)printf("catalog_load, read, checked, sorted:   %.1f ms\n", whole_ms);
    (void)printf("ratio: %.2f (aim: at most %.1f)\n", whole_ms / bare_ms, AIM);
    return 0;
}
