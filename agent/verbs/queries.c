#include "agent/base/clock.h"
#include "agent/queries_document.h"
#include "agent/verbs/collect.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/permission.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>
#include <string.h>

static bool write_sql(const struct queries *queries, struct str *out, struct error *err)
{
    (void)err;
    queries_write_sql(queries, out);
    str_add_format(
        out, "-- %s asked of no database.\n",
        figure_of(queries->arena, queries_without_sql(queries), "metric is", "metrics are"));
    return true;
}

static void describe_all(const struct collect_request *request, struct queries *queries)
{
    struct arena *arena = request->call->arena;
    struct collected chosen = {0};
    struct source_context context;

    collect_metrics(request, &chosen);
    if (chosen.not_permitted > 0)
        verb_say(request->call, "%s of categories that are not permitted: left out.",
                 figure_of(arena, chosen.not_permitted, "metric is", "metrics are"));
    collection_context(request->settings, request->catalog, &context);
    context.recorded_at = now_wall_us() / US_PER_SECOND;
    queries_describe(queries, arena, &context, chosen.metrics, chosen.count);
}

static int write_queries(const struct queries *queries, const char *format)
{
    static const struct {
        const char *name;
        bool (*write)(const struct queries *queries, struct str *out, struct error *err);
    } formats[] = {{"json", queries_write_json}, {"yaml", queries_write_yaml}, {"sql", write_sql}};
    int code = EXIT_DONE;
    struct error err;
    struct str out;

    str_init(&out);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && code == EXIT_DONE; i++)
        if (strcmp(format, formats[i].name) == 0 && !formats[i].write(queries, &out, &err))
            code = verb_failed(EXIT_SETTINGS, "%s", err.text);
    if (code == EXIT_DONE)
        (void)fwrite(out.text, 1, out.length, stdout);
    str_release(&out);
    return code;
}

int verb_queries(struct verb_call *call)
{
    const char *format = verb_option(call, "--format");
    struct selection selection;
    struct settings settings;
    struct catalog catalog;
    struct queries queries;
    const struct collect_request request = {
        .call = call, .settings = &settings, .catalog = &catalog, .selection = &selection};

    if (!selection_read(call, &selection) || !verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    if (!verb_settings(call, &settings) || !verb_catalog(call, &settings, &catalog))
        return EXIT_SETTINGS;
    permission_assume(&settings);
    describe_all(&request, &queries);
    return write_queries(&queries, format != NULL ? format : "json");
}
