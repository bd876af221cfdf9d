#include "agent/verbs/grants.h"

#include "agent/verbs/figures.h"

#include <stdlib.h>
#include <string.h>

/* A run has a session or two to each database at a time; others are for a person beside it. */
enum { SESSIONS_OF_A_DATABASE = 2, SPARE_SESSIONS = 2 };

enum { LINE_WIDTH = 80 };

/* Keys that begin with the same word are one pattern if there are more of them. */
enum { MOST_ALIKE = 8 };

static void add_identifier(const char *name, struct str *out)
{
    db_quote_identifier(name, out);
}

static const char *quoted(const char *name, struct arena *arena)
{
    const char *copy;
    struct str text;

    str_init(&text);
    add_identifier(name, &text);
    copy = arena_copy(arena, text.text);
    str_release(&text);
    return copy;
}

/* A sentence, wrapped at blanks, as comments of SQL; what others said has no line of its own. */
static void add_comment(const char *text, struct str *out)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " \t\r\n");

        if (column > 0 && column + 1 + length > LINE_WIDTH)
            column = 0;
        str_add(out,
                column == 0 && out->length > 0 && out->text[out->length - 1] != '\n' ? "\n" : "");
        str_add(out, column == 0 ? "-- " : " ");
        column += (column == 0 ? 3 : 1) + length;
        str_add_bytes(out, text, length);
        text += length;
        text += strspn(text, " \t\r\n");
    }
    str_add_char(out, '\n');
}

/* A name that a shell takes as it stands; otherwise what stands for it. */
static const char *shell_word(const char *name, const char *otherwise)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return name != NULL && name[0] != '-' && name[strspn(name, plain)] == '\0' ? name : otherwise;
}

/* ---- The role ---- */

/* Both psql's and SQL's rules for a name in double quotes are the same. */
static void add_connect(const struct grants_database *database, struct str *out)
{
    if (database->grants->database_count < 2)
        return;
    if (database->name == NULL) {
        add_comment("Its conninfo names no database: \\connect to it here.", out);
        return;
    }
    str_add(out, "\\connect ");
    add_identifier(database->name, out);
    str_add_char(out, '\n');
}

/* A role belongs to all databases of a server, so the second one may have it already. */
static void add_role(const struct grants *grants, struct str *out)
{
    const char *role = quoted(grants->role, grants->arena);
    size_t limit = grants->database_count * SESSIONS_OF_A_DATABASE + SPARE_SESSIONS;
    unsigned timeout_ms = grants->settings->statement_timeout_ms;

    str_add(out, "SELECT ");
    db_quote_text(
        arena_format(grants->arena, "CREATE ROLE %s LOGIN CONNECTION LIMIT %zu", role, limit), out);
    str_add(out, "\nWHERE NOT EXISTS (\n  SELECT FROM pg_catalog.pg_roles WHERE rolname = ");
    db_quote_text(grants->role, out);
    str_add(out, ") \\gexec\n");
    str_add_format(out, "-- If it logs in by a password: \\password %s\n", role);
    str_add_format(out, "ALTER ROLE %s SET default_transaction_read_only = on;\n", role);
    str_add_format(out, "ALTER ROLE %s SET statement_timeout = '%u%s';\n", role,
                   timeout_ms % 1000 == 0 ? timeout_ms / 1000 : timeout_ms,
                   timeout_ms % 1000 == 0 ? "s" : "ms");
}

/* ---- Relations ---- */

static void add_relation(const struct grants_database *database, size_t index, struct str *out)
{
    const struct grants_found *found = &database->found[index];

    if (found->name == NULL) {
        db_quote_name(database->grants->names[index], out);
        return;
    }
    add_identifier(found->schema, out);
    str_add_char(out, '.');
    add_identifier(found->name, out);
}

static bool is_granted(const struct grants_database *database, size_t index)
{
    const struct grants_found *found = &database->found[index];

    return found->wanted && !found->is_system && (found->name != NULL || !database->read);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Sorted, each once; `texts` has room for all names. */
static size_t make_distinct(const char **texts, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(texts, count, sizeof(texts[0]), compare_texts);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(texts[kept - 1], texts[i]) != 0)
            texts[kept++] = texts[i];
    return kept;
}

/* As the catalog calls it, or as far as the definition says it. */
static const char *schema_of(const struct grants_database *database, size_t index)
{
    const char *schema = database->found[index].schema;
    const char *name = database->grants->names[index], *point = strchr(name, '.');

    if (schema != NULL)
        return schema;
    return point != NULL ? arena_copy_bytes(database->grants->arena, name, (size_t)(point - name))
                         : "public";
}

static void add_schemas(const struct grants_database *database, struct str *out)
{
    const struct grants *grants = database->grants;
    const char **schemas = ARENA_ARRAY(grants->arena, const char *, grants->name_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < grants->name_count; i++)
        if (is_granted(database, i))
            schemas[count++] = schema_of(database, i);
    count = make_distinct(schemas, count);
    for (size_t i = 0; i < count; i++)
        str_add_format(out, "GRANT USAGE ON SCHEMA %s TO %s;\n", quoted(schemas[i], grants->arena),
                       quoted(grants->role, grants->arena));
}

/* Two names of definitions may mean the same relation. */
static size_t list_relations(const struct grants_database *database, const char **relations)
{
    const struct grants *grants = database->grants;
    size_t count = 0;
    struct str name;

    str_init(&name);
    for (size_t i = 0; i < grants->name_count; i++) {
        if (!is_granted(database, i))
            continue;
        str_clear(&name);
        add_relation(database, i, &name);
        relations[count++] = arena_copy(grants->arena, name.text);
    }
    str_release(&name);
    return make_distinct(relations, count);
}

static void add_missing(const struct grants_database *database, struct str *out)
{
    const struct grants *grants = database->grants;

    for (size_t i = 0; database->read && i < grants->name_count; i++)
        if (database->found[i].wanted && database->found[i].name == NULL)
            add_comment(arena_format(grants->arena, "not in this database: %s", grants->names[i]),
                        out);
}

static void add_command(const struct grants_database *database, struct str *out)
{
    const struct grants *grants = database->grants;
    struct arena *arena = grants->arena;
    const char *role = "";

    if (strcmp(grants->role, GRANTS_USUAL_ROLE) != 0)
        role = arena_format(arena, " --role %s", shell_word(grants->role, "NAME"));
    add_comment(arena_format(arena, "By an administrator: service-ping grants%s | psql %s", role,
                             shell_word(database->name, "DATABASE")),
                out);
}

static void add_heading(const struct grants_database *database, size_t count, struct str *out)
{
    const struct grants *grants = database->grants;
    struct arena *arena = grants->arena;

    add_comment(arena_format(arena, "Database %s: %s for the role %s.", database->settings->name,
                             figure_of(arena, count, "relation", "relations"), grants->role),
                out);
    if (grants->database_count < 2)
        add_command(database, out);
    if (database->settings->role == DATABASE_REPLICA)
        add_comment("The settings name a replica; this is for its primary.", out);
    if (database->read)
        return;
    add_comment(arena_format(arena, "It could not be asked what it has: %s", database->err.text),
                out);
    add_comment("So all relations are named. An ERROR for one that does not exist is harmless.",
                out);
}

static void add_database(const struct grants_database *database, struct str *out)
{
    const struct grants *grants = database->grants;
    const char **relations = ARENA_ARRAY(grants->arena, const char *, grants->name_count + 1);
    size_t count = list_relations(database, relations);
    const char *role = quoted(grants->role, grants->arena);

    add_heading(database, count, out);
    add_connect(database, out);
    add_role(grants, out);
    str_add_char(out, '\n');
    if (database->name != NULL)
        str_add_format(out, "GRANT CONNECT ON DATABASE %s TO %s;\n",
                       quoted(database->name, grants->arena), role);
    add_schemas(database, out);
    for (size_t i = 0; i < count; i++)
        str_add_format(out, "GRANT SELECT ON %s TO %s;\n", relations[i], role);
    add_missing(database, out);
}

/* ---- Redis ---- */

static size_t word_length(const char *pattern)
{
    size_t length = strcspn(pattern, "_:.-*\\");

    return strchr("_:.-", pattern[length]) != NULL && pattern[length] != '\0' ? length + 1 : 0;
}

static bool is_alike(const char *a, const char *b)
{
    size_t length = word_length(a);

    return length > 0 && length == word_length(b) && strncmp(a, b, length) == 0;
}

/* What is read is a list of their families, not of some thousand keys: each is looked through for
 * each key that is asked for. */
static size_t fold_patterns(struct grants *grants)
{
    size_t count = make_distinct(grants->patterns, grants->pattern_count), kept = 0;

    for (size_t i = 0, same; i < count; i += same) {
        const char *first = grants->patterns[i];

        for (same = 1; i + same < count && is_alike(first, grants->patterns[i + same]);)
            same++;
        if (same > MOST_ALIKE)
            grants->patterns[kept++] =
                arena_format(grants->arena, "%.*s*", (int)word_length(first), first);
        for (size_t j = 0; same <= MOST_ALIKE && j < same; j++)
            grants->patterns[kept++] = grants->patterns[i + j];
    }
    return kept;
}

/* As redis-cli splits its lines: in quotes a backslash stands for what follows it. */
static void add_pattern(const char *pattern, struct str *out)
{
    bool plain = pattern[strcspn(pattern, " '\"\t")] == '\0';

    str_add(out, plain ? "%R~" : "\"%R~");
    for (; *pattern != '\0'; pattern++) {
        if (!plain && strchr("\"\\", *pattern) != NULL)
            str_add_char(out, '\\');
        str_add_char(out, *pattern);
    }
    str_add(out, plain ? "" : "\"");
}

void grants_write_redis(struct grants *grants, const char *indent, struct str *out)
{
    static const char begin[] = "ACL SETUSER service-ping";
    const struct redis_config *redis = &grants->settings->redis;
    size_t count = fold_patterns(grants);

    str_add_format(out, "%s%s reset on >PASSWORD\n", indent, begin);
    str_add_format(out, "%s%s +mget +hgetall +type +info +client|setname%s%s\n", indent, begin,
                   redis->database != 0 ? " +select" : "",
                   redis->sentinel_count > 0 ? " +role" : "");
    for (size_t i = 0; i < count; i++) {
        str_add_format(out, "%s%s ", indent, begin);
        add_pattern(grants->patterns[i], out);
        str_add_char(out, '\n');
    }
}

static void add_redis(struct grants *grants, struct str *out)
{
    add_comment("Redis 7 and later, by redis-cli; Redis 6 wants ~ in place of %R~:", out);
    grants_write_redis(grants, "--   ", out);
    add_comment("This user only reads; 'service-ping track' needs one that may write.", out);
}

void grants_write(struct grants *grants, struct str *out)
{
    for (size_t i = 0; i < grants->database_count; i++) {
        if (i > 0)
            str_add_char(out, '\n');
        add_database(&grants->databases[i], out);
    }
    if (grants->database_count == 0)
        add_comment("No database is configured: name one under 'databases' in the settings.", out);
    if (redis_is_configured(&grants->settings->redis)) {
        str_add_char(out, '\n');
        add_redis(grants, out);
    }
}
