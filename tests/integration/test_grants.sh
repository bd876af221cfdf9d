#!/bin/sh
# `grants`: a role made by exactly the printed statements gets every number that a superuser gets, and
# can read and do nothing else; with one of them taken away the metrics of that relation are denied, and
# no others. The same with the user of Redis. `explain` works with these grants, too, and without a server.
. "$(dirname "$0")/../support/tap.sh"
sample=$root/tests/support/sample

createdb granted && createdb elsewhere || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d granted -f "$sample/schema.sql" -f "$sample/data.sql" -f "$sample/odd.sql" \
    >"$dir/load" 2>&1 || { cat "$dir/load"; exit 1; }
psql -q -X -v ON_ERROR_STOP=1 -d granted <<'SQL' || exit 1
CREATE TABLE secrets (id bigserial PRIMARY KEY, text text);
CREATE TABLE months (id bigint, at date) PARTITION BY RANGE (id);
CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM (1) TO (500);
CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM (500) TO (9000);
INSERT INTO months SELECT g, '2026-01-01' FROM generate_series(1, 1000) g;
SQL
begin_early week 300
sh "$sample/redis.sh" "$TEST_REDIS" >/dev/null
# Windows move while this runs: rows near their ends are moved out of the way.
psql -q -X -v ON_ERROR_STOP=1 -d granted <<'SQL' || exit 1
DO $$
DECLARE near record;
BEGIN
    FOR near IN SELECT c.oid::regclass AS relation, quote_ident(a.attname) AS name
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND a.attgenerated = ''
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
    LOOP
        EXECUTE format('UPDATE %1$s SET %2$s = %2$s + interval ''2 hours'' WHERE EXISTS (SELECT
            FROM unnest(ARRAY[0, 2, 9, 30]) days WHERE %2$s BETWEEN now() - days * interval ''1 day'' - interval ''1 minute''
            AND now() - days * interval ''1 day'' + interval ''1 hour'')', near.relation, near.name);
    END LOOP;
END $$;
SQL
definition granted.partitioned database '{relation: months}'
definition granted.missing database '{relation: never_there}'
definition granted.both database '{relation: months, joins: [{relation: projects, on: projects.id = months.id}]}'
definition granted.within database '{relation: months, where: "id IN (SELECT id FROM users)"}'
definition granted.by_sql database '{operation: sql, sql: "SELECT max(id) FROM (SELECT id FROM months_1) AS m"}'
definition granted.catalog database '{operation: sql, sql: "SELECT 1 + count(*) - count(*) FROM pg_catalog.pg_class"}'

# settings USER DATABASE REDIS_USER
settings() {
    cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$root/definitions, $dir/definitions]
databases: {main: {conninfo: "host=$TEST_DIR user=$1 dbname=$2", duty: 1}}
redis: {address: $TEST_REDIS$3}
plan: {piece_target: 20ms, small_table_rows: 100}
log: {level: error}
YAML
    cat "$sample/facts.yml" >>"$dir/settings.yml"
}
export SERVICE_PING_CONFIG="$dir/settings.yml"
# values NAME: what is counted, without what is of the run
values() {
    "$agent" -q preview --format json >"$dir/$1.json" 2>"$dir/$1.err"
    jq -S 'del(.service_ping, .recorded_at, .recording_ce_finished_at, .recording_ee_finished_at)' "$dir/$1.json" >"$dir/$1"
    jq -r '.service_ping.not_ok[] | .key_path + " " + .status' "$dir/$1.json" | sort >"$dir/$1.gaps"
}
as() { psql -q -X -At -d granted -U service-ping "$@"; }
refused() { ! as -v ON_ERROR_STOP=1 -c "$1" && as -c "$1" 2>&1 | grep -qE "$2"; }

settings postgres granted ''
values superuser
check "the superuser counts hundreds of metrics" jq -e '.service_ping.metrics.ok > 400' "$dir/superuser.json"

# Before there is such a role, the conninfo of the run cannot connect: everything is named.
settings service-ping granted ''
"$agent" grants >"$dir/unasked.sql" 2>"$dir/unasked.err"
same "grants of a database that cannot be asked end well" 0 $?
check "and say so" grep -q 'could not be asked' "$dir/unasked.sql"
check "and name what may not exist" grep -q '^GRANT SELECT ON never_there TO' "$dir/unasked.sql"
check "also on stderr" grep -q 'main: .*all relations are named' "$dir/unasked.err"

settings postgres granted ''
"$agent" grants >"$dir/grants.sql"
same "grants end well" 0 $?
same "no line is longer than 80" "" "$(awk 'length > 80' "$dir/grants.sql")"
same "what is not there is a comment" 1 "$(grep -c '^-- not in this database: never_there$' "$dir/grants.sql")"
same "each relation is granted once, in order" "$(grep '^GRANT SELECT' "$dir/grants.sql" | sort -u)" \
    "$(grep '^GRANT SELECT' "$dir/grants.sql")"
check "a catalog is not granted" sh -c "! grep -q 'GRANT.*pg_catalog' '$dir/grants.sql'"
check "psql takes them" psql -q -X -v ON_ERROR_STOP=1 -d granted -f "$dir/grants.sql"
check "psql takes them again" psql -q -X -v ON_ERROR_STOP=1 -d granted -f "$dir/grants.sql"

settings service-ping granted ''
values role
same "the role's numbers are the superuser's" "" "$(diff "$dir/superuser" "$dir/role")"
same "and so are the gaps" "" "$(diff "$dir/superuser.gaps" "$dir/role.gaps")"
"$agent" grants >"$dir/again.sql"
same "the role itself can ask for its grants" "" "$(diff "$dir/grants.sql" "$dir/again.sql")"
"$agent" explain counts.issues >"$dir/explained" 2>&1
same "explain ends well for the role" 0 $?
check "with its meaning" grep -qx '  SELECT count(\*) FROM issues' "$dir/explained"
check "its pass and company" grep -qE 'pass +main: issues by id, with [0-9]+ other metrics' "$dir/explained"
check "the statement for any piece" grep -q 'issues.id >= :from AND issues.id < :to' "$dir/explained"
check "the first piece in words" grep -qE 'The first piece, [0-9]+ of [0-9]+ rows' "$dir/explained"
check "the server's plan of it" grep -q 'Aggregate  (cost=' "$dir/explained"
"$agent" metrics --format json | jq -r '.[] | select(.data_source == "database") | .key_path' |
    awk -v all="${SOAK:-}" 'all != "" || NR % 9 == 1' >"$dir/keys"
while read -r key; do
    "$agent" explain "$key" --format json 2>&1 |
        jq -r 'select(.no_value == null and ((.explain | length) < 2 and ((.explain[0] // "") | test("no row") | not))) | .key_path'
done <"$dir/keys" >"$dir/unexplained" 2>&1
same "metrics that have a value have the server's plan, too" "" "$(cat "$dir/unexplained")"

# What else the role may do.
sed -n 's/^GRANT SELECT ON \(.*\) TO .*/\1/p' "$dir/grants.sql" | sort >"$dir/printed"
as -c "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE')
        ELSE has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') END" | sort >"$dir/readable"
same "exactly the printed relations are readable, and no sequence" "" "$(diff "$dir/printed" "$dir/readable")"
same "nothing can be written" 0 "$(as -c "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))")"
same "only the schema public is open" public "$(as -c "SELECT nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'USAGE')")"
same "nothing can be made in a schema or the database" f "$(as -c "SELECT bool_or(has_schema_privilege(oid, 'CREATE'))
    OR has_database_privilege(current_database(), 'CREATE') FROM pg_namespace")"
same "the role is a plain one" f "$(as -c "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
    FROM pg_roles WHERE rolname = current_user")"
same "it is a member of no other" 0 "$(as -c "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE r.rolname = current_user")"
same "its second fence stands" 'on 15s' "$(as -F ' ' -c "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout')")"
check "it cannot read another table" refused 'SELECT * FROM secrets' 'permission denied for table secrets'
check "it cannot take a number" refused "SET transaction_read_only = off; SELECT nextval('secrets_id_seq')" 'permission denied for sequence'
check "it cannot insert" refused "INSERT INTO months VALUES (1)" 'read-only transaction'
check "it cannot insert behind the fence" refused 'SET transaction_read_only = off; INSERT INTO months VALUES (1)' 'permission denied'
check "it cannot update behind the fence" refused 'SET transaction_read_only = off; UPDATE users SET id = id' 'permission denied'
check "it cannot delete behind the fence" refused 'SET transaction_read_only = off; DELETE FROM users' 'permission denied'
check "it cannot create behind the fence" refused 'SET transaction_read_only = off; CREATE TABLE mine (id int)' 'permission denied'
check "it makes no temporary table" refused 'CREATE TEMP TABLE mine (id int)' 'read-only transaction'

# One grant taken away: exactly its metrics are denied.
for relation in issues users months; do
    psql -q -X -d granted -c "REVOKE SELECT ON $relation FROM \"service-ping\""
    values without
    "$agent" queries --format sql | awk -v relation="$relation" '
        /^-- .* \(database main\)$/ { key = $2; next }
        $0 ~ "(^|[^a-z_.])" relation "([^a-z_]|$)" { print key " denied" }' | sort -u >"$dir/expected"
    check "without $relation: some metrics are concerned" test -s "$dir/expected"
    same "without $relation: exactly its metrics are denied" "" \
        "$(grep -v -F -f "$dir/role.gaps" "$dir/without.gaps" | diff "$dir/expected" -)"
    same "without $relation: each reason names it and says what to do" "" \
        "$(jq -r --arg relation "$relation" '.service_ping.not_ok[] | select(.status == "denied")
        | select((.reason | test("permission denied for table " + $relation + " ") and test("GRANT SELECT ON .*" + $relation)
            and test("service-ping grants")) | not) | .key_path + ": " + .reason' "$dir/without.json")"
    "$agent" explain "$(sed -n '1s/ .*//p' "$dir/expected")" >"$dir/explained" 2>&1
    same "without $relation: explain ends well" 0 $?
    check "without $relation: explain says the gap" grep -q 'no value  *denied: permission denied for table' "$dir/explained"
    "$agent" grants | psql -q -X -v ON_ERROR_STOP=1 -d granted
done
values again
same "granted again, all is as before" "" "$(diff "$dir/superuser" "$dir/again")"

# Names that need quotes, several databases, a role of another name, a replica.
rm -r "$dir/definitions"
definition odd database '{relation: secrets, database: other}'
definition here database '{relation: months}'
cat >"$dir/two.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases:
  main: {conninfo: "host=$TEST_DIR user=postgres dbname=granted"}
  other: {conninfo: "postgresql:///elsewhere?host=$TEST_DIR&user=nobody_here", role: replica}
YAML
"$agent" -c "$dir/two.yml" -q grants --role 'Odd "role".x' >"$dir/two.sql"
same "grants for two databases end well" 0 $?
same "each database is connected to" '\connect granted \connect elsewhere' "$(grep '^.connect' "$dir/two.sql" | tr '\n' ' ' | sed 's/ $//')"
same "the first is given what it is asked for alone" 'GRANT SELECT ON public.months TO "Odd ""role"".x";' \
    "$(sed '/connect elsewhere/,$d' "$dir/two.sql" | grep '^GRANT SELECT')"
same "the second, too" 'GRANT SELECT ON secrets TO "Odd ""role"".x";' \
    "$(sed '1,/connect elsewhere/d' "$dir/two.sql" | grep '^GRANT SELECT')"
check "a replica's grants are for its primary" grep -q 'replica.*primary' "$dir/two.sql"
psql -q -X -d elsewhere -c 'CREATE TABLE secrets (id bigint)'
check "psql takes them" psql -q -X -v ON_ERROR_STOP=1 -d postgres -f "$dir/two.sql"
same "and both are readable" t "$(psql -X -At -d granted -c "SELECT has_table_privilege('Odd \"role\".x', 'months', 'SELECT')")"

# Without a server.
SERVICE_PING_DATABASES_MAIN_CONNINFO="host=$dir dbname=granted" "$agent" explain here >"$dir/explained" 2>&1
same "explain without a server says that it is unreachable" 69 $?
check "but prints the meaning" grep -qx '  SELECT count(\*) FROM months' "$dir/explained"
check "and why the rest is missing" grep -q 'How this instance would count it is not known: ' "$dir/explained"
SERVICE_PING_DATABASES_MAIN_CONNINFO="host=$dir dbname=granted" "$agent" explain here --offline >"$dir/explained" 2>&1
same "offline nobody is asked" 0 $?
check "and nothing is missed" sh -c "! grep -q 'not known' '$dir/explained'"

# Redis: the printed user reads what is counted, and nothing else.
sed -n 's/^--   \(ACL SETUSER .*\)/\1/p' "$dir/grants.sql" | sed 's/>PASSWORD/>pass-word/' >"$dir/acl"
check "there is a user of Redis" test -s "$dir/acl"
redis() { redis-cli -s "$TEST_REDIS" "$@"; }
same "redis-cli takes it" OK "$(redis <"$dir/acl" | sort -u)"
echo pass-word >"$dir/redis.password"
chmod 600 "$dir/redis.password"
definition granted.partitioned database '{relation: months}'
settings postgres granted ", user: service-ping, password_file: $dir/redis.password"
sed -i "s|, $dir/definitions||" "$dir/settings.yml"
values redis
jq -S 'del(.granted)' "$dir/superuser" >"$dir/expected"
same "its numbers are those of the user who may do all" "" "$(diff "$dir/expected" "$dir/redis")"
reader() { redis --user service-ping --pass pass-word --no-auth-warning "$@" 2>&1; }
redis set other 1 >/dev/null
set -f
for command in "set {hll_counters}_x 1" "pfadd {hll_counters}_x a" "incr USAGE_X" "mget other" "keys *" "flushall" "config get *" "del other" "eval return 0" "subscribe x" "scan 0" "get {hll_counters}_x"; do
    check "it cannot $command" sh -c 'printf %s "$1" | grep -q NOPERM' sh "$(reader $command)"
done
finish
