#include "agent/verbs/grants.h"

#include "agent/base/json.h"
#include "agent/io/db_conninfo.h"
#include "agent/io/loop.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000 };

/* ---- What is read ---- */

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void add_text(struct grants *grants, const char ***texts, size_t *count, const char *text)
{
    *texts = arena_grow(grants->arena, *texts, *count, sizeof(**texts));
    (*texts)[(*count)++] = text;
}

static void add_reader(struct grants *grants, const struct description *description)
{
    struct grants_reader *reader;

    grants->readers =
        arena_grow(grants->arena, grants->readers, grants->reader_count, sizeof(*reader));
    reader = &grants->readers[grants->reader_count++];
    *reader = (struct grants_reader){
        .home = description->anywhere ? NULL : description->service,
        .reads = description->reads,
        .read_count = description->read_count,
    };
    for (size_t i = 0; i < reader->read_count; i++)
        add_text(grants, &grants->names, &grants->name_count, reader->reads[i]);
}

static void note_metric(struct grants *grants, const struct metric *metric,
                        const struct source_context *context)
{
    struct description description = {0};

    if (metric->source == NULL || metric->spec == NULL)
        return;
    metric->source->describe(metric, context, grants->arena, &description);
    if (strcmp(metric->source->name, "database") == 0) {
        add_reader(grants, &description);
        return;
    }
    for (size_t i = 0; i < description.read_count; i++)
        add_text(grants, &grants->patterns, &grants->pattern_count, description.reads[i]);
}

static void sort_names(struct grants *grants)
{
    size_t kept = 0;

    if (grants->name_count > 0)
        qsort(grants->names, grants->name_count, sizeof(grants->names[0]), compare_texts);
    for (size_t i = 0; i < grants->name_count; i++)
        if (kept == 0 || strcmp(grants->names[kept - 1], grants->names[i]) != 0)
            grants->names[kept++] = grants->names[i];
    grants->name_count = kept;
}

static void note_metrics(struct grants *grants, const struct collect_request *request)
{
    struct collected chosen = {0};
    struct source_context context;

    collect_metrics(request, &chosen);
    collection_context(request->settings, request->catalog, &context);
    for (size_t i = 0; i < chosen.count; i++)
        note_metric(grants, chosen.metrics[i], &context);
    sort_names(grants);
}

/* ---- What is there ---- */

/* Where a role of its own would look: in what the session sees, otherwise in public. */
static const char catalog_sql[] =
    "SELECT wanted.place::bigint, current_database()::text, found.nspname::text,\n"
    "  found.relname::text\n"
    "FROM jsonb_array_elements_text($1::text::jsonb) WITH ORDINALITY AS wanted(name, place)\n"
    "LEFT JOIN LATERAL (SELECT n.nspname, c.relname FROM pg_catalog.pg_class c\n"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
    "  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')\n"
    "    AND c.relname = substr(wanted.name, strpos(wanted.name, '.') + 1)\n"
    "    AND CASE WHEN strpos(wanted.name, '.') > 0\n"
    "      THEN n.nspname = split_part(wanted.name, '.', 1)\n"
    "      ELSE pg_catalog.pg_table_is_visible(c.oid) OR n.nspname = 'public' END\n"
    "  ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC LIMIT 1) found ON true";

static const char *text_at(const struct grants_database *database, const struct db_result *result,
                           int row, int column)
{
    size_t length;

    return db_is_null(result, row, column)
               ? NULL
               : arena_copy(database->grants->arena, db_bytes(result, row, column, &length));
}

static bool take_rows(struct grants_database *database, const struct db_result *result,
                      struct error *err)
{
    for (int row = 0; row < db_rows(result); row++) {
        struct grants_found *found;
        int64_t place;

        if (!db_integer(result, row, 0, &place, err))
            return false;
        if (place < 1 || (size_t)place > database->grants->name_count)
            return error_set(err, ERROR_INVALID, "the catalog names a relation not asked for");
        found = &database->found[place - 1];
        database->name = text_at(database, result, row, 1);
        found->schema = text_at(database, result, row, 2);
        found->name = text_at(database, result, row, 3);
        found->is_system =
            found->schema != NULL && (strcmp(found->schema, "pg_catalog") == 0 ||
                                      strcmp(found->schema, "information_schema") == 0);
    }
    return true;
}

static void catalog_came(const struct db_result *result, const struct error *err, void *arg)
{
    struct grants_database *database = arg;

    if (err != NULL)
        database->err = *err;
    else
        database->read = take_rows(database, result, &database->err);
    if (--database->grants->unanswered == 0)
        loop_stop(database->grants->loop);
}

static void interrupted(void *arg)
{
    loop_stop(arg);
}

static void ask(struct grants *grants, const char *names)
{
    const struct db_statement statement = {
        .sql = catalog_sql, .params = &names, .param_count = 1, .timeout_ms = TIMEOUT_MS};

    grants->loop = loop_new();
    loop_on_signal(grants->loop, SIGINT, interrupted, grants->loop);
    loop_on_signal(grants->loop, SIGTERM, interrupted, grants->loop);
    grants->unanswered = grants->database_count;
    for (size_t i = 0; i < grants->database_count; i++) {
        struct grants_database *database = &grants->databases[i];

        database->db = db_new(grants->loop, &database->settings->config);
        (void)db_query(database->db, &statement, catalog_came, database);
    }
    if (grants->unanswered > 0)
        loop_run(grants->loop);
    for (size_t i = 0; i < grants->database_count; i++)
        db_free(grants->databases[i].db);
    loop_free(grants->loop);
}

static void ask_catalogs(struct grants *grants)
{
    struct js_writer writer;
    struct str names;

    grants->database_count = grants->settings->database_count;
    grants->databases =
        ARENA_ARRAY(grants->arena, struct grants_database, grants->database_count + 1);
    for (size_t i = 0; i < grants->database_count; i++) {
        const struct database_settings *settings = &grants->settings->databases[i];

        grants->databases[i] = (struct grants_database){
            .settings = settings,
            .grants = grants,
            .name = db_conninfo_database(settings->config.conninfo, grants->arena),
            .found = ARENA_ARRAY(grants->arena, struct grants_found, grants->name_count + 1),
        };
    }
    str_init(&names);
    js_begin(&writer, &names, false);
    js_open_list(&writer, NULL);
    for (size_t i = 0; i < grants->name_count; i++)
        js_put_text(&writer, NULL, grants->names[i]);
    js_close_list(&writer);
    ask(grants, names.text);
    str_release(&names);
}

/* ---- Who reads what where ---- */

static struct grants_found *found_in(const struct grants_database *database, const char *name)
{
    const struct grants *grants = database->grants;
    const char **at =
        bsearch(&name, grants->names, grants->name_count, sizeof(grants->names[0]), compare_texts);

    return &database->found[at - grants->names];
}

static size_t count_there(const struct grants_database *database,
                          const struct grants_reader *reader)
{
    size_t there = 0;

    for (size_t i = 0; i < reader->read_count; i++)
        there += found_in(database, reader->reads[i])->name != NULL ? 1 : 0;
    return there;
}

static bool is_home(const struct grants_database *database, const struct grants_reader *reader)
{
    const char *home = reader->home;

    return home == NULL ||
           (strncmp(home, "database ", 9) == 0 && strcmp(home + 9, database->settings->name) == 0);
}

static void want(struct grants_database *database, const struct grants_reader *reader)
{
    for (size_t i = 0; i < reader->read_count; i++)
        found_in(database, reader->reads[i])->wanted = true;
}

/* As a run chooses: the first database that has all that is read, otherwise the first with most of
 * it. One that was not asked may be the one, unless an earlier one has all. */
static void assign(struct grants *grants, const struct grants_reader *reader)
{
    struct grants_database *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < grants->database_count && (best == NULL || most < reader->read_count);
         i++) {
        struct grants_database *database = &grants->databases[i];
        size_t there = count_there(database, reader);

        if (!is_home(database, reader))
            continue;
        if (!database->read)
            want(database, reader);
        if (database->read && (best == NULL || there > most)) {
            best = database;
            most = there;
        }
    }
    if (best != NULL)
        want(best, reader);
}

/* ---- All of it ---- */

static bool check_role(const char *role)
{
    bool good = role[0] != '\0' && strlen(role) < 64;

    for (const char *at = role; *at != '\0'; at++)
        good = good && (unsigned char)*at >= ' ';
    return good;
}

static void print(struct grants *grants)
{
    struct str out;

    str_init(&out);
    grants_write(grants, &out);
    (void)fputs(out.text, stdout);
    str_release(&out);
}

int verb_grants(struct verb_call *call)
{
    const char *role = verb_option(call, "--role");
    struct grants grants = {.arena = call->arena, .role = role != NULL ? role : GRANTS_USUAL_ROLE};
    struct settings settings;
    struct catalog catalog;
    const struct collect_request request = {
        .call = call, .settings = &settings, .catalog = &catalog};

    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!check_role(grants.role))
        return verb_failed(EXIT_USAGE, "A role's name is 1 to 63 printable signs.");
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    permission_assume(&settings);
    grants.settings = &settings.sources;
    note_metrics(&grants, &request);
    ask_catalogs(&grants);
    if (grants.unanswered > 0)
        return verb_failed(EXIT_DEFERRED, "Interrupted.");
    for (size_t i = 0; i < grants.reader_count; i++)
        assign(&grants, &grants.readers[i]);
    for (size_t i = 0; i < grants.database_count; i++)
        if (!grants.databases[i].read)
            verb_say(call, "service-ping: %s; all relations are named.",
                     grants.databases[i].err.text);
    print(&grants);
    return EXIT_DONE;
}
