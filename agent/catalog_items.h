/*
 * What the definition files say, name by name, and what they do to each other: a name that stands
 * twice in one folder, a later folder that overrides an earlier one, a path below another's value.
 */
#ifndef AGENT_CATALOG_ITEMS_H
#define AGENT_CATALOG_ITEMS_H

#include "agent/base/complaints.h"
#include "agent/base/digest.h"
#include "agent/source.h"

/* One definition file that was read. */
struct source_file {
    const char *path;
    const char *name; /* the path inside its folder: the same on every machine */
    size_t folder;    /* the index of its folder */
    char digest[DIGEST_TEXT_SIZE];
    size_t defines, in_force; /* metrics or events */
    bool refused;             /* the source complained about one of its metrics */
};

/* What one file defines under one name: a metric of one time frame, or an event. */
struct item {
    const char *name;
    struct source_file *file;
    int line; /* of the name */
    bool faulty;
    bool preferred;      /* wins over every item of the name that is not */
    const char *kind;    /* two of a name and of one kind in one folder are a mistake */
    const char *removal; /* NULL: not removed */
    struct metric *metric;
    struct event_definition event;
};

struct item_list {
    struct item *items;
    size_t count;
};

/* Room for one more item. */
struct item *items_add(struct item_list *list, struct arena *arena);

/* `loser` is overridden by `winner`, which is in force. */
typedef void items_overridden(const struct item *winner, const struct item *loser, void *arg);

/*
 * Sorts by name and leaves one item of each: what is in force. Complains about names that stand
 * twice in one folder, and tells of every other item that is left out.
 */
void items_settle(struct item_list *list, struct complaints *complaints,
                  items_overridden *overridden, void *arg);

/* Of settled items: a payload cannot hold a value at a.b and another one at a.b.c. */
void items_complain_of_collisions(const struct item_list *list, struct complaints *complaints);

#endif
