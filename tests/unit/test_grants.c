/* What `grants` prints, of databases that were asked, or could not be. */
#include "agent/verbs/grants.h"

#include "tests/support/test.h"

#include <string.h>

enum { MOST_NAMES = 4, MOST_PATTERNS = 12 };

static void print(struct grants *grants, struct str *out)
{
    grants->arena = arena_new();
    str_init(out);
    grants_write(grants, out);
    arena_free(grants->arena);
}

/* One relation, as its definition says it and as the catalog does. */
static const struct {
    const char *name;
    const char *role, *said;
    struct grants_found found;
    bool read;
    const char *line;    /* that must be there */
    const char *instead; /* that must not; NULL: nothing */
} relations[] = {
    {"one that is there has its schema",
     "r",
     "issues",
     {"public", "issues", false, true},
     true,
     "GRANT SELECT ON public.issues TO r;\n",
     NULL},
    {"its schema is opened",
     "r",
     "issues",
     {"audit", "issues", false, true},
     true,
     "GRANT USAGE ON SCHEMA audit TO r;\n",
     "SCHEMA public"},
    {"names are quoted, points and all",
     "A \"b\".c",
     "x",
     {"S.t", "Odd \"one\"", false, true},
     true,
     "GRANT SELECT ON \"S.t\".\"Odd \"\"one\"\"\" TO \"A \"\"b\"\".c\";\n",
     NULL},
    {"the role is quoted within a text",
     "it's",
     "x",
     {"public", "x", false, true},
     true,
     "SELECT 'CREATE ROLE \"it''s\" LOGIN CONNECTION LIMIT 4'\n",
     NULL},
    {"one that is not there is a comment",
     "r",
     "gone",
     {NULL, NULL, false, true},
     true,
     "-- not in this database: gone\n",
     "GRANT SELECT"},
    {"no metric reads it here",
     "r",
     "issues",
     {"public", "issues", false, false},
     true,
     "GRANT CONNECT ON DATABASE shop TO r;\n",
     "GRANT SELECT"},
    {"everybody may read a catalog",
     "r",
     "pg_class",
     {"pg_catalog", "pg_class", true, true},
     true,
     "GRANT CONNECT",
     "GRANT SELECT"},
    {"all are named when nobody could be asked",
     "r",
     "audit.gone",
     {NULL, NULL, false, true},
     false,
     "GRANT SELECT ON audit.gone TO r;\n",
     "not in this database"},
    {"and their schemas",
     "r",
     "audit.gone",
     {NULL, NULL, false, true},
     false,
     "GRANT USAGE ON SCHEMA audit TO r;\n",
     NULL},
    {"with the reason, as comments",
     "r",
     "x",
     {NULL, NULL, false, true},
     false,
     "-- It could not be asked what it has: it is down right now\n",
     "\nright"},
};

static void relation_row(size_t row)
{
    const char *names[] = {relations[row].said};
    struct grants_found found[] = {relations[row].found};
    const struct database_settings settings = {.name = "main"};
    const struct source_settings sources = {
        .databases = &settings, .database_count = 1, .statement_timeout_ms = 15000};
    struct grants grants = {.role = relations[row].role,
                            .settings = &sources,
                            .names = names,
                            .name_count = 1,
                            .database_count = 1};
    struct grants_database database = {
        .settings = &settings,
        .name = "shop",
        .found = found,
        .read = relations[row].read,
        .err = {.kind = ERROR_UNAVAILABLE, .text = "it is down\nright now"},
        .grants = &grants};
    struct str out;

    grants.databases = &database;
    print(&grants, &out);
    if (strstr(out.text, relations[row].line) == NULL)
        fail_msg("no '%s' in:\n%s", relations[row].line, out.text);
    if (relations[row].instead != NULL && strstr(out.text, relations[row].instead) != NULL)
        fail_msg("'%s' in:\n%s", relations[row].instead, out.text);
    str_release(&out);
}

static void test_relations(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT_OF(relations); row++) {
        print_message("# %s\n", relations[row].name);
        relation_row(row);
    }
}

static const struct {
    const char *name;
    const char *patterns[MOST_PATTERNS];
    int database;
    size_t sentinels;
    const char
        *expected; /* behind the password's line; "." stands for "ACL SETUSER service-ping" */
} users[] = {
    {"a user who may read no key", {NULL}, 0, 0, ". +mget +hgetall +type +info +client|setname\n"},
    {"each pattern once, in order",
     {"b", "a*", "b"},
     0,
     0,
     ". +mget +hgetall +type +info +client|setname\n. %R~a*\n. %R~b\n"},
    {"another database, and sentinels",
     {"a"},
     3,
     1,
     ". +mget +hgetall +type +info +client|setname +select +role\n. %R~a\n"},
    {"many that begin alike become one",
     {"USAGE_A", "USAGE_B", "USAGE_C", "USAGE_D", "USAGE_E", "USAGE_F", "USAGE_G", "USAGE_H",
      "USAGE_I", "USE_A", "{x}_*"},
     0,
     0,
     ". +mget +hgetall +type +info +client|setname\n. %R~USAGE_*\n. %R~USE_A\n. %R~{x}_*\n"},
    {"what redis-cli would split is quoted",
     {"a b", "c\\*", "d\"\\*e"},
     0,
     0,
     ". +mget +hgetall +type +info +client|setname\n. \"%R~a b\"\n. %R~c\\*\n"
     ". \"%R~d\\\"\\\\*e\"\n"},
};

static void user_row(size_t row)
{
    const struct source_settings sources = {
        .redis = {.database = users[row].database, .sentinel_count = users[row].sentinels}};
    const char *patterns[MOST_PATTERNS];
    struct grants grants = {.arena = arena_new(), .settings = &sources, .patterns = patterns};
    struct str out, expected;

    for (size_t i = 0; i < MOST_PATTERNS && users[row].patterns[i] != NULL; i++)
        patterns[grants.pattern_count++] = users[row].patterns[i];
    str_init(&out);
    str_init(&expected);
    grants_write_redis(&grants, "", &out);
    str_add(&expected, "ACL SETUSER service-ping reset on >PASSWORD\n");
    for (const char *at = users[row].expected; *at != '\0'; at++)
        if (*at == '.')
            str_add(&expected, "ACL SETUSER service-ping");
        else
            str_add_char(&expected, *at);
    assert_string_equal(out.text, expected.text);
    str_release(&out);
    str_release(&expected);
    arena_free(grants.arena);
}

static void test_users(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT_OF(users); row++) {
        print_message("# %s\n", users[row].name);
        user_row(row);
    }
}

/* Two databases are connected to; the connections are for both. */
static void test_two_databases(void **state)
{
    const struct database_settings settings[] = {{.name = "main"},
                                                 {.name = "ci", .role = DATABASE_REPLICA}};
    const struct source_settings sources = {
        .databases = settings, .database_count = 2, .statement_timeout_ms = 1500};
    struct grants grants = {.role = "r", .settings = &sources, .database_count = 2};
    struct grants_database databases[] = {
        {.settings = &settings[0], .name = "a b", .read = true, .grants = &grants},
        {.settings = &settings[1], .read = true, .grants = &grants}};
    struct str out;

    (void)state;
    grants.databases = databases;
    print(&grants, &out);
    assert_non_null(strstr(out.text, "\\connect \"a b\"\n"));
    assert_non_null(strstr(out.text, "GRANT CONNECT ON DATABASE \"a b\" TO r;\n"));
    assert_non_null(strstr(out.text, "-- Its conninfo names no database: \\connect to it here.\n"));
    assert_non_null(strstr(out.text, "this is for its primary"));
    assert_non_null(strstr(out.text, "CONNECTION LIMIT 6'"));
    assert_non_null(strstr(out.text, "SET statement_timeout = '1500ms';"));
    assert_null(strstr(out.text, "Redis"));
    str_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_two_databases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
