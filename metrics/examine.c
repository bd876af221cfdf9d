#include "metrics/examine.h"

#include "metrics/bisect.h"
#include "metrics/metric_sql.h"
#include "metrics/patience.h"

#include "agent/base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TOGETHER 200

/* Metrics that are explained in one statement: neighbours in the sorted list. */
struct group {
    struct examination *examination;
    struct placed **members;
    size_t count;
    struct bisect bisect;
    struct patience patience;
    struct db_query *query;
};

struct examination {
    struct examine_request request;
    examine_done *done;
    void *arg;
    struct placed **sorted;
    struct group *groups;
    size_t group_count, finished;
};

/* ---- Grouping ---- */

static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = *(struct placed *const *)left, *b = *(struct placed *const *)right;

    if (a->database != b->database)
        return a->database < b->database ? -1 : 1;
    if (a->spec->from == NULL || b->spec->from == NULL)
        return (a->spec->from != NULL) - (b->spec->from != NULL);
    return strcmp(a->spec->from, b->spec->from);
}

static void sort_members(struct examination *examination, size_t *count)
{
    const struct examine_request *request = &examination->request;

    *count = 0;
    examination->sorted = memory_alloc((request->count + 1) * sizeof(struct placed *));
    for (size_t i = 0; i < request->count; i++)
        if (!request->placed[i].refused)
            examination->sorted[(*count)++] = &request->placed[i];
    qsort(examination->sorted, *count, sizeof(struct placed *), compare_placed);
}

/* Statements of definitions stand alone: each is a FROM of its own. */
static bool belongs(const struct group *group, struct placed *const *next)
{
    const struct placed *first = group->members[0];

    return group->count < MOST_TOGETHER && first->spec->from != NULL &&
           compare_placed(&group->members[0], next) == 0;
}

static void make_groups(struct examination *examination)
{
    size_t count;

    sort_members(examination, &count);
    examination->groups = memory_alloc((count + 1) * sizeof(examination->groups[0]));
    for (size_t i = 0; i < count; i++) {
        struct group *group = &examination->groups[examination->group_count];

        if (examination->group_count > 0 && belongs(group - 1, &examination->sorted[i])) {
            group[-1].count++;
            continue;
        }
        *group = (struct group){
            .examination = examination, .members = &examination->sorted[i], .count = 1};
        examination->group_count++;
    }
}

/* ---- Asking ---- */

static void ask_next(struct group *group);

static void add_member(const struct placed *placed, int64_t recorded_at, struct str *sql)
{
    size_t without;

    metric_sql_add_aggregate(placed->metric, sql);
    if (placed->spec->operation == OPERATION_SQL)
        return;
    without = sql->length;
    str_add(sql, " FILTER (WHERE ");
    metric_sql_add_filter(placed->metric, recorded_at, sql);
    if (sql->length == without + strlen(" FILTER (WHERE "))
        str_truncate(sql, without);
    else
        str_add_char(sql, ')');
}

static void add_explain(const struct group *group, const struct bisect_range *range,
                        struct str *sql)
{
    str_add(sql, "EXPLAIN SELECT ");
    for (size_t i = 0; i < range->count; i++) {
        str_add(sql, i > 0 ? ", " : "");
        add_member(group->members[range->first + i], group->examination->request.recorded_at, sql);
    }
    str_add(sql, " FROM ");
    metric_sql_add_from(group->members[0]->metric, sql);
}

static void refuse_range(struct group *group, const struct bisect_range *range,
                         const struct error *err)
{
    const struct examine_request *request = &group->examination->request;

    for (size_t i = 0; i < range->count; i++) {
        struct placed *placed = group->members[range->first + i];

        placed->refused = true;
        placed->outcome =
            placing_fault(placed, &request->facts[placed->database], err, request->arena);
    }
}

static const char *sqlstate_of(const struct group *group)
{
    return db_sqlstate(group->examination->request.databases[group->members[0]->database]);
}

/* Without pauses: a lock was waited for already, and planning is too short for many conflicts. */
static enum patience_step next_step(struct group *group, const struct error *err)
{
    if (err->kind == ERROR_TIMEOUT)
        return PATIENCE_OVER;
    if (err->kind != ERROR_UNAVAILABLE)
        return PATIENCE_APART;
    if (patience_trouble(sqlstate_of(group)) == TROUBLE_AWAY)
        return PATIENCE_OVER;
    return patience_after(&group->patience, sqlstate_of(group)).step;
}

static void failed(struct group *group, struct bisect_range range, const struct error *err)
{
    enum patience_step step = next_step(group, err);
    struct error told = *err;

    if (err->kind == ERROR_UNAVAILABLE)
        patience_explain(&group->patience, sqlstate_of(group), &told);
    if (step == PATIENCE_APART && bisect_failed(&group->bisect)) {
        refuse_range(group, &range, &told);
    } else if (step == PATIENCE_OVER) {
        /* Nobody is guilty, or whoever is would be looked for too long. */
        do {
            refuse_range(group, &range, &told);
            bisect_answered(&group->bisect);
        } while (bisect_next(&group->bisect, &range));
    }
}

static void explained(const struct db_result *result, const struct error *err, void *arg)
{
    struct group *group = arg;
    struct bisect_range range;

    group->query = NULL;
    if (bisect_next(&group->bisect, &range)) {
        if (result != NULL)
            bisect_answered(&group->bisect);
        else
            failed(group, range, err);
    }
    ask_next(group);
}

static void finish(struct examination *examination)
{
    examine_done *done = examination->done;
    void *arg = examination->arg;

    examine_cancel(examination);
    done(arg);
}

static void ask_next(struct group *group)
{
    struct examination *examination = group->examination;
    const struct examine_request *request = &examination->request;
    struct db_statement statement = {
        .timeout_ms = request->timeout_ms,
        .lock_timeout_ms = request->lock_timeout_ms,
    };
    struct bisect_range range;
    struct str sql;

    if (!bisect_next(&group->bisect, &range)) {
        if (++examination->finished == examination->group_count)
            finish(examination);
        return;
    }
    str_init(&sql);
    add_explain(group, &range, &sql);
    statement.sql = sql.text;
    group->query =
        db_query(request->databases[group->members[0]->database], &statement, explained, group);
    str_release(&sql);
}

struct examination *examine_begin(const struct examine_request *request, examine_done *done,
                                  void *arg)
{
    struct examination *examination = memory_alloc(sizeof(*examination));

    *examination = (struct examination){.request = *request, .done = done, .arg = arg};
    make_groups(examination);
    if (examination->group_count == 0) {
        examine_cancel(examination);
        return NULL;
    }
    for (size_t i = 0; i < examination->group_count; i++) {
        bisect_begin(&examination->groups[i].bisect, examination->groups[i].count);
        ask_next(&examination->groups[i]);
    }
    return examination;
}

void examine_cancel(struct examination *examination)
{
    if (examination == NULL)
        return;
    for (size_t i = 0; i < examination->group_count; i++)
        db_query_cancel(examination->groups[i].query);
    free(examination->groups);
    free(examination->sorted);
    free(examination);
}
