#include "agent/web/own_metrics.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/store_trends.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_SOURCES = 16 };

/* What one scrape tells, gathered before anything is written. */
struct own {
    const struct page_data *data;
    struct arena *arena;
    struct store_ping_counts pings;
    size_t statuses[STATUS_OFF + 1];
    struct store_run run; /* the newest finished one; id 0: none */
    const struct source_ops *sources[MOST_SOURCES];
    bool up[MOST_SOURCES];
    size_t source_count;
};

/* ---- The format ---- */

static void add_label_value(struct str *out, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            str_add_char(out, '\\');
        if (*value == '\n')
            str_add(out, "\\n");
        else
            str_add_char(out, *value);
    }
}

/* `label` NULL: there is none. */
static void add_name(struct str *out, const char *name, const char *label, const char *value)
{
    str_add(out, name);
    if (label != NULL && value != NULL) {
        str_add_format(out, "{%s=\"", label);
        add_label_value(out, value);
        str_add(out, "\"}");
    }
    str_add_char(out, ' ');
}

static void add_number(struct str *out, const char *name, const char *label, const char *value,
                       int64_t number)
{
    add_name(out, name, label, value);
    str_add_format(out, "%" PRId64 "\n", number);
}

/* Microseconds, as seconds. */
static void add_seconds(struct str *out, const char *name, int64_t us)
{
    add_name(out, name, NULL, NULL);
    str_add_format(out, "%" PRId64 ".%06d\n", us / US_PER_SECOND, (int)(us % US_PER_SECOND));
}

/* ---- The agent ---- */

static void add_build(const struct own *own, const char *name, struct str *out)
{
    (void)own;
    add_number(out, name, "version", VERSION, 1);
}

static void add_pings(const struct own *own, const char *name, struct str *out)
{
    static const enum ping_state ends[] = {PING_SENT, PING_REJECTED};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        add_number(out, name, "result", ping_state_name(ends[i]),
                   (int64_t)own->pings.pings[ends[i]]);
}

static void add_tries(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, (int64_t)own->pings.tries);
}

static void add_failures(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, (int64_t)own->pings.failures);
}

static void add_last_success(const struct own *own, const char *name, struct str *out)
{
    add_seconds(out, name, own->pings.last_sent_us);
}

static void add_next_run(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, own->data->daemon->next_run);
}

static void add_last_run(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, own->run.recorded_at);
}

static void add_duration(const struct own *own, const char *name, struct str *out)
{
    add_seconds(out, name, own->run.finished_us - own->run.started_us);
}

static void add_collecting(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, own->data->daemon->state == DAEMON_COLLECTING ? 1 : 0);
}

static void add_definitions(const struct own *own, const char *name, struct str *out)
{
    const struct catalog *catalog = own->data->catalog;
    size_t held = own->data->daemon->held, not_computed = 0;

    for (size_t i = 0; i < catalog->count; i++)
        not_computed += catalog->metrics[i]->spec == NULL ? 1 : 0;
    add_number(out, name, "state", "in_force", (int64_t)catalog->count);
    add_number(out, name, "state", "held", (int64_t)held);
    add_number(out, name, "state", "not_computed", (int64_t)not_computed);
}

static void add_statuses(const struct own *own, const char *name, struct str *out)
{
    for (int i = 0; i <= STATUS_OFF; i++)
        add_number(out, name, "status", status_name((enum outcome_status)i),
                   (int64_t)own->statuses[i]);
}

static void add_sources(const struct own *own, const char *name, struct str *out)
{
    for (size_t i = 0; i < own->source_count; i++)
        add_number(out, name, "source", own->sources[i]->name, own->up[i] ? 1 : 0);
}

static void add_spool_pings(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, (int64_t)own->pings.pings[PING_WAITING]);
}

static void add_spool_bytes(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, own->pings.bytes[PING_WAITING]);
}

static void add_payload_bytes(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, own->pings.newest_bytes);
}

static void add_consent(const struct own *own, const char *name, struct str *out)
{
    static const enum consent_mode modes[] = {CONSENT_ON, CONSENT_LOCAL, CONSENT_OFF};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        add_number(out, name, "mode", consent_name(modes[i]),
                   own->data->consent->mode == modes[i] ? 1 : 0);
}

/* ---- The process ---- */

static void add_start(const struct own *own, const char *name, struct str *out)
{
    add_seconds(out, name, own->data->daemon->started_us);
}

static int64_t us_of(struct timeval time)
{
    return (int64_t)time.tv_sec * US_PER_SECOND + (int64_t)time.tv_usec;
}

static void add_cpu(const struct own *own, const char *name, struct str *out)
{
    struct rusage used = {0};

    (void)own;
    (void)getrusage(RUSAGE_SELF, &used);
    add_seconds(out, name, us_of(used.ru_utime) + us_of(used.ru_stime));
}

/* The nth number, from 0, of the pages that the process has. */
static int64_t pages(struct arena *arena, unsigned nth)
{
    const char *text = "";
    char *at;
    size_t length;
    struct error ignored;
    int64_t number = 0;

    if (!file_read("/proc/self/statm", arena, &text, &length, &ignored))
        return 0;
    for (unsigned i = 0; i <= nth; i++) {
        number = strtoll(text, &at, 10);
        text = at;
    }
    return number;
}

static void add_virtual(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, pages(own->arena, 0) * (int64_t)sysconf(_SC_PAGESIZE));
}

static void add_resident(const struct own *own, const char *name, struct str *out)
{
    add_number(out, name, NULL, NULL, pages(own->arena, 1) * (int64_t)sysconf(_SC_PAGESIZE));
}

static void add_open_files(const struct own *own, const char *name, struct str *out)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int64_t count = -1; /* the folder's own */

    (void)own;
    /* cppcheck-suppress readdirCalled; readdir_r is deprecated, and nobody shares `folder` */
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.' ? 1 : 0;
    if (folder != NULL)
        (void)closedir(folder);
    add_number(out, name, NULL, NULL, count > 0 ? count : 0);
}

static void add_most_files(const struct own *own, const char *name, struct str *out)
{
    struct rlimit limit = {0};

    (void)own;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    add_number(out, name, NULL, NULL, (int64_t)limit.rlim_cur);
}

static const struct family {
    const char *name, *type, *help;
    void (*add)(const struct own *own, const char *name, struct str *out);
} families[] = {
    {"service_ping_build_info", "gauge", "The version of the agent; always 1.", add_build},
    {"service_ping_pings_total", "counter",
     "Pings that came to an end: taken by the endpoint, or rejected.", add_pings},
    {"service_ping_delivery_attempts_total", "counter", "Tries to deliver a ping.", add_tries},
    {"service_ping_delivery_failures_total", "counter", "Those of them that failed.", add_failures},
    {"service_ping_last_success_timestamp_seconds", "gauge",
     "When the endpoint last took a ping; 0: never.", add_last_success},
    {"service_ping_next_run_timestamp_seconds", "gauge",
     "When the next collection is due; 0: never.", add_next_run},
    {"service_ping_last_run_timestamp_seconds", "gauge",
     "The moment that the newest finished collection is of; 0: there is none.", add_last_run},
    {"service_ping_collect_duration_seconds", "gauge",
     "How long the newest finished collection took.", add_duration},
    {"service_ping_collecting", "gauge", "Whether a collection runs.", add_collecting},
    {"service_ping_definitions", "gauge",
     "Metrics that are defined, and of these: held until accepted, and not computed.",
     add_definitions},
    {"service_ping_metrics", "gauge", "Metrics of the newest finished collection, by status.",
     add_statuses},
    {"service_ping_source_up", "gauge",
     "Whether the newest finished collection could reach the source.", add_sources},
    {"service_ping_spool_pings", "gauge", "Pings that wait to be sent.", add_spool_pings},
    {"service_ping_spool_bytes", "gauge", "Their size.", add_spool_bytes},
    {"service_ping_payload_bytes", "gauge", "Size of the newest ping.", add_payload_bytes},
    {"service_ping_consent", "gauge", "1 for the consent in force.", add_consent},
    {"process_start_time_seconds", "gauge", "When the process started, since 1970.", add_start},
    {"process_cpu_seconds_total", "counter", "CPU time that the process took.", add_cpu},
    {"process_resident_memory_bytes", "gauge", "Memory that the process has.", add_resident},
    {"process_virtual_memory_bytes", "gauge", "Its address space.", add_virtual},
    {"process_open_fds", "gauge", "File descriptors that are open.", add_open_files},
    {"process_max_fds", "gauge", "How many may be.", add_most_files},
};

/* ---- What is told ---- */

static size_t find_source(struct own *own, const struct source_ops *source)
{
    size_t i = 0;

    while (i < own->source_count && own->sources[i] != source)
        i++;
    if (i == own->source_count && i < MOST_SOURCES) {
        own->sources[own->source_count++] = source;
        own->up[i] = true;
    }
    return i;
}

static void take_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct own *own = arg;
    const struct metric *metric = catalog_find(own->data->catalog, key_path);
    size_t at;

    own->statuses[outcome->status]++;
    if (metric == NULL || metric->source == NULL || metric->spec == NULL)
        return;
    at = find_source(own, metric->source);
    if (at < MOST_SOURCES && outcome->status == STATUS_UNAVAILABLE)
        own->up[at] = false;
}

static bool gather(struct own *own, struct error *err)
{
    struct store *store = own->data->store;
    bool found;

    return store_ping_counts(store, &own->pings, err) &&
           store_run_newest_finished(store, &own->run, &found, err) &&
           (!found || store_outcomes(store, own->run.id, take_outcome, own, err));
}

bool own_metrics_write(const struct page_data *data, struct arena *arena, struct str *out,
                       struct error *err)
{
    struct own own = {.data = data, .arena = arena};

    if (!gather(&own, err))
        return false;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct family *family = &families[i];

        str_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                       family->name, family->type);
        family->add(&own, family->name, out);
    }
    return true;
}
