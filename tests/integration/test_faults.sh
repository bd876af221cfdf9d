#!/bin/sh
# Whatever is broken, the run ends, the other metrics are right, and each fault has its status and a
# sentence that says what to do.
. "$(dirname "$0")/../support/tap.sh"

createdb faults && createdb faults_central || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d faults <<'SQL' || exit 1
CREATE TABLE good (id bigint PRIMARY KEY, n int);
INSERT INTO good SELECT g, g % 7 FROM generate_series(1, 5000) g;
CREATE TABLE secret (id bigint PRIMARY KEY);
CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(60);
CREATE ROLE reader LOGIN;
GRANT SELECT ON good, slow TO reader;
SQL
redis-cli -s "$TEST_REDIS" set fault:good 41 >/dev/null
redis-cli -s "$TEST_REDIS" rpush fault:list a b >/dev/null
redis-cli -s "$TEST_REDIS" set fault:text_as_hll abc >/dev/null
redis-cli -s "$TEST_REDIS" pfadd fault:hll a b c >/dev/null

definition good_count database '{relation: good}'
definition good_sum database '{relation: good, operation: sum, column: n}'
definition good_filtered database '{relation: good, where: "n = 3"}'
definition no_column database '{relation: good, where: "colour = 1"}'
definition no_table database '{relation: nowhere}'
definition not_allowed database '{relation: secret}'
definition too_slow database '{relation: slow}'
definition by_zero database '{relation: good, where: "1 / (n - n) = 1"}'
definition counter redis '{key: "fault:good"}'
definition counter_of_list redis '{key: "fault:list"}'
definition unique_users redis_hll '{keys: ["fault:hll"]}'
definition corrupt_hll redis_hll '{keys: ["fault:text_as_hll"]}'

settings() {
    cat >"$dir/settings.yml" <<YAML
consent: on
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "host=$1 user=reader dbname=faults", duty: 1}}
redis: {address: "$2"}
plan: {statement_timeout: 1s, small_table_rows: 100}
endpoint: {url: "http://127.0.0.1:$3/v1/pings", timeout: 5s}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=faults_central"}
YAML
}
export SERVICE_PING_CONFIG="$dir/settings.yml"
preview() { "$agent" -q preview --format json >"$dir/payload.json" 2>"$dir/preview.err"; }
value() { jq -c --arg key "$1" '.[$key]' "$dir/payload.json"; }
status() {
    jq -r --arg key "$1" '.service_ping.not_ok[] | select(.key_path == $key) | .status' "$dir/payload.json"
}
reason() {
    jq -r --arg key "$1" '.service_ping.not_ok[] | select(.key_path == $key) | .reason' "$dir/payload.json"
}
# fault KEY STATUS WORDS: null in the payload, this status, and a reason with these words
fault() {
    same "$1 is null" null "$(value "$1")"
    same "$1 is $2" "$2" "$(status "$1")"
    check "$1 says why: $(reason "$1")" sh -c 'printf %s "$1" | grep -qi -- "$2"' sh "$(reason "$1")" "$3"
}
right() { same "$1 is right all the same" "$2" "$(value "$1")"; }

settings "$TEST_DIR" "$TEST_REDIS" 1
check "the run with every fault ends well" preview
right good_count 5000
right good_sum "$(psql -X -At -d faults -c 'SELECT sum(n) FROM good')"
right good_filtered "$(psql -X -At -d faults -c 'SELECT count(*) FROM good WHERE n = 3')"
right counter 41
right unique_users 3
fault no_column absent colour
fault no_table absent nowhere
fault not_allowed denied 'GRANT SELECT'
fault too_slow timeout slow
fault by_zero error 'division by zero'
fault counter_of_list error 'fault:list.*list'
fault corrupt_hll error 'fault:text_as_hll'

settings "$dir" "$TEST_REDIS" 1
check "with PostgreSQL down the run ends well" preview
right counter 41
right unique_users 3
fault good_count unavailable main
fault no_table unavailable main

settings "$TEST_DIR" "$dir/no.sock" 1
check "with Redis down the run ends well" preview
right good_count 5000
fault counter unavailable redis
fault unique_users unavailable redis

# The endpoint: nobody listens; a receiver whose database is gone (503); the receiver well again.
settings "$TEST_DIR" "$TEST_REDIS" 1
"$agent" -q send >"$dir/sent" 2>&1
same "with the endpoint down, send is deferred" 75 $?
check "and says so: $(head -n 1 "$dir/sent")" grep -q '127.0.0.1:1' "$dir/sent"
start_receiver
settings "$TEST_DIR" "$TEST_REDIS" "$port"
psql -q -X -d postgres -c 'ALTER DATABASE faults_central ALLOW_CONNECTIONS false' \
    -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults_central'" >/dev/null
"$agent" -q send >"$dir/sent" 2>&1
same "with an endpoint that answers 503, send is deferred" 75 $?
check "and says so: $(head -n 1 "$dir/sent")" grep -q 503 "$dir/sent"
psql -q -X -d postgres -c 'ALTER DATABASE faults_central ALLOW_CONNECTIONS true'
check "with the endpoint well again the same ping is sent" "$agent" -q send
same "and arrives once" 1 "$(psql -X -At -d faults_central -c 'SELECT count(*) FROM pings')"

SERVICE_PING_CONSENT=local "$agent" send >"$dir/sent" 2>&1
same "without consent send exits 77" 77 $?
check "and says so: $(head -n 1 "$dir/sent")" grep -q consent "$dir/sent"
DO_NOT_TRACK=1 "$agent" send >"$dir/sent" 2>&1
same "DO_NOT_TRACK is honoured" 77 $?
finish
