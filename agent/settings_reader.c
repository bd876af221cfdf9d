#include "agent/settings_reader.h"

#include "agent/base/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DATABASES "databases.NAME."

static const char certificate_pair[] =
    "`client_certificate` and `client_key` must be given both, or neither";

static bool is_of_database(const struct setting *row)
{
    return strncmp(row->key, DATABASES, strlen(DATABASES)) == 0;
}

static void fault(struct settings_reader *reader, int line, const char *key, const char *text)
{
    complain(reader->complaints, reader->file, line, key, "%s", text);
}

/* A fresh database has its own defaults, so `base` may be one or the settings as a whole. */
static void set_default(struct settings_reader *reader, const struct setting *row, void *base)
{
    struct error err = {0};
    bool done;

    if (row->fallback == NULL)
        return;
    done = setting_read(row, setting_node(row, row->fallback, reader->scope.arena), &reader->scope,
                        base, &err);
    if (!done)
        fault(reader, 0, row->key, err.text);
}

static void set_defaults(struct settings_reader *reader, bool of_database, void *base)
{
    for (const struct setting *row = settings_table; row->key != NULL; row++)
        if (is_of_database(row) == of_database)
            set_default(reader, row, base);
}

void settings_reader_begin(struct settings_reader *reader)
{
    set_defaults(reader, false, reader->settings);
}

/* An empty value leaves what is there, but where null is a choice of its own. */
static bool says_nothing(const struct setting *row, const struct doc_node *node)
{
    return doc_is_null(node) &&
           (row->type != SETTING_CHOICE || words_find(row->choices, node->text) < 0);
}

static void take(struct settings_reader *reader, const struct setting *row, void *base,
                 const struct doc_node *node, const char *key)
{
    struct error err = {0};

    if (says_nothing(row, node))
        return;
    if (!setting_read(row, node, &reader->scope, base, &err))
        fault(reader, node->line, key, err.text);
    else if (row->named_offset != 0)
        *(bool *)((char *)reader->settings + row->named_offset) = true;
}

/* Databases */

static struct database_settings *find_database(struct settings_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->settings->sources.database_count; i++)
        if (strcmp(reader->databases[i].name, name) == 0)
            return &reader->databases[i];
    return NULL;
}

static struct database_settings *database_named(struct settings_reader *reader, const char *name,
                                                int line)
{
    struct source_settings *sources = &reader->settings->sources;
    struct database_settings *database = find_database(reader, name);
    size_t count = sources->database_count;

    if (database != NULL)
        return database;
    reader->databases =
        arena_grow(reader->scope.arena, reader->databases, count, sizeof(reader->databases[0]));
    reader->origins =
        arena_grow(reader->scope.arena, reader->origins, count, sizeof(reader->origins[0]));
    database = &reader->databases[count];
    name = arena_copy(reader->scope.arena, name);
    *database = (struct database_settings){.name = name, .config.name = name};
    reader->origins[count] = (struct database_origin){.file = reader->file, .line = line};
    sources->databases = reader->databases;
    sources->database_count++;
    set_defaults(reader, true, database);
    return database;
}

static void take_for_database(struct settings_reader *reader, const struct setting *row,
                              struct database_settings *database, const struct doc_node *node,
                              const char *key)
{
    bool is_conninfo = row->offset == offsetof(struct database_settings, config.conninfo);

    if (is_conninfo && !doc_is_null(node))
        reader->origins[database - reader->databases].has_conninfo = true;
    take(reader, row, database, node, key);
}

static bool is_database_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-";

    return name[0] != '\0' && strspn(name, allowed) == strlen(name);
}

/* What people may have meant: a whole key, or (at the top) a section. */
static const char *candidate(const struct setting *row, const char *key, const char *database,
                             struct arena *arena)
{
    if (strchr(key, '.') == NULL)
        return arena_copy_bytes(arena, row->key, strcspn(row->key, "."));
    if (is_of_database(row) && database != NULL)
        return arena_format(arena, "databases.%s.%s", database, row->key + strlen(DATABASES));
    return row->key;
}

/* `database` is the name of the one that the key is of; NULL: of none. */
static void fault_unknown(struct settings_reader *reader, int line, const char *key,
                          const char *database)
{
    struct arena *arena = reader->scope.arena;
    struct nearest nearest;

    nearest_init(&nearest, key);
    for (const struct setting *row = settings_table; row->key != NULL; row++)
        if (!row->environment_only)
            nearest_try(&nearest, candidate(row, key, database, arena));
    complain(reader->complaints, reader->file, line, key, "there is no such setting%s",
             nearest_hint(&nearest, arena));
}

/* `section` ends with a dot, or is "" for the keys at the top. A name with dots is nobody's. */
static const struct setting *find_row(const char *section, const char *name)
{
    size_t length = strlen(section);

    if (strchr(name, '.') != NULL)
        return NULL;
    for (const struct setting *row = settings_table; row->key != NULL; row++)
        if (strncmp(row->key, section, length) == 0 && strcmp(row->key + length, name) == 0)
            return row;
    return NULL;
}

static bool expect_map(struct settings_reader *reader, const struct doc_node *node, const char *key)
{
    if (node->kind == DOC_MAP)
        return true;
    if (!doc_is_null(node))
        fault(reader, node->line, key, "this must be a map of keys and values");
    return false;
}

static void take_database(struct settings_reader *reader, const struct doc_node *node)
{
    struct arena *arena = reader->scope.arena;
    const char *path = arena_format(arena, "databases.%s", node->key);
    struct database_settings *database;

    if (!is_database_name(node->key)) {
        fault(reader, node->line, path,
              "the name of a database may hold only letters, digits, _ and -");
        return;
    }
    if (!expect_map(reader, node, path) && !doc_is_null(node))
        return;
    database = database_named(reader, node->key, node->line);
    for (const struct doc_node *child = node->first; child != NULL; child = child->next) {
        const struct setting *row = find_row(DATABASES, child->key);
        const char *key = arena_format(arena, "%s.%s", path, child->key);

        if (row != NULL)
            take_for_database(reader, row, database, child, key);
        else
            fault_unknown(reader, child->line, key, node->key);
    }
}

static void take_databases(struct settings_reader *reader, const struct doc_node *node)
{
    if (!expect_map(reader, node, "databases"))
        return;
    for (const struct doc_node *child = node->first; child != NULL; child = child->next)
        take_database(reader, child);
}

/* Facts */

static void take_fact(struct settings_reader *reader, const char *name,
                      const struct doc_node *value)
{
    struct source_settings *sources = &reader->settings->sources;
    size_t i = 0;

    if (value->kind == DOC_LIST) {
        fault(reader, value->line, arena_format(reader->scope.arena, "facts.%s", name),
              "a fact is a text, a number, true or false, or a map, but no list");
        return;
    }
    while (i < sources->fact_count && strcmp(reader->facts[i].name, name) != 0)
        i++;
    if (i == sources->fact_count) {
        reader->facts = arena_grow(reader->scope.arena, reader->facts, i, sizeof(reader->facts[0]));
        sources->facts = reader->facts;
        sources->fact_count++;
    }
    reader->facts[i] = (struct fact){name, value};
}

static void take_facts(struct settings_reader *reader, const struct doc_node *node)
{
    if (!expect_map(reader, node, "facts"))
        return;
    for (const struct doc_node *child = node->first; child != NULL; child = child->next)
        take_fact(reader, child->key, child);
}

/* Documents */

static void take_in_section(struct settings_reader *reader, const char *section,
                            const struct doc_node *node)
{
    const struct setting *row = find_row(section, node->key);
    const char *key = arena_format(reader->scope.arena, "%s%s", section, node->key);

    if (row == NULL)
        fault_unknown(reader, node->line, key, NULL);
    else if (row->environment_only)
        fault(reader, node->line, key,
              "a password may not stand here: use `password_file`, or the environment");
    else
        take(reader, row, reader->settings, node, key);
}

static bool is_section(const char *prefix)
{
    for (const struct setting *row = settings_table; row->key != NULL; row++)
        if (strncmp(row->key, prefix, strlen(prefix)) == 0)
            return true;
    return false;
}

static void take_top(struct settings_reader *reader, const struct doc_node *node)
{
    const char *prefix = arena_format(reader->scope.arena, "%s.", node->key);

    if (strchr(node->key, '.') != NULL) {
        fault(reader, node->line, node->key,
              "keys stand below each other, without dots, as in redis: {timeout: 5s}");
    } else if (strcmp(node->key, "databases") == 0) {
        take_databases(reader, node);
    } else if (strcmp(node->key, "facts") == 0) {
        take_facts(reader, node);
    } else if (!is_section(prefix)) {
        take_in_section(reader, "", node);
    } else if (expect_map(reader, node, node->key)) {
        for (const struct doc_node *child = node->first; child != NULL; child = child->next)
            take_in_section(reader, prefix, child);
    }
}

void settings_reader_document(struct settings_reader *reader, const struct doc_node *root)
{
    if (root->kind != DOC_MAP) {
        fault(reader, root->line, NULL, "a file of settings is a map of keys and values");
        return;
    }
    for (const struct doc_node *child = root->first; child != NULL; child = child->next)
        take_top(reader, child);
}

/* The environment */

/* "endpoint.url" -> "ENDPOINT_URL" */
static char *variable_of(const char *key, struct arena *arena)
{
    char *name = arena_copy(arena, key);

    for (char *c = name; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    return name;
}

static char *lower_case(const char *text, size_t length, struct arena *arena)
{
    char *copy = arena_copy_bytes(arena, text, length);

    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* The database that a file has named so, in any case and with - for _, or the name itself. */
static const char *database_name(const struct settings_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->settings->sources.database_count; i++) {
        const char *known = reader->databases[i].name;

        if (strcmp(variable_of(known, reader->scope.arena),
                   variable_of(name, reader->scope.arena)) == 0)
            return known;
    }
    return name;
}

/* Whether `name` is DATABASES_..._ and the end of the row's key; then the middle is the name. */
static bool take_database_variable(struct settings_reader *reader, const struct setting *row,
                                   const char *name, const struct doc_node *node)
{
    static const char prefix[] = "DATABASES_";
    struct arena *arena = reader->scope.arena;
    const char *end = variable_of(row->key + strlen(DATABASES) - 1, arena);
    size_t length = strlen(name), around = strlen(prefix) + strlen(end);
    const char *database;

    if (length <= around || strncmp(name, prefix, strlen(prefix)) != 0 ||
        strcmp(name + length - strlen(end), end) != 0)
        return false;
    database = database_name(reader, lower_case(name + strlen(prefix), length - around, arena));
    if (is_database_name(database))
        take_for_database(reader, row, database_named(reader, database, 0), node,
                          arena_format(arena, "SERVICE_PING_%s", name));
    return is_database_name(database);
}

static bool take_variable(struct settings_reader *reader, const struct setting *row,
                          const char *name, const char *value)
{
    struct arena *arena = reader->scope.arena;
    struct doc_node *node = setting_node(row, value, arena);

    if (is_of_database(row))
        return take_database_variable(reader, row, name, node);
    if (row->type == SETTING_FACTS) {
        if (strncmp(name, "FACTS_", 6) != 0 || name[6] == '\0')
            return false;
        take_fact(reader, lower_case(name + 6, strlen(name + 6), arena), node);
        return true;
    }
    if (strcmp(variable_of(row->key, arena), name) != 0)
        return false;
    take(reader, row, reader->settings, node, arena_format(arena, "SERVICE_PING_%s", name));
    return true;
}

void settings_reader_variable(struct settings_reader *reader, const char *name, const char *value)
{
    struct arena *arena = reader->scope.arena;
    struct nearest nearest;

    nearest_init(&nearest, name);
    for (const struct setting *row = settings_table; row->key != NULL; row++) {
        if (take_variable(reader, row, name, value))
            return;
        nearest_try(&nearest, variable_of(row->key, arena));
    }
    if (nearest.found != NULL)
        nearest.found = arena_format(arena, "SERVICE_PING_%s", nearest.found);
    complain(reader->complaints, NULL, 0, arena_format(arena, "SERVICE_PING_%s", name),
             "no setting has this variable%s", nearest_hint(&nearest, arena));
}

/* The end */

static void settle_databases(struct settings_reader *reader)
{
    for (size_t i = 0; i < reader->settings->sources.database_count; i++) {
        struct database_settings *database = &reader->databases[i];
        const struct database_origin *origin = &reader->origins[i];

        if (database->duty == 0)
            database->duty = database->role == DATABASE_REPLICA ? 1 : 0.2;
        if (!origin->has_conninfo)
            complain(reader->complaints, origin->file, origin->line,
                     arena_format(reader->scope.arena, "databases.%s", database->name),
                     "this database needs `conninfo`, which says how to reach it");
    }
}

static void settle_redis(struct settings_reader *reader)
{
    const struct redis_config *redis = &reader->settings->sources.redis;
    bool has_files =
        redis->ca_file != NULL || redis->client_certificate != NULL || redis->server_name != NULL;
    const struct {
        bool wrong;
        const char *says;
    } rules[] = {
        {(redis->sentinel_count > 0) != (redis->sentinel_master != NULL),
         "`sentinels` and `sentinel_master`, the name of what they watch, must be given both, or "
         "neither"},
        {redis->sentinel_count > 0 && redis->address != NULL,
         "either `address` or `sentinels` says where Redis is, not both"},
        {redis->tls && redis->address != NULL && strchr(redis->address, '/') != NULL,
         "there is no TLS on a unix socket: leave `tls` out, or give `address` as host:port"},
        {!redis->tls && has_files,
         "`ca_file`, `client_certificate` and `server_name` are for `tls: true` only"},
        {(redis->client_certificate != NULL) != (redis->client_key != NULL), certificate_pair},
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].wrong)
            fault(reader, 0, "redis", rules[i].says);
}

void settings_reader_end(struct settings_reader *reader)
{
    const struct http_config *http = &reader->settings->http;

    settle_databases(reader);
    reader->file = NULL;
    settle_redis(reader);
    if ((http->client_certificate != NULL) != (http->client_key != NULL))
        fault(reader, 0, "endpoint", certificate_pair);
}
