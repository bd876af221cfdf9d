#!/bin/sh
# The agent's own memory while it collects with 4,000 definitions: the highest RssAnon that was seen.
# Half are database metrics over 40 tables of 50,000 rows, a quarter HyperLogLogs, a quarter events.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
agent=$root/${AGENT:-build/release/service-ping}
dir=$TEST_DIR/memory
mkdir -p "$dir/definitions/metrics" "$dir/definitions/events"
createdb memory
for t in $(seq 1 40); do
    echo "CREATE TABLE t$t (id bigint PRIMARY KEY, author_id bigint, state int, created_at timestamp);"
    echo "INSERT INTO t$t SELECT g, g * 7919 % 30000, g % 9, now() - g * interval '10 minutes' FROM generate_series(1, 50000) g;"
done | psql -q -X -d memory
psql -q -X -d memory -c ANALYZE
awk -v dir="$dir/definitions" 'BEGIN {
    for (i = 0; i < 4000; i++) {
        file = dir "/metrics/m" i ".yml"
        printf "key_path: counts.group%d.metric_%d\ndescription: Number %d of the memory figure\nproduct_group: testing\nvalue_type: number\nstatus: active\nmilestone: \"1.0\"\nintroduced_by_url: https://example.org/1\ndata_category: optional\ntiers: [free]\n", i % 50, i, i > file
        if (i % 4 < 2)
            printf "time_frame: all\ndata_source: database\noptions: {relation: t%d, operation: %s, column: author_id, where: \"state <> %d\"}\n", i % 40 + 1, i % 3 ? "count" : "distinct_count", i % 9 > file
        else if (i % 4 == 2)
            printf "time_frame: 28d\ndata_source: redis_hll\ninstrumentation_class: RedisHLLMetric\noptions: {events: [event_%d]}\n", i % 1000 > file
        else
            printf "time_frame: 7d\ndata_source: internal_events\nevents: [{name: event_%d, unique: user.id}]\n", i % 1000 > file
        close(file)
    }
    for (i = 0; i < 1000; i++) {
        file = dir "/events/e" i ".yml"
        printf "description: An event\ninternal_events: true\naction: event_%d\nidentifiers: [user]\nproduct_group: testing\nmilestone: \"1.0\"\nintroduced_by_url: https://example.org/1\ntiers: [free]\n", i > file
        close(file)
    }
}'
cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=memory", duty: 1}}
redis: {address: $TEST_REDIS}
YAML
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
