#!/bin/sh
# `queries` says what is asked: its SQL, run by psql, gives the numbers of the preview, and its Redis
# keys are there. No server is needed to print it. And `preview --source` leaves the database alone.
. "$(dirname "$0")/../support/tap.sh"
sample=$root/tests/support/sample

createdb queries || exit 1
psql -q -v ON_ERROR_STOP=1 -d queries -f "$sample/schema.sql" -f "$sample/data.sql" >"$dir/load" 2>&1 ||
    { cat "$dir/load"; exit 1; }
sh "$sample/redis.sh" "$TEST_REDIS" >/dev/null
cat >"$dir/offline.yml" <<YAML
state: $dir/state
definitions: [$root/definitions]
YAML
cat "$sample/facts.yml" >>"$dir/offline.yml"
cat "$dir/offline.yml" - >"$dir/settings.yml" <<YAML
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=queries", duty: 1}}
redis: {address: $TEST_REDIS}
YAML
export SERVICE_PING_CONFIG="$dir/offline.yml"
"$agent" queries >"$dir/queries.json"
"$agent" queries --format yaml >"$dir/queries.yml"
"$agent" queries --format sql --source database >"$dir/queries.sql"
"$agent" metrics --format json >"$dir/metrics.json"
export SERVICE_PING_CONFIG="$dir/settings.yml"

keys='[.[] | .key_path] | sort'
same "every metric stands at its place" "$(jq -c "$keys" "$dir/metrics.json")" \
    "$(jq -c --slurpfile metrics "$dir/metrics.json" \
        '. as $q | [$metrics[0][].key_path | select(split(".") as $p | $q | getpath($p) != null)] | sort' "$dir/queries.json")"
check "the time that its windows follow from stands at the top" sh -c \
    "jq -re .recorded_at '$dir/queries.json' | grep -qE '^[0-9-]{10}T[0-9:]{8}Z$'"

# psql runs the script as it is, each statement after the name of its metric.
awk '/^-- .*\(database/ { print "\\echo -n " $2 "|" } { print }' "$dir/queries.sql" |
    psql -X -At -q -d queries -v ON_ERROR_STOP=1 -f - >"$dir/by_hand" 2>"$dir/psql.err"
same "the script runs in psql" "" "$(cat "$dir/psql.err")"
"$agent" -q preview --source database --format json >"$dir/preview.json"
jq -r '.[] | select(.time_frame == "all" or .time_frame == "none") | .key_path' "$dir/metrics.json" | sort >"$dir/no_window"
jq -r '.[] | select(.value | type == "number") | "\(.key_path)|\(.value)"' "$dir/preview.json" | sort -t '|' -k 1,1 |
    join -t '|' - "$dir/no_window" | grep -v '\.[0-9]*$' >"$dir/previewed"
sort -t '|' -k 1,1 "$dir/by_hand" | join -t '|' - "$dir/no_window" >"$dir/asked"
cut -d '|' -f 1 "$dir/previewed" >"$dir/whole"
check "there are some to compare" test "$(grep -c . "$dir/whole")" -gt 100
same "and gives the numbers of the preview" "" "$(join -t '|' "$dir/asked" "$dir/whole" | diff - "$dir/previewed")"

jq -r '.. | objects | .redis_keys? // empty | .[]' "$dir/queries.json" | sort -u >"$dir/keys"
redis-cli -s "$TEST_REDIS" --scan | sort >"$dir/there"
check "Redis has keys that it names" test "$(comm -12 "$dir/keys" "$dir/there" | grep -c .)" -gt 50

"$agent" -q preview --source redis,events,system --format json >"$dir/others.json"
same "a preview of the other sources has those of the other sources" \
    "$(jq -r '.[] | select(.source == "redis" or .source == "events" or .source == "system") | .key_path' "$dir/metrics.json" | sort)" \
    "$(jq -r '.[].key_path' "$dir/others.json" | sort)"
# Without a store there is no identity of our own; only that is missing.
same "and gets them all" "uuid" "$(jq -r '.[] | select(.status != "ok") | .key_path' "$dir/others.json")"
"$agent" preview --source redis,nothing >"$dir/wrong" 2>&1
same "a source that is not there is refused" "64" "$?"
finish
