#include "agent/io/db_conninfo.h"

#include <libpq-fe.h>

#include <stdbool.h>
#include <string.h>

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0 && options->val != NULL &&
            options->val[0] != '\0')
            return options->val;
    return NULL;
}

const char *db_conninfo_database(const char *conninfo, struct arena *arena)
{
    bool has_form = strchr(conninfo, '=') != NULL || strstr(conninfo, "://") != NULL;
    PQconninfoOption *options = has_form ? PQconninfoParse(conninfo, NULL) : NULL;
    PQconninfoOption *defaults = PQconndefaults();
    const char *name = has_form ? value_of(options, "dbname") : conninfo;

    if (has_form && options == NULL)
        name = NULL;
    else if (name == NULL && value_of(defaults, "dbname") != NULL)
        name = value_of(defaults, "dbname");
    else if (name == NULL)
        name = value_of(options, "user");
    name = name != NULL && name[0] != '\0' ? arena_copy(arena, name) : NULL;
    PQconninfoFree(options);
    PQconninfoFree(defaults);
    return name;
}
