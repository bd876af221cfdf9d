#!/bin/sh
# A streaming standby as the source, with the settings that are worst for us: it cancels at once
# whatever is in the way of replaying the primary's changes. The numbers are right all the same.
. "$(dirname "$0")/../support/tap.sh"

psql -q -X -v ON_ERROR_STOP=1 -c 'CREATE DATABASE standby_test' || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d standby_test <<'SQL' || exit 1
CREATE TABLE steps (id bigint PRIMARY KEY, n int, created_at timestamptz);
INSERT INTO steps SELECT g, g % 7, now() - g * interval '1 hour' FROM generate_series(1, 280) g;
CREATE TABLE plain (id bigint PRIMARY KEY, n int);
INSERT INTO plain SELECT g, g % 11 FROM generate_series(1, 30000) g;
CREATE TABLE small (id bigint PRIMARY KEY);
INSERT INTO small SELECT generate_series(1, 9);
CREATE TABLE churn (id int PRIMARY KEY, n int) WITH (autovacuum_enabled = off);
INSERT INTO churn SELECT g, 0 FROM generate_series(1, 50) g;
CREATE FUNCTION nap(bigint) RETURNS int LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_sleep(0.001); RETURN 1; END';
CREATE VIEW naps AS SELECT id, nap(id) AS one FROM steps;
CREATE VIEW slow AS SELECT sum(one) AS n FROM naps, pg_sleep(0.3);
CREATE VIEW session AS SELECT concat_ws(' ', pg_is_in_recovery(), current_setting('transaction_read_only')) AS says;
ANALYZE;
SQL

trap 'kill -INT ${standby:-} ${churning:-} 2>/dev/null; kill -9 ${agent_pid:-} ${slow_pid:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
start_standby() {
    "$root/tests/support/standby" max_standby_streaming_delay=0 hot_standby_feedback=off 2>>"$dir/basebackup.log" &
    standby=$!
    wait_for psql -X -h "$TEST_DIR/standby" -d standby_test -c 'SELECT 1 FROM small' || cat "$dir/basebackup.log" "$TEST_DIR/standby.log"
}
on_primary() { psql -q -X -At -d standby_test -c "$1"; }
on_standby() { psql -q -X -At -h "$TEST_DIR/standby" -d standby_test -c "$1"; }
ours="FROM pg_stat_activity WHERE application_name = 'service-ping'"
some_active() { [ "$(on_standby "SELECT count(*) $ours AND state = 'active' AND query LIKE '%$1%'")" != 0 ]; }
log_size() { grep -c . "$TEST_DIR/standby.log"; }
# said N WORDS [TIMES]: in the standby's log behind its line N, to the agent
said() { [ "$(tail -n "+$(($1 + 1))" "$TEST_DIR/standby.log" | grep '^service-ping ' | grep -c "$2")" -ge "${3:-1}" ]; }

# settings NAME MORE_OF_PLAN
settings() {
    cat >"$dir/$1.yml" <<YAML
state: $dir/$1.state
definitions: [$dir/definitions]
databases: {main: {conninfo: "host=$TEST_DIR/standby user=postgres dbname=standby_test", role: replica}}
plan: {small_table_rows: 10, pause_file: $dir/pause, $2}
YAML
}
# begin NAME KEY...: beside the script; its payload is $dir/NAME.json
begin() {
    export SERVICE_PING_CONFIG="$dir/$1.yml"
    rm -rf "$dir/$1.state"
    "$agent" -q preview --format json >"$dir/$1.json" 2>"$dir/$1.err" &
    agent_pid=$!
}
end() { wait "$agent_pid" 2>/dev/null; }
value() { jq -c --arg key "$2" '.[$key]' "$dir/$1.json"; }
rights() {
    same "$case: no metric is without a value" "[]" "$(jq -c '[.service_ping.not_ok[] | [.key_path, .reason]]' "$dir/run.json")"
    for pair in steps=280 steps_slow=280 steps_sum=840 steps_kinds=7 plain=30000 plain_sum=149991 plain_kinds=11 small=9; do
        same "$case: ${pair%=*} is ${pair#*=}" "${pair#*=}" "$(value run "${pair%=*}")"
    done
}

definition steps database '{relation: steps}'
definition steps_slow database '{relation: steps, where: "(SELECT one FROM naps WHERE naps.id = steps.id) = 1"}'
definition steps_sum database '{relation: steps, operation: sum, column: n}'
definition steps_kinds database '{relation: steps, operation: distinct_count, column: n}'
definition steps_month database '{relation: steps}' optional 28d
definition plain database '{relation: plain}'
definition plain_sum database '{relation: plain, operation: sum, column: n}'
definition plain_kinds database '{relation: plain, operation: distinct_count, column: n}'
definition small database '{relation: small}'
definition says database '{operation: sql, sql: "SELECT says FROM session"}'
sed -i 's/^value_type: .*/value_type: string/' "$dir/definitions/metrics/says.yml"
start_standby
settings run "piece_target: 100ms, lock_timeout: 100ms"

case="a quiet standby"
begin run
check "$case: the run ends well" end
rights
same "$case: it is one, and the session reads only" '"t on"' "$(value run says)"
same "the sums are the primary's" "840 149991" "$(on_primary "SELECT concat_ws(' ', (SELECT sum(n) FROM steps), (SELECT sum(n) FROM plain))")"
check "$case: a plan can be shown" "$agent" plan

case="rows are cleaned up on the primary all the time"
psql -q -X -d standby_test >/dev/null 2>&1 <<'SQL' &
UPDATE churn SET n = n + 1 \watch 0.15
SQL
churning=$!
psql -q -X -d standby_test >/dev/null 2>&1 <<'SQL' &
VACUUM churn \watch 0.1
SQL
churning="$churning $!"
# A statement that cannot be made smaller is asked again in vain; meanwhile other things are tried.
mv "$dir/definitions" "$dir/kept"
definition slow database '{operation: sql, sql: "SELECT n FROM slow"}'
settings slow "lock_timeout: 100ms"
begin slow
slow_pid=$agent_pid
wait_for some_active 'FROM slow'
rm -rf "$dir/definitions"
mv "$dir/kept" "$dir/definitions"
lines=$(log_size)
begin run
check "$case: the run ends well" end
check "$case: statements were cancelled for it" said "$lines" 'conflict with recovery'
rights

case="a table is altered on the primary"
lines=$(log_size)
begin run
wait_for some_active naps
on_primary 'ALTER TABLE steps ADD COLUMN more int'
on_primary 'ALTER TABLE steps DROP COLUMN more'
check "$case: the run ends well" end
check "$case: statements were cancelled for it" said "$lines" 'conflict with recovery'
rights

case="a table is locked on the primary"
lines=$(log_size)
mkfifo "$dir/commands"
psql -q -X -d standby_test <"$dir/commands" >/dev/null 2>&1 &
churning="$churning $!"
exec 9>"$dir/commands"
begin run
wait_for some_active naps
echo "BEGIN; LOCK TABLE steps IN ACCESS EXCLUSIVE MODE;" >&9
wait_for said "$lines" 'lock timeout'
echo "COMMIT;" >&9
exec 9>&-
check "$case: the run ends well" end
rights

case="a statement that takes longer than recovery allows"
agent_pid=$slow_pid
check "$case: the run ends well" end
same "$case: it has no value" null "$(value slow slow)"
reason=$(jq -r '.service_ping.not_ok[] | select(.key_path == "slow") | .status + ": " + .reason' "$dir/slow.json")
check "$case: the reason says what to do: $reason" sh -c 'printf %s "$1" | grep -q "^unavailable: .*hot_standby_feedback.*max_standby_streaming_delay.*conflict with recovery"' sh "$reason"
kill -INT $churning 2>/dev/null

case="the standby is started anew"
lines=$(log_size)
begin run
wait_for some_active naps
kill -INT "$standby"
wait "$standby" 2>/dev/null
start_standby
check "$case: the run ends well" end
check "$case: the session was ended by it" said "$lines" 'terminating connection due to administrator command'
rights
finish
