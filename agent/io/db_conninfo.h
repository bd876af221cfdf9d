/* What a conninfo says, without connecting. Beside db.c the only file that knows libpq. */
#ifndef AGENT_IO_DB_CONNINFO_H
#define AGENT_IO_DB_CONNINFO_H

#include "agent/base/arena.h"

/*
 * The name of the database that libpq would connect to: the conninfo's own, or PGDATABASE, or that
 * of the user, as far as either names one. NULL: none does, or the conninfo is malformed.
 */
const char *db_conninfo_database(const char *conninfo, struct arena *arena);

#endif
