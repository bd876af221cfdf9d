/* In which database a metric is counted, when there are several and not all can be reached. */
#include "metrics/placing.h"

#include "agent/base/arena.h"
#include "tests/support/test.h"

#include <string.h>

/* What the databases have; relations must be sorted. */
static struct relation_facts of_main[] = {{.name = "shared", .exists = true, .kind = 'r'},
                                          {.name = "users", .exists = true, .kind = 'r'}};
static struct relation_facts of_ci[] = {{.name = "builds", .exists = true, .kind = 'r'},
                                        {.name = "shared", .exists = true, .kind = 'r'}};

enum { NONE = 9 };

/* Relations as in FROM, the driving one first. */
static const struct {
    const char *name;
    const char *database; /* that the definition says; NULL: none */
    const char *relations[2];
    bool main_read, ci_read;
    size_t expected; /* 0: main, 1: ci, NONE: refused as `status` with `words` */
    enum outcome_status status;
    const char *words;
} rows[] = {
    {"only in the first", NULL, {"users"}, true, true, 0, STATUS_OK, NULL},
    {"only in the second", NULL, {"builds"}, true, true, 1, STATUS_OK, NULL},
    {"in both the first counts", NULL, {"shared"}, true, true, 0, STATUS_OK, NULL},
    {"in both, and said", "ci", {"shared"}, true, true, 1, STATUS_OK, NULL},
    {"with what it is joined to", NULL, {"shared", "builds"}, true, true, 1, STATUS_OK, NULL},
    {"across both", NULL, {"builds", "users"}, true, true, 1, STATUS_OK, NULL},
    {"nowhere", NULL, {"x"}, true, true, NONE, STATUS_ABSENT, "in database main, ci"},
    {"not where it is said to be", "main", {"builds"}, true, true, NONE, STATUS_ABSENT, "main;"},
    {"said to be where nothing is", "geo", {"users"}, true, true, NONE, STATUS_OFF, "'geo'"},
    {"found before one out of reach", NULL, {"users"}, true, false, 0, STATUS_OK, NULL},
    {"in both, the second out of reach", NULL, {"shared"}, true, false, 0, STATUS_OK, NULL},
    {"maybe out of reach", NULL, {"builds"}, true, false, NONE, STATUS_UNAVAILABLE, "ci is down"},
    {"said to be out of reach", "ci", {"shared"}, true, false, NONE, STATUS_UNAVAILABLE, "ci"},
    {"a part of it maybe out of reach",
     NULL,
     {"users", "builds"},
     true,
     false,
     NONE,
     STATUS_UNAVAILABLE,
     "ci is down"},
    {"found behind one out of reach",
     NULL,
     {"shared"},
     false,
     true,
     NONE,
     STATUS_UNAVAILABLE,
     "main is down; what is counted may be there: 'database' in a.yml"},
    {"said to be behind one out of reach", "ci", {"builds"}, false, true, 1, STATUS_OK, NULL},
    {"not where it is said to be, the other out of reach",
     "ci",
     {"users"},
     false,
     true,
     NONE,
     STATUS_ABSENT,
     "in database ci;"},
    {"all out of reach", NULL, {"users"}, false, false, NONE, STATUS_UNAVAILABLE, "main is down"},
};

/* Databases with the same tables, of which each fills its own. */
static const char *const of_ci_only[] = {"ci_*", "p_ci_*"}, *const of_main_only[] = {"issues"};
static const struct database_settings databases[] = {
    {.name = "main", .relations = of_main_only, .relation_count = COUNT_OF(of_main_only)},
    {.name = "ci", .relations = of_ci_only, .relation_count = COUNT_OF(of_ci_only)},
    {.name = "geo"},
};
static const struct source_settings settings = {.databases = databases,
                                                .database_count = COUNT_OF(databases)};

static const struct {
    const char *name;
    const char *database;     /* that the definition says */
    const char *relations[2]; /* of FROM */
    const char *other;        /* of a sub-select */
    const char *home;
} homes[] = {
    {"claimed by a pattern", NULL, {"ci_builds"}, NULL, "ci"},
    {"claimed by name", NULL, {"issues"}, NULL, "main"},
    {"claimed by nobody", NULL, {"users"}, NULL, NULL},
    {"a name that only holds a claimed one", NULL, {"epic_issues"}, NULL, NULL},
    {"with its schema", NULL, {"public.ci_builds"}, NULL, "ci"},
    {"a schema that is claimed by nobody", NULL, {"audit.users"}, NULL, NULL},
    {"the definition knows better", "geo", {"ci_builds"}, NULL, "geo"},
    {"the driving relation comes first", NULL, {"ci_builds", "issues"}, NULL, "ci"},
    {"what it is joined to, if it is not claimed", NULL, {"users", "p_ci_stages"}, NULL, "ci"},
    {"and what a sub-select names", NULL, {"users"}, "ci_builds", "ci"},
};

static void a_relation_that_is_claimed_is_counted_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(homes); i++) {
        const char *relations[] = {homes[i].relations[0], homes[i].relations[1]};
        const char *others[] = {homes[i].other};
        const struct database_spec spec = {
            .database = homes[i].database,
            .relations = relations,
            .relation_count = relations[1] != NULL ? 2 : 1,
            .others = others,
            .other_count = others[0] != NULL ? 1 : 0,
        };
        const char *home = placing_home(&spec, &settings);

        if (strcmp(home != NULL ? home : "none", homes[i].home != NULL ? homes[i].home : "none") !=
            0)
            fail_msg("%s: %s", homes[i].name, home);
    }
}

static struct database_facts facts_of(const char *name, bool read, struct relation_facts *relations)
{
    struct database_facts facts = {.name = name, .read = read, .role = "reader"};

    if (read) {
        facts.relations = relations;
        facts.relation_count = 2;
    } else {
        (void)error_set(&facts.err, ERROR_UNAVAILABLE, "%s is down", name);
    }
    return facts;
}

static void play(size_t i, struct arena *arena)
{
    const char *relations[] = {rows[i].relations[0], rows[i].relations[1]};
    const struct database_facts facts[] = {facts_of("main", rows[i].main_read, of_main),
                                           facts_of("ci", rows[i].ci_read, of_ci)};
    const struct definition definition = {.file = "a.yml"};
    const struct database_spec spec = {
        .database = rows[i].database,
        .relation = relations[0],
        .relations = relations,
        .relation_count = relations[1] != NULL ? 2 : 1,
    };
    const struct metric metric = {.key_path = "a", .definition = &definition, .spec = &spec};
    struct placed placed = {.metric = &metric, .home = rows[i].database};

    print_message("# %s\n", rows[i].name);
    placing_place(&placed, facts, COUNT_OF(facts), arena);
    assert_int_equal(placed.refused, rows[i].expected == NONE);
    if (!placed.refused) {
        assert_int_equal(placed.database, rows[i].expected);
        assert_string_equal(placed.relation->name, relations[0]);
        return;
    }
    assert_int_equal(placed.outcome.status, rows[i].status);
    assert_non_null(strstr(placed.outcome.reason, rows[i].words));
}

static void a_metric_is_counted_where_it_is_sure_to_be_right(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        play(i, arena);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relation_that_is_claimed_is_counted_there),
        cmocka_unit_test(a_metric_is_counted_where_it_is_sure_to_be_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
