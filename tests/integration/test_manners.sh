#!/bin/sh
# What the database and its admin feel of a running collection: read-only, bounded in time, short
# transactions, one session, nothing left behind by a stop or a kill, and rests in between.
. "$(dirname "$0")/../support/tap.sh"

createdb manners || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d manners <<'SQL' || exit 1
CREATE TABLE good (id bigint PRIMARY KEY, n int);
INSERT INTO good SELECT g, g % 7 FROM generate_series(1, 20000) g;
CREATE TABLE steps (id bigint PRIMARY KEY);
INSERT INTO steps SELECT generate_series(1, 700);
CREATE TABLE locked (id bigint PRIMARY KEY, n int);
INSERT INTO locked SELECT g, g % 7 FROM generate_series(1, 3000) g;
CREATE TABLE written (n int);
CREATE TABLE dead AS SELECT generate_series(1, 5000) AS n;
CREATE FUNCTION nap(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_sleep(0.001); RETURN 1; END';
CREATE FUNCTION spin(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN FOR i IN 1..2000000000 LOOP PERFORM i; END LOOP; RETURN 1; END';
CREATE FUNCTION long_first(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN IF $1 = 1 THEN PERFORM pg_sleep(0.6); END IF; RETURN 1; END';
CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO written VALUES (1) RETURNING n';
CREATE VIEW naps AS SELECT id, nap(id) AS one FROM steps;
CREATE VIEW spins AS SELECT id, spin(id) AS one FROM good;
CREATE VIEW long_firsts AS SELECT id, long_first(id) AS one FROM good;
CREATE VIEW writing AS SELECT 1 AS id, writes() AS n;
CREATE VIEW session AS SELECT concat_ws(' ',
  current_setting('application_name'), current_setting('transaction_read_only'),
  current_setting('transaction_isolation'), current_setting('statement_timeout'),
  current_setting('lock_timeout'), current_setting('max_parallel_workers_per_gather'),
  current_setting('jit'), current_setting('client_connection_check_interval')) AS says;
ANALYZE;
CREATE TABLE never_analysed (id bigint PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO never_analysed SELECT generate_series(1, 5);
CREATE ROLE manners_reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO manners_reader;
GRANT INSERT ON written TO manners_reader;
-- Here everything invites to parallel plans and to compiling.
ALTER DATABASE manners SET max_parallel_workers_per_gather = 4;
ALTER DATABASE manners SET parallel_setup_cost = 0;
ALTER DATABASE manners SET parallel_tuple_cost = 0;
ALTER DATABASE manners SET min_parallel_table_scan_size = 0;
ALTER DATABASE manners SET jit = on;
ALTER DATABASE manners SET jit_above_cost = 0;
SQL

ask() { psql -q -X -At -d manners -c "$1"; }
ours="FROM pg_stat_activity WHERE application_name = 'service-ping'"
none_left() { [ "$(ask "SELECT count(*) $ours")" = 0 ]; }
some_active() { [ "$(ask "SELECT count(*) $ours AND state = 'active' AND query LIKE '%$1%'")" != 0 ]; }

export SERVICE_PING_CONFIG="$dir/settings.yml"
# settings MORE_OF_PLAN [DUTY]
settings() {
    cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "host=$TEST_DIR user=manners_reader dbname=manners", duty: ${2:-1}}}
plan: {small_table_rows: 10, pause_file: $dir/pause, $1}
YAML
}
afresh() { rm -rf "$dir/definitions" "$dir/state"; }
preview() { "$agent" -q preview --format json >"$dir/payload.json" 2>"$dir/preview.err"; }
# begin: the same beside the script; its process is $agent_pid.
begin() {
    "$agent" -q preview --format json >"$dir/payload.json" 2>"$dir/preview.err" &
    agent_pid=$!
}
running() { kill -0 "$agent_pid" 2>/dev/null; }
is_gone() { ! running; }
end() { wait "$agent_pid" 2>/dev/null; }
value() { jq -c --arg key "$1" '.[$key]' "$dir/payload.json"; }
about() { jq -r --arg key "$1" '.service_ping.not_ok[] | select(.key_path == $key) | '"$2" "$dir/payload.json"; }
right() { same "$case: $1 is $2" "$2" "$(value "$1")"; }
# gap KEY STATUS WORDS
gap() {
    same "$case: $1 is null and $2" "null $2" "$(value "$1") $(about "$1" .status)"
    check "$case: it says why: $(about "$1" .reason)" sh -c 'printf %s "$1" | grep -qi -- "$2"' sh "$(about "$1" .reason)" "$3"
}

# ---- A session of another user, which takes commands and holds locks ----
mkfifo "$dir/commands"
psql -q -X -d manners -v ON_ERROR_STOP=1 <"$dir/commands" >/dev/null 2>&1 &
other=$!
exec 9>"$dir/commands"
trap 'exec 9>&-; kill -9 $other ${agent_pid:-} ${sampler:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
is_locked() { [ "$(ask "SELECT count(*) FROM pg_locks WHERE relation = '${1##*, }'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 1 ]; }
lock() { echo "BEGIN; LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE;" >&9; wait_for is_locked "$1"; }
unlock() { echo "COMMIT;" >&9; }
timeouts() { grep -c 'canceling statement due to lock timeout' "$TEST_DIR/postgres.log"; }
# timed_out N: more than N lock timeouts so far
timed_out() { [ "$(timeouts)" -gt "$1" ]; }

case="read only"
afresh
settings "statement_timeout: 7s, lock_timeout: 3s"
definition deleting database '{operation: sql, sql: "WITH gone AS (DELETE FROM good RETURNING id) SELECT count(*) FROM gone"}'
"$agent" check >"$dir/checked" 2>&1
same "$case: a definition that deletes is refused by check" 1 $?
check "$case: and it says which: $(grep -i delete "$dir/checked" | head -n 1)" grep -q 'deleting.yml.*DELETE' "$dir/checked"
afresh
definition by_function database '{relation: writing, operation: sum, column: n}'
definition by_statement database '{operation: sql, sql: "SELECT n FROM writing"}'
definition good database '{relation: good}'
definition says database '{operation: sql, sql: "SELECT says FROM session"}'
sed -i 's/^value_type: .*/value_type: string/' "$dir/definitions/metrics/says.yml"
check "$case: the run ends well" preview
gap by_function error 'read-only transaction'
gap by_statement error 'read-only transaction'
right good 20000
same "$case: nothing is written" 0 "$(ask 'SELECT count(*) FROM written')"
check "a control: the database invites to parallel plans" sh -c "psql -X -At -d manners -c 'EXPLAIN SELECT count(*) FROM good' | grep -q Gather"
check "a control: and to compiling" sh -c "psql -X -At -d manners -c 'EXPLAIN SELECT count(*) FROM good' | grep -q JIT"
same "the session says: its name, read only, timeouts, nothing parallel, nothing compiled" \
    '"service-ping on read committed 7s 3s 0 off 500ms"' "$(value says)"

case="a locked table"
afresh
settings "lock_timeout: 100ms, statement_timeout: 20s"
definition locked database '{relation: locked}'
definition locked_within database '{relation: good, where: "id IN (SELECT id FROM locked)"}'
definition never_analysed database '{relation: never_analysed}'
definition good database '{relation: good}'
definition good_some database '{relation: good, where: "n = 3"}'
definition steps database '{relation: steps}'
lock 'locked, never_analysed'
check "$case: the run ends well" preview
gap never_analysed unavailable 'held a lock.*lock timeout'
gap locked unavailable 'held a lock.*lock timeout'
gap locked_within unavailable 'held a lock.*lock timeout'
right good 20000
right good_some 2857
right steps 700
check "$case: the reason names the setting" sh -c 'printf %s "$1" | grep -q plan.lock_timeout' sh "$(about locked .reason)"
unlock

case="a lock that goes away"
rm -rf "$dir/state"
before=$(timeouts)
lock 'locked, never_analysed'
begin
wait_for timed_out "$before"
unlock
check "$case: the run ends well" end
check "$case: it was met" timed_out "$before"
right never_analysed 5
right locked 3000
right locked_within 3000
right good 20000

case="a lock in the middle of a walk"
afresh
settings "lock_timeout: 100ms, piece_target: 50ms"
definition naps database '{relation: steps, where: "(SELECT one FROM naps WHERE naps.id = steps.id) = 1"}'
before=$(timeouts)
begin
wait_for some_active naps
lock steps
wait_for timed_out "$before"
unlock
check "$case: the run ends well" end
right naps 700

case="a long walk"
rm -rf "$dir/state"
settings "piece_target: 60ms"
psql -q -X -At -F ' ' -d manners >"$dir/samples" <<'SQL' &
SELECT pid, replace(coalesce(state, '-'), ' ', '_'), coalesce(extract(epoch FROM xact_start)::text, '-'),
  coalesce(backend_xmin::text, '-'), backend_type = 'parallel worker'
FROM pg_stat_activity WHERE application_name = 'service-ping' \watch 0.004
SQL
sampler=$!
begin
wait_for some_active naps
ask 'DELETE FROM dead'
# As long as a snapshot from before the deletion lives, VACUUM cannot give the pages back.
vacuumed() { ask 'VACUUM dead' && [ "$(ask "SELECT pg_relation_size('dead')")" = 0 ]; }
check "$case: meanwhile VACUUM removes what was deleted during it" wait_for vacuumed
check "$case: which goes on" running
check "$case: the run ends well" end
kill "$sampler"
wait "$sampler" 2>/dev/null
right naps 700
grep -E '^[0-9]+ [a-z_()]+ ' "$dir/samples" >"$dir/seen"
check "$case: it was looked at while it was active" sh -c "[ \$(grep -c ' active ' $dir/seen) -ge 10 ]"
same "$case: never idle in a transaction" 0 "$(grep -c 'idle_in_transaction ' "$dir/seen")"
same "$case: idle, or after a failure, it has neither transaction nor snapshot" 0 "$(grep ' idle' "$dir/seen" | grep -vc ' - - ')"
same "$case: one session" 1 "$(cut -d ' ' -f 1 "$dir/seen" | sort -u | grep -c .)"
same "$case: no parallel worker" 0 "$(grep -c ' t$' "$dir/seen")"
transactions=$(awk '$2 == "active" && $3 != "-" {print $3}' "$dir/seen" | sort -u | grep -c .)
check "$case: its pieces have transactions of their own ($transactions seen)" test "$transactions" -ge 5

case="held by the pause file"
rm -rf "$dir/state"
begin
wait_for some_active naps
: >"$dir/pause"
is_idle() { [ "$(ask "SELECT count(*) $ours AND state = 'idle'")" = 1 ]; }
wait_for is_idle
# One piece, a statement and a COMMIT, may have been on its way since before the file was there.
last() { ask "SELECT query_start $ours"; }
looks=0
while [ $looks -lt 40 ]; do
    last
    looks=$((looks + 1))
done >"$dir/held"
check "$case: no further piece comes" test "$(sort -u "$dir/held" | grep -c .)" -le 3
check "$case: it is still there" running
rm "$dir/pause"
check "$case: without it the run ends well" end
right naps 700

case="stopped"
afresh
settings "piece_target: 1m, statement_timeout: 2m"
definition spins database '{relation: good, where: "(SELECT one FROM spins WHERE spins.id = good.id) = 1"}'
for signal in KILL TERM INT; do
    begin
    wait_for some_active spins
    check "$case: a statement of minutes is under way" some_active spins
    kill -s $signal "$agent_pid"
    check "$case by $signal: the agent is gone" wait_for is_gone
    end
    check "$case by $signal: no statement of it is left running" wait_for none_left
    rm -rf "$dir/state"
done

case="stopped while it rests"
afresh
settings "piece_target: 1s" 0.01
definition long_first database '{relation: good, where: "(SELECT one FROM long_firsts f WHERE f.id = good.id) = 1"}'
begin
# 0.6 s of work, then 60 s of rest.
wait_for some_active long_firsts
wait_for is_idle
check "$case: it is still there" running
kill -s TERM "$agent_pid"
check "$case: it ends at once" wait_for is_gone
end
check "$case: and its session" wait_for none_left

case="a duty of a quarter"
afresh
settings "piece_target: 50ms" 0.25
definition naps database '{relation: steps, where: "(id > 580) AND (SELECT one FROM naps WHERE naps.id = steps.id) = 1"}'
psql -q -X -d manners -c 'ALTER ROLE manners_reader SET log_min_duration_statement = 0'
wc -c <"$TEST_DIR/postgres.log" >"$dir/log_size"
began=$(date +%s%N)
check "$case: the run ends well" preview
took=$((($(date +%s%N) - began) / 1000))
right naps 120
# By the server's own log: what its pieces took, and all of them but the last.
tail -c "+$(($(cat "$dir/log_size") + 1))" "$TEST_DIR/postgres.log" |
    sed -n 's/.*duration: \([0-9.]*\) ms  execute.*FROM .*naps.*/\1/p' >"$dir/durations"
pieces=$(grep -c . "$dir/durations")
least=$(awk '{busy += $1; rest += 3 * last; last = $1} END {printf "%d", (busy + rest) * 1000}' "$dir/durations")
check "$case: there are pieces to rest between ($pieces)" test "$pieces" -ge 3
check "$case: $took us are not less than four times the work but for the last piece, $least us" test "$took" -ge "$least"

finish
