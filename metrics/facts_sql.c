#include "metrics/facts_sql.h"

/* A relation without a schema is the one that the session sees. */
#define WANTED                                                                                     \
    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted(schema, name, place) "          \
    "JOIN pg_catalog.pg_class c ON c.relname = wanted.name AND c.relkind IN "                      \
    "('r', 'p', 'v', 'm', 'f') "                                                                   \
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND CASE WHEN wanted.schema = '' "   \
    "THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = wanted.schema END "

#define BASE_TYPE                                                                                  \
    "pg_catalog.pg_type t ON t.oid = a.atttypid "                                                  \
    "LEFT JOIN pg_catalog.pg_type base ON t.typtype = 'd' AND base.oid = t.typbasetype "

#define NAME_AND_TYPE "coalesce(a.attname, '')::text, coalesce(base.typname, t.typname, '')::text, "

/*
 * Those of a table with heirs are of all their rows. Looked up one by one, behind OFFSET 0: the
 * view is expensive to join, for the server does not know how few rows it gives for a name.
 */
#define STATISTICS                                                                                 \
    "LEFT JOIN LATERAL (SELECT st.attname, st.n_distinct, st.null_frac, st.histogram_bounds, "     \
    "st.most_common_vals, st.most_common_freqs FROM pg_catalog.pg_stats st WHERE "
#define OF_COLUMN                                                                                  \
    " AND st.tablename = c.relname AND st.attname = a.attname "                                    \
    "AND st.inherited = c.relhassubclass OFFSET 0) s ON true "

#define FIGURES                                                                                    \
    "s.attname IS NOT NULL, s.n_distinct::text, s.null_frac::text, s.most_common_freqs[1]::text"

/*
 * Sums over a table's partitions or heirs. The size of a table is asked for only if it was never
 * vacuumed nor analysed, and then 60 rows a page are assumed; nobody waits for one that is locked,
 * it counts as large. What was inserted since the last vacuum is in new pages, which are not
 * visible to all yet. Each dead row is taken to spoil another page.
 */
const char facts_relations_sql[] =
    "WITH RECURSIVE named AS (SELECT wanted.place, c.oid, c.relkind, c.relhassubclass " WANTED
    "), parts(place, oid) AS (SELECT place, oid FROM named UNION SELECT parts.place, i.inhrelid "
    "FROM parts JOIN pg_catalog.pg_inherits i ON i.inhparent = parts.oid), "
    "sizes AS (SELECT parts.place, c.relpages > 0 AS known, c.relallvisible, "
    "greatest(c.reltuples, 0) AS rows, "
    "CASE WHEN c.relpages > 0 THEN c.relpages * greatest(1, "
    "pg_catalog.pg_stat_get_live_tuples(c.oid) / nullif(c.reltuples, 0)) "
    "WHEN c.oid IN (SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.mode = "
    "'AccessExclusiveLock' AND l.relation IS NOT NULL) THEN 100000 "
    "ELSE pg_catalog.pg_relation_size(c.oid) / 8192.0 END AS pages, "
    "pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead "
    "FROM parts JOIN pg_catalog.pg_class c ON c.oid = parts.oid AND c.relkind IN ('r', 'm')), "
    "sums AS (SELECT place, sum(CASE WHEN known THEN rows ELSE pages * 60 END) AS rows, "
    "sum(pages) AS pages, sum(greatest(relallvisible - dead, 0)) AS visible "
    "FROM sizes GROUP BY place) "
    "SELECT named.place, named.relkind::text, coalesce(sums.rows, 0)::bigint, current_user::text, "
    "coalesce(sums.pages, 0)::bigint, coalesce(sums.visible, 0)::bigint, "
    "pg_catalog.pg_is_in_recovery(), named.relhassubclass AND named.relkind = 'r' "
    "FROM named LEFT JOIN sums USING (place)";

/*
 * Moments are read from JSON, because its form does not depend on the session's DateStyle. The
 * integer form: days or microseconds since 2000-01-01.
 */
#define TYPE "coalesce(base.typname, t.typname)"
#define KEY                                                                                        \
    "CASE WHEN v = 'infinity' THEN 9223372036854775807 "                                           \
    "WHEN v = '-infinity' THEN -9223372036854775808 "                                              \
    "WHEN " TYPE " = 'date' THEN (v::date - date '2000-01-01')::bigint "                           \
    "WHEN " TYPE " = 'timestamp' "                                                                 \
    "THEN ((extract(epoch FROM v::timestamp) - 946684800) * 1000000)::bigint "                     \
    "ELSE ((extract(epoch FROM v::timestamptz) - 946684800) * 1000000)::bigint END "
#define KEYS                                                                                       \
    "CASE WHEN " TYPE " IN ('timestamp', 'timestamptz', 'date') THEN ARRAY(SELECT " KEY            \
    "FROM pg_catalog.json_array_elements_text(pg_catalog.array_to_json("

const char facts_columns_sql[] =
    "SELECT wanted.place, " NAME_AND_TYPE FIGURES ", " KEYS
    "s.histogram_bounds)) AS j(v)) END, " KEYS "s.most_common_vals)) AS j(v)) END, "
    "ARRAY(SELECT (f * 1e9)::bigint FROM unnest(s.most_common_freqs) f), t.typtype = 'd' " WANTED
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "AND NOT a.attisdropped AND a.attname = ANY($3::text[]) JOIN " BASE_TYPE STATISTICS
    "st.schemaname = n.nspname" OF_COLUMN;

/* A unique index of a table with heirs says nothing about the rows of those. */
const char facts_indexes_sql[] =
    "SELECT wanted.place, " NAME_AND_TYPE FIGURES ", k.at, coalesce(a.attnotnull, false), "
    "i.indisprimary, i.indisunique AND NOT (c.relhassubclass AND c.relkind = 'r'), "
    "i.indnkeyatts, k.at > i.indnkeyatts OR coalesce(opc.opcdefault AND "
    "i.indcollation[k.at - 1] = a.attcollation AND i.indoption[k.at - 1] & 1 = i.indoption[0] & 1, "
    "false) " WANTED
    "JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indisready "
    "AND i.indpred IS NULL AND i.indkey[0] > 0 "
    "JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid "
    "JOIN pg_catalog.pg_am am ON am.oid = ic.relam AND am.amname = 'btree' "
    "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, at) "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum "
    "AND k.attnum > 0 LEFT JOIN pg_catalog.pg_opclass opc ON opc.oid = i.indclass[k.at - 1] "
    "LEFT JOIN " BASE_TYPE STATISTICS "k.at = 1 AND st.schemaname = n.nspname" OF_COLUMN
    "ORDER BY wanted.place, i.indisprimary DESC, i.indexrelid, k.at";
