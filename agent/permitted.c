#include "agent/permitted.h"

#include "agent/base/json.h"

struct looking {
    const struct permitted *now;
    size_t outcomes, strangers;
};

static void look_at_outcome(const char *key_path, const struct outcome *outcome, void *arg)
{
    struct looking *looking = arg;
    const struct metric *metric = catalog_find(looking->now->catalog, key_path);

    (void)outcome;
    looking->outcomes++;
    if (metric == NULL || !looking->now->settings->categories[metric->category])
        looking->strangers++;
}

static bool all_are(const struct permitted *now)
{
    for (int i = 0; i < CATEGORY_COUNT; i++)
        if (!now->settings->categories[i])
            return false;
    return true;
}

bool permitted_run(const struct permitted *now, struct store *store, int64_t run_id,
                   bool *permitted, struct error *err)
{
    struct looking looking = {.now = now};

    *permitted = all_are(now);
    if (*permitted)
        return true;
    if (!store_outcomes(store, run_id, look_at_outcome, &looking, err))
        return false;
    *permitted = looking.strangers == 0;
    return true;
}

static bool is_permitted(const struct permitted *now, const char *name)
{
    enum data_category category;

    return name != NULL && data_category_from_name(name, &category) &&
           now->settings->categories[category];
}

/* By the categories that stand in the ping itself. */
static bool says_so_itself(const struct permitted *now, const struct store_ping *ping)
{
    struct error ignored;
    struct js_value *root = js_parse(ping->bytes, ping->length, &ignored);
    const struct js_value *said = js_get(js_get(root, "service_ping"), "consent");
    const struct js_value *categories = js_get(said, "categories");
    bool permitted = js_kind(categories) == JS_LIST;

    for (size_t i = 0; i < js_count(categories); i++)
        permitted = permitted && is_permitted(now, js_text(js_at(categories, i)));
    js_free(root);
    return permitted;
}

bool permitted_ping(const struct permitted *now, struct store *store, const struct store_ping *ping,
                    bool *permitted, struct error *err)
{
    struct looking looking = {.now = now};

    *permitted = all_are(now) || says_so_itself(now, ping);
    if (*permitted)
        return true;
    if (!store_outcomes(store, ping->run_id, look_at_outcome, &looking, err))
        return false;
    *permitted = looking.outcomes > 0 && looking.strangers == 0;
    return true;
}
