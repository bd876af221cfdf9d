#!/bin/sh
# An application with two databases, main and ci: each relation is found where it exists or where the
# definition says, one walk never mixes them, and with one of them down only its own metrics have no
# value - above all, none is taken from the other one instead.
. "$(dirname "$0")/../support/tap.sh"

createdb two_main && createdb two_ci || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d two_main <<'SQL' || exit 1
CREATE TABLE users (id bigint PRIMARY KEY, created_at timestamptz);
INSERT INTO users SELECT g, now() - g * interval '1 hour' FROM generate_series(1, 3000) g;
CREATE TABLE shared (id bigint PRIMARY KEY, kind int);
INSERT INTO shared SELECT g, g % 3 FROM generate_series(1, 1000) g;
CREATE SCHEMA audit;
CREATE TABLE audit.entries (id bigint PRIMARY KEY);
INSERT INTO audit.entries SELECT generate_series(1, 11);
SQL
psql -q -X -v ON_ERROR_STOP=1 -d two_ci <<'SQL' || exit 1
CREATE TABLE builds (id bigint PRIMARY KEY, user_id bigint, status int, created_at timestamptz);
INSERT INTO builds SELECT g, g % 40, g % 5, now() - g * interval '10 minutes' FROM generate_series(1, 8000) g;
CREATE TABLE shared (id bigint PRIMARY KEY, kind int);
INSERT INTO shared SELECT g, g % 7 FROM generate_series(1, 200) g;
SQL

definition users database '{relation: users}'
definition users_month database '{relation: users}' optional 28d
definition builds database '{relation: builds}'
definition builds_failed database '{relation: builds, where: status = 1}'
definition builds_users database '{relation: builds, operation: distinct_count, column: user_id}'
definition builds_month database '{relation: builds}' optional 28d
definition shared database '{relation: shared}'
definition shared_main database '{relation: shared, database: main}'
definition shared_ci database '{relation: shared, database: ci}'
definition shared_kinds_ci database '{relation: shared, operation: distinct_count, column: kind, database: ci}'
definition builds_said database '{relation: builds, database: ci}'
definition builds_elsewhere database '{relation: builds, database: main}'
definition entries database '{relation: audit.entries}'
definition across database '{relation: builds, joins: [{relation: users, on: users.id = builds.user_id}]}'
definition nowhere database '{relation: nowhere}'
definition by_sql database '{operation: sql, sql: "SELECT max(id) FROM shared"}'
definition by_sql_ci database '{operation: sql, sql: "SELECT max(id) FROM shared", database: ci}'

main="host=$TEST_DIR user=postgres dbname=two_main"
ci="host=$TEST_DIR user=postgres dbname=two_ci"
# settings FIRST ITS_CONNINFO SECOND ITS_CONNINFO
settings() {
    cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases:
  $1: {conninfo: "$2", duty: 1, connect_timeout: 2s}
  $3: {conninfo: "$4", duty: 1, connect_timeout: 2s}
plan: {small_table_rows: 100, piece_target: 20ms}
YAML
}
export SERVICE_PING_CONFIG="$dir/settings.yml"
preview() { "$agent" -q preview --format json >"$dir/payload.json" 2>"$dir/preview.err"; }
value() { jq -c --arg key "$1" '.[$key]' "$dir/payload.json"; }
about() { jq -r --arg key "$1" '.service_ping.not_ok[] | select(.key_path == $key) | '"$2" "$dir/payload.json"; }
right() { same "$case: $1 is $2" "$2" "$(value "$1")"; }
# gap KEY STATUS WORDS
gap() {
    same "$case: $1 is null and $2" "null $2" "$(value "$1") $(about "$1" .status)"
    check "$case: $1 says why: $(about "$1" .reason)" sh -c 'printf %s "$1" | grep -qi -- "$2"' sh "$(about "$1" .reason)" "$3"
}
gaps() { same "$case: no other metric is without a value" "$1" "$(jq -r '[.service_ping.not_ok[].key_path] | sort | join(" ")' "$dir/payload.json")"; }
expect() { # DATABASE SQL, at the run's own time
    at=$(jq -r .recorded_at "$dir/payload.json")
    psql -X -At -d "$1" -v at="$at" <<SQL
$2
SQL
}
windows() {
    expect "$1" "SELECT count(*) FROM $2 WHERE created_at BETWEEN :'at'::timestamptz - interval '30 days' AND :'at'::timestamptz - interval '2 days'"
}
rights_of_main() {
    right users 3000
    right users_month "$(windows two_main users)"
    right shared_main 1000
    right entries 11
}
rights_of_ci() {
    right builds 8000
    right builds_failed 1600
    right builds_users 40
    right builds_month "$(windows two_ci builds)"
    right builds_said 8000
    right shared_ci 200
    right shared_kinds_ci 7
    right by_sql_ci 200
}

settings main "$main" ci "$ci"
case="both up"
check "$case: the run ends well" preview
rights_of_main
rights_of_ci
right shared 1000
right by_sql 1000
gap builds_elsewhere absent 'builds.*main'
gap across absent users
gap nowhere absent nowhere
gaps "across builds_elsewhere nowhere"

case="the other one first"
settings ci "$ci" main "$main"
check "$case: the run ends well" preview
rights_of_main
rights_of_ci
right shared 200
right by_sql 200

case="ci down"
settings main "$main" ci "host=$dir user=postgres dbname=two_ci"
check "$case: the run ends well" preview
rights_of_main
right shared 1000
right by_sql 1000
for key in builds builds_failed builds_users builds_month builds_said shared_ci shared_kinds_ci by_sql_ci; do
    gap $key unavailable ci
done
gap builds_elsewhere absent main
gaps "across builds builds_elsewhere builds_failed builds_month builds_said builds_users by_sql_ci nowhere shared_ci shared_kinds_ci"

# The first database is where a relation is looked up first: with it out of reach, only what a
# definition says to be in ci is sure to be counted in the right place.
case="main down"
settings main "host=$dir user=postgres dbname=two_main" ci "$ci"
check "$case: the run ends well" preview
right builds_said 8000
right shared_ci 200
right shared_kinds_ci 7
right by_sql_ci 200
for key in users users_month shared_main entries shared by_sql builds builds_failed builds_elsewhere; do
    gap $key unavailable main
done
check "$case: the reason says how to be sure" sh -c 'printf %s "$1" | grep -q "database.*builds.yml"' sh "$(about builds .reason)"
gaps "across builds builds_elsewhere builds_failed builds_month builds_users by_sql entries nowhere shared shared_main users users_month"

case="both down"
settings main "host=$dir user=postgres dbname=two_main" ci "host=$dir user=postgres dbname=two_ci"
check "$case: the run ends well" preview
same "$case: every metric is unavailable" unavailable \
    "$(jq -r '[.service_ping.not_ok[].status] | unique | join(" ")' "$dir/payload.json")"
same "$case: none is left out" 17 "$(jq '.service_ping.metrics.not_ok' "$dir/payload.json")"

# After GitLab's decomposition both databases have all tables, and those of the other one are stale.
case="the same tables in both"
psql -q -X -v ON_ERROR_STOP=1 -d two_main -c 'CREATE TABLE builds (id bigint PRIMARY KEY, user_id bigint, status int, created_at timestamptz)' \
    -c 'INSERT INTO builds VALUES (1, 1, 1, now())'
psql -q -X -v ON_ERROR_STOP=1 -d two_ci -c 'CREATE TABLE users (id bigint PRIMARY KEY, created_at timestamptz)'
settings main "$main" ci "$ci"
check "$case: the run ends well" preview
right builds 1
export SERVICE_PING_DATABASES_CI_RELATIONS='build*, runners'
case="the same tables in both, and ci claims its own"
check "$case: the run ends well" preview
rights_of_main
rights_of_ci
right shared 1000
right builds_elsewhere 1
right across 0
gaps nowhere
"$agent" explain builds >"$dir/explained" 2>&1
check "$case: explain names the database" grep -q 'database ci' "$dir/explained"
case="claimed by ci, and main down"
settings main "host=$dir user=postgres dbname=two_main" ci "$ci"
check "$case: the run ends well" preview
rights_of_ci
gap users unavailable main

case="ci closed by its admin"
settings main "$main" ci "$ci"
psql -q -X -d postgres -c 'ALTER DATABASE two_ci ALLOW_CONNECTIONS false'
check "$case: the run ends well" preview
rights_of_main
gap builds error 'not currently accepting'
psql -q -X -d postgres -c 'ALTER DATABASE two_ci ALLOW_CONNECTIONS true'
check "well again: the run ends well" preview
case="well again"
rights_of_main
rights_of_ci
finish
