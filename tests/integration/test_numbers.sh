#!/bin/sh
# Right numbers, end to end: every database metric of definitions/ equals a plain SQL statement that was
# written by hand (expected.sql); every HyperLogLog metric equals Redis's own PFCOUNT over its keys;
# what is received is what was previewed, byte for byte.
. "$(dirname "$0")/../support/tap.sh"
here=$root/tests/integration
sample=$root/tests/support/sample

createdb numbers && createdb numbers_central || exit 1
psql -q -v ON_ERROR_STOP=1 -d numbers -f "$sample/schema.sql" -f "$sample/data.sql" -f "$sample/odd.sql" >"$dir/load" 2>&1 ||
    { cat "$dir/load"; exit 1; }
begin_early week 300
sh "$sample/redis.sh" "$TEST_REDIS" >/dev/null
cat >"$dir/settings.yml" <<YAML
consent: on
state: $dir/state
definitions: [$root/definitions]
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=numbers", duty: 1}}
redis: {address: $TEST_REDIS}
plan: {piece_target: 20ms, small_table_rows: 100}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=numbers_central"}
YAML
cat "$sample/facts.yml" >>"$dir/settings.yml"
export SERVICE_PING_CONFIG="$dir/settings.yml"

start_receiver
SERVICE_PING_ENDPOINT_URL=http://127.0.0.1:$port/v1/pings
export SERVICE_PING_ENDPOINT_URL

sh "$sample/events.ndjson.sh" | check "events are recorded" "$agent" -q track --stdin
check "the preview is made" sh -c "'$agent' -q preview --format json >'$dir/previewed.json'"
check "the ping is sent" "$agent" send
central() { psql -X -At -d numbers_central -c "$1"; }
central "SELECT encode(raw, 'base64') FROM pings" | base64 -d >"$dir/received.json"
check "what is received is what was previewed, byte for byte" cmp "$dir/previewed.json" "$dir/received.json"
check "a second send makes a second ping, not the first again" sh -c \
    "'$agent' -q send && [ \"\$(psql -X -At -d numbers_central -c 'SELECT count(*), count(DISTINCT seq) FROM pings')\" = '2|2' ]"

# The received rows of the first ping: key, status, number.
central "SELECT metric_path, status, value_num FROM ping_metrics m JOIN pings p USING (ping_id) WHERE p.seq = 1" |
    sort >"$dir/rows"
"$agent" metrics --format json >"$dir/metrics.json"
jq -r '.[] | select(.data_source == "database") | .key_path' "$dir/metrics.json" | sort >"$dir/keys"
sed -n 's/^-- key: *//p' "$here/expected.sql" | sort >"$dir/expected_keys"
same "every database metric has a statement of its own, and none is left over" "" \
    "$(diff "$dir/keys" "$dir/expected_keys")"

recorded_at=$(jq -r .recorded_at "$dir/previewed.json")
awk '/^-- key:/ { print "\\echo -n " $3 "|" } { print }' "$here/expected.sql" |
    psql -X -At -q -d numbers -v ON_ERROR_STOP=1 -v recorded_at="${recorded_at%Z}" -f - 2>"$dir/psql.err" |
    sort >"$dir/expected"
same "the statements by hand all run" "" "$(cat "$dir/psql.err")"
sed 's/|[a-z]*|/|/' "$dir/rows" >"$dir/found"
while read -r key; do
    expected=$(grep -F "$key|" "$dir/expected" | head -n 1 | cut -d '|' -f 2)
    found=$(awk -F '|' -v key="$key" '$1 == key { print $2 }' "$dir/found")
    if printf '%s' "$expected$found" | grep -q '\.'; then
        check "$key" awk -v a="$expected" -v b="$found" \
            'BEGIN { d = a - b; if (d < 0) d = -d; m = a < 0 ? -a : a; exit !(b != "" && d <= 1e-9 * (m > 1 ? m : 1)) }'
    else
        same "$key" "$expected" "$found"
    fi
done <"$dir/keys"

# Every unique count of Redis, against PFCOUNT over the keys that explain names.
jq -r '.[] | .key_path' "$dir/metrics.json" | while read -r key; do
    "$agent" explain "$key" >"$dir/explained"
    grep -q 'hyperloglog' "$dir/explained" || continue
    keys=$(sed -n 's/^ *\(.*{hll_counters}.*\|.*hll:.*\)$/\1/p' "$dir/explained" | tr -d ' ')
    echo "$key $(redis-cli -s "$TEST_REDIS" pfcount $keys)"
done >"$dir/pfcounts"
check "there are HyperLogLog metrics to compare" test -s "$dir/pfcounts"
while read -r key expected; do
    found=$(awk -F '|' -v key="$key" '$1 == key { print $2 }' "$dir/found")
    same "$key equals PFCOUNT" "$expected" "$found"
done <"$dir/pfcounts"

same "every metric has a value, but for averages of no rows" \
    "counts.board_list_limit_average counts.ci_build_coverage_average " \
    "$(awk -F '|' '$2 != "ok" { printf "%s ", $1 }' "$dir/rows")"
finish
