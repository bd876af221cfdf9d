#include "agent/verbs/doctor.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/delivery.h"
#include "agent/io/db.h"
#include "agent/io/redis.h"
#include "agent/verbs/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIMEOUT_MS = 10000 };

/* Which definitions name a relation: options.relation and those of its joins. */

static void add_relation(const struct doc_node *name, struct js_writer *writer)
{
    struct str quoted;

    if (name == NULL || name->kind != DOC_SCALAR || name->text[0] == '\0')
        return;
    str_init(&quoted);
    db_quote_name(name->text, &quoted);
    js_put_text(writer, NULL, quoted.text);
    str_release(&quoted);
}

void doctor_relations(const struct catalog *catalog, struct str *out)
{
    struct js_writer writer;

    js_begin(&writer, out, false);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct doc_node *options = catalog->metrics[i]->definition->options;
        const struct doc_node *joins = doc_get(options, "joins");

        add_relation(doc_get(options, "relation"), &writer);
        for (const struct doc_node *join = joins != NULL ? joins->first : NULL; join != NULL;
             join = join->next)
            add_relation(doc_get(join, "relation"), &writer);
    }
    js_close_list(&writer);
}

/* Databases, one after the other. */

static const char facts_sql[] =
    "SELECT current_setting('server_version')::text, current_user::text,\n"
    "  CASE WHEN inet_server_addr() IS NULL THEN 'over a unix socket'\n"
    "    WHEN s.ssl THEN 'over TCP with ' || s.version ELSE 'over TCP without TLS' END::text,\n"
    "  CASE WHEN pg_is_in_recovery() THEN 'a replica' ELSE 'a primary' END::text,\n"
    "  (current_setting('is_superuser') = 'on')::boolean,\n"
    "  (extract(epoch FROM clock_timestamp()) * 1000000)::bigint\n"
    "FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()";

static const char relations_sql[] =
    "SELECT count(*)::bigint,\n"
    "  count(*) FILTER (WHERE has_table_privilege(found, 'SELECT'))::bigint,\n"
    "  coalesce(string_agg(found::text, ', ' ORDER BY found::text)\n"
    "    FILTER (WHERE NOT has_table_privilege(found, 'SELECT')), '')::text\n"
    "FROM (SELECT DISTINCT to_regclass(name) AS found\n"
    "  FROM jsonb_array_elements_text($1::text::jsonb) AS name) named\n"
    "WHERE found IS NOT NULL";

static const char *database_name(const struct doctor *doctor)
{
    return arena_format(doctor->call->arena, "database %s",
                        doctor->settings.sources.databases[doctor->database].name);
}

static void next_database(struct doctor *doctor)
{
    db_free(doctor->db);
    doctor->db = NULL;
    str_clear(&doctor->sentence);
    doctor->database++;
    doctor_databases(doctor);
}

static void database_failed(struct doctor *doctor, const struct error *err)
{
    enum finding finding = err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT
                               ? FINDING_UNREACHABLE
                               : FINDING_WRONG;

    doctor_says(doctor, finding, database_name(doctor), "%s", err->text);
    next_database(doctor);
}

static void relations_counted(const struct db_result *result, const struct error *err, void *arg)
{
    struct doctor *doctor = arg;
    int64_t here = 0, readable = 0;
    const char *unreadable;
    struct error bad;
    size_t length;

    if (err != NULL || !db_integer(result, 0, 0, &here, &bad) ||
        !db_integer(result, 0, 1, &readable, &bad)) {
        database_failed(doctor, err != NULL ? err : &bad);
        return;
    }
    unreadable = db_bytes(result, 0, 2, &length);
    if (readable < here)
        doctor_says(
            doctor, FINDING_WRONG, database_name(doctor),
            "%s; %" PRId64 " of %" PRId64 " relations of the definitions cannot be read. "
            "GRANT SELECT ON %s TO the role; 'service-ping grants' prints all that it takes.",
            doctor->sentence.text, here - readable, here, unreadable);
    else
        doctor_says(doctor, FINDING_FINE, database_name(doctor),
                    "%s; all %" PRId64 " relations that it has of the definitions can be read.",
                    doctor->sentence.text, here);
    next_database(doctor);
}

static void count_relations(struct doctor *doctor)
{
    struct db_statement statement = {
        .sql = relations_sql, .param_count = 1, .timeout_ms = TIMEOUT_MS};
    const char *params[1];
    struct str names;

    str_init(&names);
    doctor_relations(&doctor->catalog, &names);
    params[0] = names.text;
    statement.params = params;
    (void)db_query(doctor->db, &statement, relations_counted, doctor);
    str_release(&names);
}

static void facts_read(const struct db_result *result, const struct error *err, void *arg)
{
    struct doctor *doctor = arg;
    int64_t superuser = 0, wall_us = 0;
    struct error bad;
    size_t length;

    if (err != NULL || !db_integer(result, 0, 4, &superuser, &bad) ||
        !db_integer(result, 0, 5, &wall_us, &bad)) {
        database_failed(doctor, err != NULL ? err : &bad);
        return;
    }
    str_add_format(&doctor->sentence, "PostgreSQL %s, %s, %s", db_bytes(result, 0, 0, &length),
                   db_bytes(result, 0, 3, &length), db_bytes(result, 0, 2, &length));
    str_add_format(&doctor->sentence, ", as role %s%s", db_bytes(result, 0, 1, &length),
                   superuser != 0 ? " (a superuser: one with SELECT alone is enough)" : "");
    if (doctor->clock_of == NULL) {
        doctor->clock_of = database_name(doctor);
        doctor->ahead_us = now_wall_us() - wall_us;
    }
    count_relations(doctor);
}

void doctor_databases(struct doctor *doctor)
{
    const struct source_settings *sources = &doctor->settings.sources;
    const struct db_statement statement = {.sql = facts_sql, .timeout_ms = TIMEOUT_MS};

    if (sources->database_count == 0)
        doctor_says(doctor, FINDING_FINE, "databases",
                    "none is configured; metrics of databases are 'off'.");
    if (doctor->database >= sources->database_count) {
        doctor_next(doctor);
        return;
    }
    doctor->db = db_new(doctor->loop, &sources->databases[doctor->database].config);
    (void)db_query(doctor->db, &statement, facts_read, doctor);
}

/* Redis. */

static const char *redis_version(struct arena *arena, const char *info)
{
    const char *line = strstr(info, "redis_version:");

    if (line == NULL)
        return "of an unknown version";
    line += strlen("redis_version:");
    return arena_format(arena, "%.*s", (int)strcspn(line, "\r\n"), line);
}

static void redis_answered(const struct redis_reply *reply, const struct error *err, void *arg)
{
    struct doctor *doctor = arg;
    const char *address = redis_server(doctor->redis);
    size_t length;

    /* Who may not ask INFO has reached Redis all the same, and got in. */
    if (err == NULL)
        doctor_says(doctor, FINDING_FINE, "redis", "Redis %s at %s.",
                    redis_version(doctor->call->arena, redis_text(reply, &length)), address);
    else if (err->kind == ERROR_DENIED && strstr(err->text, "NOPERM") != NULL)
        doctor_says(doctor, FINDING_FINE, "redis",
                    "it answers at %s; its version may not be asked (NOPERM).", address);
    else
        doctor_says(doctor,
                    err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT
                        ? FINDING_UNREACHABLE
                        : FINDING_WRONG,
                    "redis", "%s", err->text);
    doctor_next(doctor);
}

void doctor_redis(struct doctor *doctor)
{
    static const char *const info[] = {"INFO", "server"};

    if (!redis_is_configured(&doctor->settings.sources.redis)) {
        doctor_says(doctor, FINDING_FINE, "redis",
                    "none is configured; metrics of Redis and of events are 'off'.");
        doctor_next(doctor);
        return;
    }
    doctor->redis = redis_new(doctor->loop, &doctor->settings.sources.redis);
    (void)redis_command(doctor->redis, 2, info, NULL, redis_answered, doctor);
}

/* The endpoint. */

/* Its clock is the one that pings are compared by. */
static void note_date(struct doctor *doctor, const char *date)
{
    struct tm utc = {0};
    const char *end = date != NULL ? strptime(date, "%a, %d %b %Y %H:%M:%S", &utc) : NULL;

    if (end == NULL)
        return;
    doctor->clock_of = "the endpoint";
    doctor->ahead_us = now_wall_us() - (int64_t)timegm(&utc) * US_PER_SECOND;
}

/* What is worth knowing of the way that pings take. */
static const char *say_protocol(struct doctor *doctor)
{
    const struct settings *settings = &doctor->settings;
    struct arena *arena = doctor->call->arena;
    const char *form = "";

    if (settings->protocol != PROTOCOL_GITLAB)
        return "";
    if (settings->payload_form != PAYLOAD_GITLAB)
        form = " An endpoint of GitLab's own wants 'payload.fallback: -1', too.";
    return arena_format(arena, " Pings are posted to %s, in GitLab's protocol.%s",
                        figure_url(arena, delivery_url(settings, arena)), form);
}

static void endpoint_answered(const struct http_response *response, const struct error *err,
                              void *arg)
{
    struct doctor *doctor = arg;
    const char *endpoint = doctor->settings.endpoint;
    const char *url = figure_url(doctor->call->arena, endpoint);
    bool secure = strncmp(endpoint, "https:", strlen("https:")) == 0;

    if (err != NULL) {
        doctor_says(doctor, FINDING_UNREACHABLE, "endpoint", "%s", err->text);
    } else {
        doctor_says(doctor, FINDING_FINE, "endpoint", "%s answers (HTTP %d to a GET), %s.%s", url,
                    response->status,
                    secure ? "over TLS with a certificate that was verified" : "without TLS",
                    say_protocol(doctor));
        note_date(doctor, response->date);
    }
    doctor_next(doctor);
}

void doctor_endpoint(struct doctor *doctor)
{
    const struct settings *settings = &doctor->settings;
    struct http_request request = {.method = "GET", .url = settings->endpoint};
    bool needed = settings->consent == CONSENT_ON;

    if (settings->endpoint == NULL) {
        doctor_says(doctor, needed ? FINDING_WRONG : FINDING_FINE, "endpoint",
                    "none is configured, so nothing can be sent%s",
                    needed ? ", although consent is 'on'. Set endpoint.url." : ".");
        doctor_next(doctor);
        return;
    }
    doctor->http = http_client_new(doctor->loop, &settings->http);
    (void)http_send(doctor->http, &request, endpoint_answered, doctor);
}
