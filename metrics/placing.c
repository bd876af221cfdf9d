#include "metrics/placing.h"

#include <string.h>

static void refuse(struct placed *placed, enum outcome_status status, const char *reason)
{
    placed->refused = true;
    placed->outcome = outcome_without(status, reason);
}

/* How many of the metric's relations the database has; one more for the driving one. */
static size_t relations_there(const struct database_spec *spec, const struct database_facts *facts)
{
    size_t there = spec->relation != NULL && facts_relation(facts, spec->relation) != NULL ? 1 : 0;

    for (size_t i = 0; i < spec->relation_count; i++)
        there += facts_relation(facts, spec->relations[i]) != NULL ? 1 : 0;
    for (size_t i = 0; i < spec->other_count; i++)
        there += facts_relation(facts, spec->others[i]) != NULL ? 1 : 0;
    return there;
}

static bool claims(const struct database_settings *database, const char *relation)
{
    const char *dot = strrchr(relation, '.');

    for (size_t i = 0; i < database->relation_count; i++)
        if (str_matches(relation, database->relations[i]) ||
            (dot != NULL && str_matches(dot + 1, database->relations[i])))
            return true;
    return false;
}

/* The first database that claims one of them, the first of them that is claimed. */
static const char *find_claim(const char *const *relations, size_t count,
                              const struct source_settings *settings)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < settings->database_count; j++)
            if (claims(&settings->databases[j], relations[i]))
                return settings->databases[j].name;
    return NULL;
}

const char *placing_home(const struct database_spec *spec, const struct source_settings *settings)
{
    const char *home = spec->database;

    if (home == NULL)
        home = find_claim(spec->relations, spec->relation_count, settings);
    if (home == NULL)
        home = find_claim(spec->others, spec->other_count, settings);
    return home;
}

static bool is_meant(const struct placed *placed, const struct database_facts *facts)
{
    return placed->home == NULL || strcmp(placed->home, facts->name) == 0;
}

/* The names of all that are meant, for a sentence. */
static const char *names_of(const struct placed *placed, const struct database_facts *facts,
                            size_t count, struct arena *arena)
{
    const char *names = "";

    for (size_t i = 0; i < count; i++)
        if (is_meant(placed, &facts[i]))
            names = arena_format(arena, "%s%s%s", names, *names != '\0' ? ", " : "", facts[i].name);
    return names;
}

/* Nothing is where it should be, and every database was asked. */
static void refuse_missing(struct placed *placed, const struct database_facts *facts, size_t count,
                           struct arena *arena)
{
    const struct database_spec *spec = placed->spec;

    refuse(
        placed, STATUS_ABSENT,
        arena_format(arena,
                     "relation \"%s\" does not exist in database %s; this version of the product "
                     "may not have it, otherwise correct 'relation' in %s",
                     spec->relation, names_of(placed, facts, count, arena),
                     placed->metric->definition->file));
}

static void refuse_unknown(struct placed *placed, struct arena *arena)
{
    refuse(placed, STATUS_OFF,
           placed->spec->database == NULL
               ? "no database is configured; name one under 'databases' in the settings"
               : arena_format(arena, "the settings name no database '%s', which %s asks for",
                              placed->spec->database, placed->metric->definition->file));
}

/*
 * The first database out of reach that might be the right one, among `count`; NULL: there is none.
 * Of two databases with a table of the same name the first one counts. While that one is out of
 * reach, the other one's number is another number, and nobody could tell it from the right one.
 */
static const struct database_facts *find_unread(const struct placed *placed,
                                                const struct database_facts *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_meant(placed, &facts[i]) && !facts[i].read)
            return &facts[i];
    return NULL;
}

static void refuse_unread(struct placed *placed, const struct database_facts *unread,
                          struct arena *arena)
{
    placed->refused = true;
    placed->outcome = outcome_from_error(&unread->err, arena);
    if (placed->home == NULL)
        placed->outcome.reason =
            arena_format(arena,
                         "%s; what is counted may be there: 'database' in %s, or 'relations' of a "
                         "database in the settings, can say where it is",
                         unread->err.text, placed->metric->definition->file);
}

static bool has_all(const struct database_spec *spec, size_t there)
{
    return there == (spec->relation != NULL ? 1U : 0U) + spec->relation_count + spec->other_count;
}

void placing_place(struct placed *placed, const struct database_facts *facts, size_t count,
                   struct arena *arena)
{
    const struct database_spec *spec = placed->metric->spec;
    const struct database_facts *unread;
    size_t best = count, most = 0;
    bool meant = false;

    placed->spec = spec;
    for (size_t i = 0; i < count; i++) {
        size_t there = relations_there(spec, &facts[i]);

        meant = meant || is_meant(placed, &facts[i]);
        if (!is_meant(placed, &facts[i]) || !facts[i].read || (best < count && there <= most))
            continue;
        best = i;
        most = there;
    }
    placed->database = best;
    unread = find_unread(placed, facts, best < count && has_all(spec, most) ? best : count);
    if (!meant)
        refuse_unknown(placed, arena);
    else if (unread != NULL)
        refuse_unread(placed, unread, arena);
    else if (best == count ||
             (spec->relation != NULL && facts_relation(&facts[best], spec->relation) == NULL))
        refuse_missing(placed, facts, count, arena);
    else if (spec->relation != NULL)
        placed->relation = facts_relation(&facts[best], spec->relation);
}

/* ---- Faults ---- */

static bool stood_before(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Each once: a table may be joined to itself. */
static void add_relations(const char *const *names, size_t count, struct str *list)
{
    for (size_t i = 0; i < count; i++) {
        if (stood_before(names, i, names[i]))
            continue;
        str_add(list, list->length > 0 ? ", " : "");
        db_quote_name(names[i], list);
    }
}

static const char *grants_of(const struct placed *placed, const struct database_facts *facts,
                             struct arena *arena)
{
    const struct database_spec *spec = placed->spec;
    const char *grants;
    struct str list;

    str_init(&list);
    add_relations(spec->relations, spec->relation_count, &list);
    add_relations(spec->others, spec->other_count, &list);
    str_add(&list, " TO ");
    db_quote_identifier(facts->role != NULL ? facts->role : "service-ping", &list);
    grants = arena_copy(arena, list.text);
    str_release(&list);
    return grants;
}

struct outcome placing_fault(const struct placed *placed, const struct database_facts *facts,
                             const struct error *err, struct arena *arena)
{
    const char *file = placed->metric->definition->file;
    struct outcome outcome = outcome_from_error(err, arena);

    switch (err->kind) {
    case ERROR_DENIED:
        outcome.reason =
            arena_format(arena,
                         "%s; an administrator can GRANT SELECT ON %s, as 'service-ping grants' "
                         "prints it (for %s)",
                         err->text, grants_of(placed, facts, arena), file);
        break;
    case ERROR_MISSING:
        outcome.reason = arena_format(arena,
                                      "%s; this version of the product may not have it, otherwise "
                                      "correct %s",
                                      err->text, file);
        break;
    case ERROR_INVALID:
    case ERROR_REFUSED:
        outcome.reason = arena_format(arena, "%s; correct the SQL of %s", err->text, file);
        break;
    case ERROR_TIMEOUT:
        outcome.reason =
            arena_format(arena, "%s, asked on %s for %s", err->text,
                         placed->spec->from != NULL ? placed->spec->from : "its own", file);
        break;
    case ERROR_NONE:
    case ERROR_UNAVAILABLE:
    case ERROR_CANCELLED:
        break;
    }
    return outcome;
}
