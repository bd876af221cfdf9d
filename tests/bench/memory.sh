#!/bin/sh
# The agent's own memory while it collects with 4,000 definitions: the highest RssAnon that was seen.
# The 40 tables of its database metrics have 50,000 rows each.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
agent=$root/${AGENT:-build/release/service-ping}
dir=$TEST_DIR/memory
createdb memory
for t in $(seq 1 40); do
    echo "CREATE TABLE t$t (id bigint PRIMARY KEY, author_id bigint, state int, created_at timestamp);"
    echo "INSERT INTO t$t SELECT g, g * 7919 % 30000, g % 9, now() - g * interval '10 minutes' FROM generate_series(1, 50000) g;"
done | psql -q -X -d memory
psql -q -X -d memory -c ANALYZE
"$root/tests/bench/support/instance" "$dir" memory
"$agent" --config "$dir/settings.yml" -q preview --format json >"$dir/payload.json" &
pid=$!
most=0
while kill -0 $pid 2>/dev/null; do
    now=$(awk '/^RssAnon/ { print $2 }' /proc/$pid/status 2>/dev/null || :)
    [ "${now:-0}" -le $most ] || most=$now
    sleep 0.005
done
wait $pid || exit 1
echo "4,000 definitions, $(jq .service_ping.metrics.ok "$dir/payload.json") metrics computed: highest RssAnon $most kB ($((most / 1024)) MB; aim: under 16 MB)"
