/* The agent's own metrics, read by a strict reader of Prometheus' text format 0.0.4. */
#include "agent/web/own_metrics.h"

#include "agent/base/clock.h"
#include "agent/store_archive.h"
#include "tests/support/shown.h"
#include "tests/support/test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The reader ---- */

enum { MOST_LINES = 200, MOST_NAME = 128 };

struct reader {
    const char *at;
    char family[MOST_NAME], type[16];
    bool helped, typed;                   /* of the family */
    char families[MOST_LINES][MOST_NAME]; /* that were told before */
    size_t family_count;
    char samples[MOST_LINES][256]; /* names with their labels */
    size_t sample_count;
    const char *fault; /* NULL: none yet */
};

static bool fail_at(struct reader *reader, const char *fault)
{
    if (reader->fault == NULL)
        reader->fault = fault;
    return false;
}

static bool take(struct reader *reader, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool take_name(struct reader *reader, bool label, char out[MOST_NAME])
{
    size_t length = 0;

    while (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '_' ||
           (!label && reader->at[length] == ':'))
        length++;
    if (length == 0 || length >= MOST_NAME || isdigit((unsigned char)reader->at[0]))
        return fail_at(reader, "a bad name");
    (void)snprintf(out, MOST_NAME, "%.*s", (int)length, reader->at);
    reader->at += length;
    return !label || strncmp(out, "__", 2) != 0 || fail_at(reader, "a reserved label");
}

/* Text with escapes up to `end`; `quotes`: a quote is escaped, too. */
static bool take_text(struct reader *reader, char end, bool quotes)
{
    for (; *reader->at != end; reader->at++) {
        if (*reader->at == '\0' || *reader->at == '\n')
            return fail_at(reader, "a text without an end");
        if (*reader->at != '\\')
            continue;
        reader->at++;
        if (*reader->at != '\\' && *reader->at != 'n' && !(quotes && *reader->at == '"'))
            return fail_at(reader, "a bad escape");
    }
    reader->at++;
    return true;
}

static bool is_known(const struct reader *reader, const char *family)
{
    for (size_t i = 0; i < reader->family_count; i++)
        if (strcmp(reader->families[i], family) == 0)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcmp(text + length - tail, end) == 0;
}

static bool read_help(struct reader *reader)
{
    char name[MOST_NAME];

    if (!take_name(reader, false, name) || !take(reader, " "))
        return fail_at(reader, "a HELP without its text");
    if (is_known(reader, name))
        return fail_at(reader, "a second HELP");
    (void)snprintf(reader->family, MOST_NAME, "%s", name);
    (void)snprintf(reader->families[reader->family_count++], MOST_NAME, "%s", name);
    reader->helped = true;
    reader->typed = false;
    return take_text(reader, '\n', false);
}

static bool read_type(struct reader *reader)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "summary", "untyped"};
    char name[MOST_NAME];
    size_t i = 0;

    if (!take_name(reader, false, name) || !take(reader, " "))
        return fail_at(reader, "a bad TYPE");
    if (strcmp(name, reader->family) != 0 || reader->typed)
        return fail_at(reader, "a TYPE that follows on no HELP");
    while (i < COUNT_OF(types) && !take(reader, types[i]))
        i++;
    if (i == COUNT_OF(types) || !take(reader, "\n"))
        return fail_at(reader, "an unknown TYPE");
    (void)snprintf(reader->type, sizeof(reader->type), "%s", types[i]);
    if ((strcmp(types[i], "counter") == 0) != ends_with(name, "_total"))
        return fail_at(reader, "a counter without _total, or _total of no counter");
    reader->typed = true;
    return true;
}

static bool read_labels(struct reader *reader)
{
    char name[MOST_NAME];

    if (!take(reader, "{"))
        return true;
    do {
        if (!take_name(reader, true, name) || !take(reader, "=\""))
            return fail_at(reader, "a bad label");
        if (!take_text(reader, '"', true))
            return false;
    } while (take(reader, ","));
    return take(reader, "}") || fail_at(reader, "labels without an end");
}

static bool is_new(struct reader *reader, const char *from)
{
    char *sample = reader->samples[reader->sample_count];

    (void)snprintf(sample, sizeof(reader->samples[0]), "%.*s", (int)(reader->at - from), from);
    for (size_t i = 0; i < reader->sample_count; i++)
        if (strcmp(reader->samples[i], sample) == 0)
            return fail_at(reader, "a sample twice");
    reader->sample_count++;
    return true;
}

static bool read_sample(struct reader *reader)
{
    const char *from = reader->at;
    char name[MOST_NAME], *end;
    double value;

    if (!take_name(reader, false, name))
        return false;
    if (!reader->typed || strcmp(name, reader->family) != 0)
        return fail_at(reader, "a sample away from its family");
    if (!read_labels(reader) || !is_new(reader, from) || !take(reader, " "))
        return fail_at(reader, "a sample without its value");
    if (isspace((unsigned char)*reader->at))
        return fail_at(reader, "more than one blank");
    value = strtod(reader->at, &end);
    if (end == reader->at || (strcmp(reader->type, "counter") == 0 && value < 0))
        return fail_at(reader, "a bad value");
    reader->at = end;
    return take(reader, "\n") || fail_at(reader, "more behind the value");
}

/* NULL, or what is wrong. */
static const char *read_metrics(struct reader *reader, const char *text)
{
    *reader = (struct reader){.at = text};
    while (*reader->at != '\0' && reader->fault == NULL) {
        bool read;

        if (reader->family_count + 1 >= MOST_LINES || reader->sample_count + 1 >= MOST_LINES)
            return "too long for this reader";
        if (take(reader, "# HELP "))
            read = read_help(reader);
        else if (take(reader, "# TYPE "))
            read = read_type(reader);
        else
            read = read_sample(reader);
        if (!read && reader->fault == NULL)
            return "something else";
    }
    return reader->fault;
}

static const struct {
    const char *name, *text, *fault;
} texts[] = {
    {"a gauge", "# HELP a Help.\n# TYPE a gauge\na 1\n", NULL},
    {"labels with escapes", "# HELP a \\\\ \\n\n# TYPE a gauge\na{b=\"\\\\\\\"\\n\",c=\"\"} 1e3\n",
     NULL},
    {"a counter", "# HELP a_total H\n# TYPE a_total counter\na_total 0.5\n", NULL},
    {"a counter of another name", "# HELP a H\n# TYPE a counter\na 1\n", "_total"},
    {"a gauge of a counter's name", "# HELP a_total H\n# TYPE a_total gauge\n", "_total"},
    {"a counter below zero", "# HELP a_total H\n# TYPE a_total counter\na_total -1\n", "value"},
    {"two families of one name", "# HELP a H\n# TYPE a gauge\n# HELP a H\n", "second HELP"},
    {"two types", "# HELP a H\n# TYPE a gauge\n# TYPE a gauge\n", "TYPE"},
    {"an unknown type", "# HELP a H\n# TYPE a number\n", "TYPE"},
    {"a sample without a family", "a 1\n", "away"},
    {"a sample of another family", "# HELP a H\n# TYPE a gauge\nb 1\n", "away"},
    {"a sample twice", "# HELP a H\n# TYPE a gauge\na{b=\"c\"} 1\na{b=\"c\"} 2\n", "twice"},
    {"a label that is not escaped", "# HELP a H\n# TYPE a gauge\na{b=\"c\"d\"} 1\n", "labels"},
    {"a bad escape", "# HELP a H\n# TYPE a gauge\na{b=\"\\t\"} 1\n", "escape"},
    {"a name that begins with a digit", "# HELP 1a H\n", "name"},
    {"a label of a bad name", "# HELP a H\n# TYPE a gauge\na{b-c=\"\"} 1\n", "label"},
    {"no value", "# HELP a H\n# TYPE a gauge\na\n", "value"},
    {"a value that is no number", "# HELP a H\n# TYPE a gauge\na one\n", "value"},
    {"a time behind it", "# HELP a H\n# TYPE a gauge\na 1 1795255200\n", "behind"},
    {"no last newline", "# HELP a H\n# TYPE a gauge\na 1", "behind"},
};

static void the_reader_is_strict(void **state)
{
    static struct reader reader;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *fault = read_metrics(&reader, texts[i].text);

        if ((fault == NULL) != (texts[i].fault == NULL) ||
            (fault != NULL && strstr(fault, texts[i].fault) == NULL))
            fail_msg("%s: %s", texts[i].name, fault != NULL ? fault : "read");
    }
}

/* ---- What is told ---- */

struct scraping {
    struct shown shown;
    struct daemon_status daemon;
    struct page_data data;
    struct str text;
    struct reader reader;
};

static int open_scraping(void **state)
{
    static struct scraping scraping;

    scraping = (struct scraping){0};
    shown_open(&scraping.shown);
    scraping.daemon.started_us = SHOWN_NOW * US_PER_SECOND + 5;
    scraping.daemon.next_run = SHOWN_NOW + 3600;
    scraping.daemon.held = 3;
    scraping.data = (struct page_data){
        .settings = &scraping.shown.settings,
        .catalog = &scraping.shown.catalog,
        .store = scraping.shown.place->store,
        .consent = &scraping.shown.consent,
        .daemon = &scraping.daemon,
    };
    str_init(&scraping.text);
    *state = &scraping;
    return 0;
}

static int close_scraping(void **state)
{
    struct scraping *scraping = *state;

    str_release(&scraping->text);
    shown_close(&scraping->shown);
    return 0;
}

static void scrape(struct scraping *scraping)
{
    const char *fault;
    struct error err;

    str_clear(&scraping->text);
    assert_true(
        own_metrics_write(&scraping->data, scraping->shown.place->arena, &scraping->text, &err));
    fault = read_metrics(&scraping->reader, scraping->text.text);
    if (fault != NULL)
        fail_msg("%s, before: %.80s", fault, scraping->reader.at);
}

static void expect_line(const struct scraping *scraping, const char *line)
{
    char whole[256];

    (void)snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(scraping->text.text, whole) == NULL)
        fail_msg("'%s' is not in:\n%s", line, scraping->text.text);
}

static void names_are_ours_and_in_base_units(void **state)
{
    static const char *const units[] = {"_ms",  "milli", "micro", "minutes", "hours",
                                        "days", "kilo",  "mega",  "percent"};
    struct scraping *scraping = *state;

    scrape(scraping);
    for (size_t i = 0; i < scraping->reader.family_count; i++) {
        const char *name = scraping->reader.families[i];

        assert_true(strncmp(name, "service_ping_", 13) == 0 || strncmp(name, "process_", 8) == 0);
        for (size_t k = 0; k < COUNT_OF(units); k++)
            assert_null(strstr(name, units[k]));
    }
}

static void an_instance_without_a_past_tells_noughts(void **state)
{
    struct scraping *scraping = *state;

    scrape(scraping);
    expect_line(scraping, "service_ping_build_info{version=\"" VERSION "\"} 1");
    expect_line(scraping, "service_ping_pings_total{result=\"sent\"} 0");
    expect_line(scraping, "service_ping_last_success_timestamp_seconds 0.000000");
    expect_line(scraping, "service_ping_next_run_timestamp_seconds 1795258800");
    expect_line(scraping, "service_ping_last_run_timestamp_seconds 0");
    expect_line(scraping, "service_ping_metrics{status=\"ok\"} 0");
    expect_line(scraping, "service_ping_payload_bytes 0");
    expect_line(scraping, "service_ping_consent{mode=\"local\"} 1");
    expect_line(scraping, "service_ping_consent{mode=\"on\"} 0");
    expect_line(scraping, "service_ping_definitions{state=\"in_force\"} 6");
    expect_line(scraping, "service_ping_definitions{state=\"held\"} 3");
    expect_line(scraping, "service_ping_definitions{state=\"not_computed\"} 1");
    expect_line(scraping, "process_start_time_seconds 1795255200.000005");
    assert_null(strstr(scraping->text.text, "process_open_fds 0\n"));
    assert_null(strstr(scraping->text.text, "process_resident_memory_bytes 0\n"));
}

static void runs_and_pings_are_counted(void **state)
{
    struct scraping *scraping = *state;
    struct store_ping ping;
    struct place *place = scraping->shown.place;
    char line[128];

    shown_ping(&scraping->shown, 1, PING_SENT);
    shown_ping(&scraping->shown, 2, PING_REJECTED);
    shown_ping(&scraping->shown, 3, PING_SENT);
    shown_ping(&scraping->shown, 4, PING_WAITING);
    scrape(scraping);
    expect_line(scraping, "service_ping_pings_total{result=\"sent\"} 2");
    expect_line(scraping, "service_ping_pings_total{result=\"rejected\"} 1");
    expect_line(scraping, "service_ping_delivery_attempts_total 3");
    expect_line(scraping, "service_ping_delivery_failures_total 1");
    /* Two weeks after the first, each run took 2.5 s. */
    expect_line(scraping, "service_ping_last_success_timestamp_seconds 1796464807.500000");
    expect_line(scraping, "service_ping_collect_duration_seconds 2.500000");
    expect_line(scraping, "service_ping_metrics{status=\"ok\"} 3");
    expect_line(scraping, "service_ping_metrics{status=\"denied\"} 1");
    expect_line(scraping, "service_ping_metrics{status=\"unavailable\"} 1");
    expect_line(scraping, "service_ping_metrics{status=\"off\"} 1");
    expect_line(scraping, "service_ping_source_up{source=\"database\"} 1");
    expect_line(scraping, "service_ping_source_up{source=\"redis\"} 0");
    expect_line(scraping, "service_ping_spool_pings 1");
    assert_true(store_ping_find(place->store, "4", place->arena, &ping, &place->err));
    (void)snprintf(line, sizeof(line), "service_ping_spool_bytes %zu", ping.length);
    expect_line(scraping, line);
    (void)snprintf(line, sizeof(line), "service_ping_payload_bytes %zu", ping.length);
    expect_line(scraping, line);
}

#define SCRAPING(test) cmocka_unit_test_setup_teardown(test, open_scraping, close_scraping)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reader_is_strict),
        SCRAPING(names_are_ours_and_in_base_units),
        SCRAPING(an_instance_without_a_past_tells_noughts),
        SCRAPING(runs_and_pings_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
