#include "agent/settings.h"

#include "agent/settings_table.h"
#include "agent/settings_value.h"

#include <string.h>

#define DATABASES "databases.NAME."

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot != NULL ? dot + 1 : key;
}

static void write_row(const struct setting *row, const void *base, unsigned depth, struct str *out)
{
    str_add_format(out, "%*s%s:", (int)(2 * depth), "", last_part(row->key));
    setting_write(row, base, depth, out);
}

static void write_name(const char *name, unsigned depth, struct str *out)
{
    str_add_format(out, "%*s", (int)(2 * depth), "");
    setting_write_text(name, out);
    str_add(out, ":");
}

static void write_databases(const struct source_settings *sources, const struct setting *first,
                            struct str *out)
{
    str_add(out, sources->database_count > 0 ? "databases:\n" : "databases: {}\n");
    for (size_t i = 0; i < sources->database_count; i++) {
        const struct database_settings *database = &sources->databases[i];

        write_name(database->name, 1, out);
        str_add(out, "\n");
        for (const struct setting *row = first; row->key != NULL; row++)
            if (strncmp(row->key, DATABASES, strlen(DATABASES)) == 0)
                write_row(row, database, 2, out);
    }
}

static void write_facts(const struct source_settings *sources, struct str *out)
{
    str_add(out, sources->fact_count > 0 ? "facts:\n" : "facts: {}\n");
    for (size_t i = 0; i < sources->fact_count; i++) {
        const struct doc_node *value = sources->facts[i].value;

        write_name(sources->facts[i].name, 1, out);
        str_add(out, value->kind == DOC_MAP && value->count > 0 ? "\n" : " ");
        doc_write_yaml(value, 2, out);
    }
}

/* Whether two keys stand in one section: "redis.address", "redis.user". */
static bool share_section(const char *a, const char *b)
{
    size_t length = strcspn(a, ".");

    return a[length] == '.' && strncmp(a, b, length + 1) == 0;
}

static void write_section(const struct settings *settings, const struct setting *row,
                          const struct setting *before, struct str *out)
{
    bool inside = strchr(row->key, '.') != NULL;

    if (inside && (before == NULL || !share_section(row->key, before->key)))
        str_add_format(out, "%.*s:\n", (int)strcspn(row->key, "."), row->key);
    write_row(row, settings, inside ? 1 : 0, out);
}

void settings_print(const struct settings *settings, struct str *out)
{
    const struct setting *before = NULL;

    for (const struct setting *row = settings_table; row->key != NULL; before = row++) {
        bool first = before == NULL || !share_section(row->key, before->key);

        if (row->type == SETTING_FACTS)
            write_facts(&settings->sources, out);
        else if (strncmp(row->key, DATABASES, strlen(DATABASES)) != 0 && !row->environment_only)
            write_section(settings, row, before, out);
        else if (!row->environment_only && first)
            write_databases(&settings->sources, row, out);
    }
    if (settings->sources.redis.password != NULL)
        str_add(out, "# redis.password: \"********\", from the environment\n");
}

void settings_write_table(struct str *out)
{
    str_add(out, "| key | type | default | meaning |\n|---|---|---|---|\n");
    for (const struct setting *row = settings_table; row->key != NULL; row++) {
        str_add_format(out, "| `%s` | ", row->key);
        setting_describe(row, out);
        str_add(out, " | ");
        if (row->fallback_note != NULL)
            str_add(out, row->fallback_note);
        else if (row->fallback != NULL)
            str_add_format(out, "`%s`", row->fallback);
        str_add_format(out, " | %s |\n", row->help);
    }
}
