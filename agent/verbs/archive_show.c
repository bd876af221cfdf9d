#include "agent/verbs/archive_show.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/table.h"

#include <inttypes.h>
#include <string.h>

enum { STATE_COUNT = PING_REJECTED + 1, NAME_WIDTH = 10, LONGEST_WORDS = 1000 };

/* ---- A line for each ping ---- */

/* Without " UTC", which the title says. */
static const char *moment(struct arena *arena, int64_t wall_us)
{
    const char *text = figure_time(arena, wall_us);

    return arena_format(arena, "%.*s", (int)strlen("2026-11-21 10:04:05"), text);
}

static const char *receipt_of(struct arena *arena, const struct store_ping_line *line)
{
    if (line->receipt_us != 0)
        return moment(arena, line->receipt_us);
    if (line->last_status != 0)
        return arena_format(arena, "HTTP %d", line->last_status);
    if (line->attempts > 0)
        return "no answer";
    if (line->withheld_us != 0)
        return "withheld";
    return line->exported_us != 0 ? "exported" : "-";
}

static const char *size_of(struct arena *arena, const struct store_ping_line *line)
{
    return line->ping.length > 0 ? figure_bytes(arena, line->ping.length) : "deleted";
}

static void write_totals(const struct archive_list *list, struct str *out)
{
    size_t states[STATE_COUNT] = {0}, deleted = 0, bytes = 0;
    const char *comma = ": ";

    for (size_t i = 0; i < list->count; i++) {
        states[list->lines[i].ping.state]++;
        deleted += list->lines[i].ping.length == 0 ? 1 : 0;
        bytes += list->lines[i].ping.length;
    }
    str_add(out, figure_of(list->arena, list->count, "ping", "pings"));
    for (int i = 0; i < STATE_COUNT; i++) {
        if (states[i] == 0)
            continue;
        str_add_format(out, "%s%zu %s", comma, states[i], ping_state_name((enum ping_state)i));
        comma = ", ";
    }
    str_add_format(out, "; %s.\n", figure_bytes(list->arena, bytes));
    if (deleted > 0)
        str_add_format(out,
                       "The bytes of %s were deleted, as the settings history.days and\n"
                       "history.megabytes ask; numbers, ids and digests are kept.\n",
                       figure_of(list->arena, deleted, "old ping", "old pings"));
}

static void fill_table(const struct archive_list *list, const char *const *titles,
                       struct table *table)
{
    struct arena *arena = list->arena;

    table_begin(table, arena, titles);
    for (size_t i = 0; i < list->count; i++) {
        const struct store_ping_line *line = &list->lines[i];
        const char *const cells[] = {
            arena_format(arena, "%" PRId64, line->ping.seq),
            moment(arena, line->ping.sealed_us),
            ping_state_name(line->ping.state),
            size_of(arena, line),
            arena_format(arena, "%u", line->attempts),
            receipt_of(arena, line),
            line->ping.id,
        };

        table_add(table, cells);
    }
}

/* Ids are left out where they do not fit: the number names a ping as well. */
void archive_write_table(const struct archive_list *list, size_t width, struct str *out)
{
    static const char *const titles[] = {"No.",   "sealed (UTC)",  "state", "size",
                                         "tries", "receipt (UTC)", "id",    NULL};
    static const char *const without_id[] = {"No.",   "sealed (UTC)",  "state", "size",
                                             "tries", "receipt (UTC)", NULL};
    struct table table;

    fill_table(list, titles, &table);
    if (width > 0 && table_width(&table) > width)
        fill_table(list, without_id, &table);
    table_write(&table, out);
    str_add_char(out, '\n');
    write_totals(list, out);
}

static void put_time(struct js_writer *writer, const char *key, int64_t wall_us)
{
    char text[TIME_TEXT_SIZE];

    js_put_text(writer, key, wall_us != 0 ? time_text(wall_us, text) : NULL);
}

/* As the endpoint wrote it, where that is JSON. */
static void put_body(struct js_writer *writer, const char *key, const char *body)
{
    struct error ignored;
    struct js_value *document = body != NULL ? js_parse(body, strlen(body), &ignored) : NULL;

    if (document != NULL)
        js_put_raw(writer, key, body);
    else
        js_put_text(writer, key, body);
    js_free(document);
}

static void put_last_attempt(struct js_writer *writer, const struct store_ping_line *line)
{
    if (line->last_attempt_us == 0) {
        js_put_null(writer, "last_attempt");
        return;
    }
    js_open_object(writer, "last_attempt");
    put_time(writer, "at", line->last_attempt_us);
    js_put_integer(writer, "http_status", line->last_status);
    js_put_text(writer, "said", line->last_said);
    js_close_object(writer);
}

static void put_receipt(struct js_writer *writer, const struct store_ping_line *line)
{
    if (line->receipt_us == 0) {
        js_put_null(writer, "receipt");
        return;
    }
    js_open_object(writer, "receipt");
    put_time(writer, "at", line->receipt_us);
    put_body(writer, "body", line->receipt);
    js_close_object(writer);
}

static void put_line(struct js_writer *writer, const struct store_ping_line *line)
{
    const struct store_ping *ping = &line->ping;

    js_open_object(writer, NULL);
    js_put_text(writer, "id", ping->id);
    js_put_integer(writer, "seq", ping->seq);
    js_put_text(writer, "previous_id", ping->previous_id[0] != '\0' ? ping->previous_id : NULL);
    js_put_text(writer, "state", ping_state_name(ping->state));
    put_time(writer, "recorded_at", line->recorded_at * US_PER_SECOND);
    put_time(writer, "sealed_at", ping->sealed_us);
    js_put_integer(writer, "bytes", (int64_t)ping->length);
    js_put_flag(writer, "deleted", ping->length == 0);
    js_put_text(writer, "digest", line->digest);
    js_put_integer(writer, "attempts", line->attempts);
    put_last_attempt(writer, line);
    put_time(writer, "exported_at", line->exported_us);
    put_time(writer, "withheld_at", line->withheld_us);
    put_receipt(writer, line);
    js_close_object(writer);
}

void archive_write_json(const struct archive_list *list, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, true);
    js_open_object(&writer, NULL);
    js_open_list(&writer, "pings");
    for (size_t i = 0; i < list->count; i++)
        put_line(&writer, &list->lines[i]);
    js_close_list(&writer);
    if (list->verified) {
        js_open_list(&writer, "faults");
        for (size_t i = 0; i < list->fault_count; i++)
            js_put_text(&writer, NULL, list->faults[i]);
        js_close_list(&writer);
    }
    js_close_object(&writer);
    str_add_char(out, '\n');
}

void archive_write_faults(const struct archive_list *list, struct str *out)
{
    size_t receipts = 0, deleted = 0;

    for (size_t i = 0; i < list->fault_count; i++)
        str_add_format(out, "!!  %s\n", figure_plain(list->arena, list->faults[i], LONGEST_WORDS));
    for (size_t i = 0; i < list->count; i++) {
        receipts += list->lines[i].receipt_us != 0 ? 1 : 0;
        deleted += list->lines[i].ping.length == 0 ? 1 : 0;
    }
    str_add_format(out, "%s  %s checked", list->fault_count == 0 ? "ok" : "!!",
                   figure_of(list->arena, list->count, "ping", "pings"));
    if (deleted > 0)
        str_add_format(out, " (the bytes of %zu were deleted by age or size)", deleted);
    str_add_format(out, ", %s: ", figure_of(list->arena, receipts, "receipt", "receipts"));
    if (list->fault_count == 0)
        str_add(out, "every byte as it was sealed, the chain whole.\n");
    else
        str_add_format(out, "%s.\n", figure_of(list->arena, list->fault_count, "fault", "faults"));
}

/* ---- One ping ---- */

static void add_status(const struct js_value *entry, struct archive_counts *counts)
{
    const char *name = js_text(js_get(entry, "status"));
    enum outcome_status status;

    if (name != NULL && status_from_name(name, &status))
        counts->of[status]++;
}

void archive_count(const char *bytes, size_t length, struct archive_counts *counts)
{
    struct error ignored;
    struct js_value *root = js_parse(bytes, length, &ignored);
    const struct js_value *said = js_get(root, "service_ping"), *metrics = js_get(said, "metrics");
    const struct js_value *not_ok = js_get(said, "not_ok");

    *counts = (struct archive_counts){.known = js_kind(metrics) == JS_OBJECT};
    counts->total = js_integer(js_get(metrics, "total"));
    counts->of[STATUS_OK] = js_integer(js_get(metrics, "ok"));
    for (size_t i = 0; i < js_count(not_ok); i++)
        add_status(js_at(not_ok, i), counts);
    js_free(root);
}

static void add_name(struct str *out, const char *name)
{
    str_add_format(out, "  %-*s", NAME_WIDTH, name);
}

static void write_counts(const struct archive_summary *summary, struct str *out)
{
    const struct archive_counts *counts = &summary->counts;

    if (!counts->known)
        return;
    add_name(out, "metrics");
    str_add_format(out, "%s: %s ok", figure_count(summary->arena, counts->total),
                   figure_count(summary->arena, counts->of[STATUS_OK]));
    for (int i = STATUS_OK + 1; i <= STATUS_OFF; i++)
        if (counts->of[i] > 0)
            str_add_format(out, ", %s %s", figure_count(summary->arena, counts->of[i]),
                           status_name((enum outcome_status)i));
    str_add_char(out, '\n');
}

static const char *meaning(const struct archive_summary *summary)
{
    static const char *const meanings[STATE_COUNT] = {
        [PING_SEALED] = "sealed: 'service-ping send' would post it",
        [PING_WAITING] = "waiting to be sent",
        [PING_KEPT] = "kept: a newer one was sealed before anybody sent it",
        [PING_SENT] = "sent",
        [PING_REJECTED] = "rejected: the endpoint does not want it",
    };
    enum ping_state state = summary->line->ping.state;

    if (state == PING_WAITING && summary->next_try_us != 0)
        return arena_format(summary->arena, "waiting to be sent; next try not before %s",
                            figure_time(summary->arena, summary->next_try_us));
    if (state == PING_KEPT && summary->line->withheld_us != 0)
        return "kept: more was permitted when it was sealed than now, so it is not sent";
    return meanings[state];
}

static void write_identity(const struct archive_summary *summary, struct str *out)
{
    const struct store_ping_line *line = summary->line;
    struct arena *arena = summary->arena;

    str_add_format(out, "Ping %s, number %" PRId64 "\n", line->ping.id, line->ping.seq);
    add_name(out, "instance");
    str_add_format(out, "%s\n", summary->instance_id);
    add_name(out, "after");
    str_add_format(out, "%s\n",
                   line->ping.previous_id[0] != '\0' ? line->ping.previous_id
                                                     : "none: it is the first");
    add_name(out, "counted");
    str_add_format(out, "%s\n", figure_time(arena, line->recorded_at * US_PER_SECOND));
    add_name(out, "sealed");
    str_add_format(out, "%s\n", figure_time(arena, line->ping.sealed_us));
}

static void write_bytes(const struct archive_summary *summary, struct str *out)
{
    const struct store_ping_line *line = summary->line;

    add_name(out, "bytes");
    if (summary->trouble != NULL)
        str_add_format(out, "%s\n", figure_plain(summary->arena, summary->trouble, LONGEST_WORDS));
    else
        str_add_format(out, "%s\n", figure_count(summary->arena, (int64_t)line->ping.length));
    add_name(out, "SHA-256");
    str_add_format(out, "%s\n", line->digest);
}

static const char *came_of_it(const struct archive_summary *summary,
                              const struct store_attempt *attempt)
{
    if (attempt->said != NULL)
        return figure_plain(summary->arena, attempt->said, LONGEST_WORDS);
    return arena_format(summary->arena, "HTTP %d: taken", attempt->http_status);
}

static void write_attempts(const struct archive_summary *summary, struct str *out)
{
    for (size_t i = 0; i < summary->attempt_count; i++) {
        add_name(out, i == 0 ? "attempts" : "");
        str_add_format(out, "%s  %s\n", figure_time(summary->arena, summary->attempts[i].at_us),
                       came_of_it(summary, &summary->attempts[i]));
    }
}

static void write_receipt(const struct archive_summary *summary, struct str *out)
{
    const struct store_ping_line *line = summary->line;

    if (line->receipt_us == 0)
        return;
    add_name(out, "receipt");
    str_add_format(out, "%s\n", figure_time(summary->arena, line->receipt_us));
    if (line->receipt[0] != '\0') {
        add_name(out, "");
        str_add_format(out, "%s\n", figure_plain(summary->arena, line->receipt, LONGEST_WORDS));
    }
}

void archive_write_summary(const struct archive_summary *summary, struct str *out)
{
    write_identity(summary, out);
    add_name(out, "state");
    str_add_format(out, "%s\n", meaning(summary));
    write_bytes(summary, out);
    write_counts(summary, out);
    write_attempts(summary, out);
    write_receipt(summary, out);
}
