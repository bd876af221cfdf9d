#!/bin/sh
# Behind PgBouncer in transaction mode, where all clients share one session of the server: the same
# numbers as without it, nothing set for the others, and a clean pool after timeouts, stops and kills.
. "$(dirname "$0")/../support/tap.sh"
sample=$root/tests/support/sample

createdb pooled || exit 1
# A tenth of the sample's rows will do here.
sed 's/generate_series(1::bigint, \([0-9]*\)0)/generate_series(1::bigint, \1)/' "$sample/data.sql" >"$dir/data.sql"
psql -q -v ON_ERROR_STOP=1 -d pooled -f "$sample/schema.sql" -f "$dir/data.sql" -f "$sample/odd.sql" >"$dir/load" 2>&1 ||
    { cat "$dir/load"; exit 1; }
psql -q -X -v ON_ERROR_STOP=1 -d pooled <<'SQL' || exit 1
CREATE TABLE steps (id bigint PRIMARY KEY);
INSERT INTO steps SELECT generate_series(1, 300);
CREATE FUNCTION nap(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_sleep(0.001); RETURN 1; END';
CREATE FUNCTION spin(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN FOR i IN 1..2000000000 LOOP PERFORM i; END LOOP; RETURN 1; END';
CREATE VIEW naps AS SELECT id, nap(id) AS one FROM steps;
CREATE VIEW spins AS SELECT id, spin(id) AS one FROM steps;
SQL

# PgBouncer refuses root, as PostgreSQL does.
as= user=$(stat -c %U "$TEST_DIR/data")
[ "$(id -u)" -ne 0 ] || as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --"
pool=$TEST_DIR/pool
$as mkdir "$pool"
cat >"$pool/pgbouncer.ini" <<INI
[databases]
pooled = host=$TEST_DIR dbname=pooled
[pgbouncer]
unix_socket_dir = $pool
listen_addr =
listen_port = 6432
auth_type = trust
auth_file = $pool/users
admin_users = postgres
pool_mode = transaction
default_pool_size = 1
server_lifetime = 3600
INI
echo '"postgres" ""' >"$pool/users"
$as "$(command -v pgbouncer || echo /usr/sbin/pgbouncer)" -q "$pool/pgbouncer.ini" >"$pool/log" 2>&1 </dev/null &
bouncer=$!
trap 'kill -TERM $bouncer 2>/dev/null; kill -9 ${agent_pid:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
ask() { psql -q -X -At -d pooled -c "$1"; }
through() { PGHOST=$pool PGPORT=6432 psql -q -X -At -d pooled -c "$1"; }
console() { PGHOST=$pool PGPORT=6432 psql -q -X -At -F ' ' -d pgbouncer -c "$1"; }
wait_for through 'SELECT 1' || cat "$pool/log"

# settings HOST MORE_OF_PLAN
settings() {
    cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [${definitions:-$dir/definitions}]
databases: {main: {conninfo: "host=$1 user=postgres dbname=pooled", duty: 1}}
plan: {small_table_rows: 100, $2}
YAML
    cat "$sample/facts.yml" >>"$dir/settings.yml"
}
export SERVICE_PING_CONFIG="$dir/settings.yml"
preview() { "$agent" -q preview --format json >"$dir/$1.json" 2>"$dir/$1.err"; }
begin() {
    "$agent" -q preview --format json >"$dir/run.json" 2>"$dir/run.err" &
    agent_pid=$!
}
end() { wait "$agent_pid" 2>/dev/null; }
is_gone() { ! kill -0 "$agent_pid" 2>/dev/null; }
of_ours() { [ "$(ask "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%$1%' AND pid <> pg_backend_pid()")" "$2" 0 ]; }

# What another client finds on the shared session: nothing of ours. Says whose process it is.
says="concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
  current_setting('max_parallel_workers_per_gather'), current_setting('jit'),
  current_setting('client_connection_check_interval'), current_setting('default_transaction_read_only'),
  (SELECT count(*) FROM pg_prepared_statements))"
plain=$(ask "SELECT $says")
untouched() { same "$case: nothing is set for other clients" "$plain" "$(through "SELECT $says")"; }
# No session is in use or being closed; those of the pool are idle.
is_clean() { [ "$(console 'SHOW POOLS' | awk '$1 == "pooled" { print $3 + $4 + $7 }')" = 0 ]; }
clean() {
    check "$case: no client of ours is left in the pool" wait_for is_clean
    check "$case: the pool serves others" through 'SELECT 1'
}

case="the whole collection"
definitions=$root/definitions
settings "$TEST_DIR" "piece_target: 20ms"
check "$case without the pool: it ends well" preview direct
rm -rf "$dir/state"
settings "$pool port=6432" "piece_target: 20ms"
check "$case: it ends well" preview pooled
# The windows move with the time of the run; the sample's rows do not lie at their ends.
numbers='del(.recorded_at, .uuid, .service_ping)'
jq -S "$numbers" "$dir/direct.json" >"$dir/direct"
jq -S "$numbers" "$dir/pooled.json" >"$dir/pooled"
same "$case: the numbers are the same" "" "$(diff "$dir/direct" "$dir/pooled")"
check "$case: there are many ($(grep -c ': [0-9]' "$dir/pooled"))" test "$(grep -c ': [0-9]' "$dir/pooled")" -ge 200
gaps='[.service_ping.not_ok[] | [.key_path, .status, .reason]]'
same "$case: so are the gaps" "$(jq -c "$gaps" "$dir/direct.json")" "$(jq -c "$gaps" "$dir/pooled.json")"
untouched
clean
unset definitions

case="other clients between the pieces"
definition naps database '{relation: steps, where: "(SELECT one FROM naps WHERE naps.id = steps.id) = 1"}'
settings "$pool port=6432" "piece_target: 20ms"
rm -rf "$dir/state"
begin
wait_for of_ours naps '!='
served=0 touched=0
while ! is_gone; do
    [ "$(through "SELECT $says")" = "$plain" ] || touched=$((touched + 1))
    served=$((served + 1))
done
check "$case: the run ends well" end
same "$case: its number is right" 300 "$(jq .naps "$dir/run.json")"
# Whoever was served before another could ask was so before the end.
check "$case: they are served while it goes on ($served times)" test $served -ge 2
same "$case: nothing is ever set for them" 0 $touched

case="timeouts"
rm -rf "$dir/definitions" "$dir/state"
definition spins database '{relation: steps, where: "(SELECT one FROM spins WHERE spins.id = steps.id) = 1"}'
definition steps database '{relation: steps}'
settings "$pool port=6432" "piece_target: 20ms, statement_timeout: 200ms"
check "$case: the run ends well" preview run
same "$case: the slow metric has this status" timeout "$(jq -r '.service_ping.not_ok[] | select(.key_path == "spins") | .status' "$dir/run.json")"
same "$case: the other one is right" 300 "$(jq .steps "$dir/run.json")"
untouched
clean

case="stopped"
settings "$pool port=6432" "piece_target: 1m, statement_timeout: 2m"
for signal in KILL TERM; do
    rm -rf "$dir/state"
    begin
    wait_for of_ours spins '!='
    kill -s $signal "$agent_pid"
    check "$case by $signal: the agent is gone" wait_for is_gone
    end
    check "$case by $signal: no statement of it is left running" wait_for of_ours spins =
    untouched
    clean
done

case="the pool is started anew"
rm -rf "$dir/definitions" "$dir/state"
definition naps database '{relation: steps, where: "(SELECT one FROM naps WHERE naps.id = steps.id) = 1"}'
settings "$pool port=6432" "piece_target: 20ms"
begin
wait_for of_ours naps '!='
console 'KILL pooled'
console 'RESUME pooled'
check "$case: the run ends well" end
same "$case: its number is right" 300 "$(jq .naps "$dir/run.json")"
same "no warning of ours is in the server's log" "" "$(grep WARNING "$TEST_DIR/postgres.log")"
same "and no transaction was left open in it" "" "$(grep -i 'idle in transaction\|already a transaction\|no transaction in progress' "$TEST_DIR/postgres.log" "$pool/log")"
finish
