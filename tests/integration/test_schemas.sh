#!/bin/sh
# The schemas, and the agent's own validator beside that of Python's jsonschema: both give the same
# verdict on every row of the unit tests' tables, on what `preview` prints in both forms, on that
# damaged in one place after the other, and on the definitions of the tree and of GitLab.
. "$(dirname "$0")/../support/tap.sh"
peer=$root/tests/support/schema-peer

check "the peer agrees on every keyword" "$peer" cases "$root/tests/unit/schema_cases.json"
check "the peer agrees on every document" "$peer" documents "$root/tests/unit/schema_documents.json"
find "$root/definitions/metrics" -name '*.yml' >"$dir/metrics"
find "$root/definitions/events" -name '*.yml' >"$dir/events"
check "the peer finds the metrics of the tree right" xargs "$peer" files metric <"$dir/metrics"
check "the peer finds the events of the tree right" xargs "$peer" files event <"$dir/events"

# What preview prints.
createdb schemas || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d schemas <<'SQL' || exit 1
CREATE TABLE things (id bigint PRIMARY KEY, kind int);
INSERT INTO things SELECT g, g % 4 FROM generate_series(1, 1000) g;
SQL
for fact in uuid hostname version edition installation_type; do
    definition $fact system "{fact: $fact}" standard
done
definition counts.things database '{relation: things}'
definition counts.kinds database '{relation: things, operation: estimate_distinct_count, column: kind}'
definition counts.nowhere database '{relation: nowhere}'
definition counts.average database '{operation: sql, sql: "SELECT avg(kind) / 3 FROM things"}'
definition settings.map system '{fact: a_map}'
sed -i 's/^value_type: .*/value_type: object/' "$dir/definitions/metrics/settings.map.yml"
cat >"$dir/settings.yml" <<YAML
# An empty section, and a word that YAML 1.1 takes for a flag.
consent: on
accept:
state: $dir/state
definitions: [$dir/definitions]
instance: {uuid: 11111111-2222-4333-8444-555555555555, version: 17.5, edition: EE}
facts: {a_map: {b: 1}}
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=schemas", duty: 1}}
compat: {estimates: true}
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"
check "the settings and the definitions fit" "$agent" check
same "and nothing was said" "" "$("$agent" check 2>&1 >/dev/null)"

preview() { "$agent" -q preview --format json >"$1"; }
check "a first ping is made" preview "$dir/first.json"
"$agent" -q export --output "$dir/exported.json" >/dev/null 2>&1
SERVICE_PING_STATE=$dir/bare SERVICE_PING_PAYLOAD_FALLBACK=-1 preview "$dir/bare.json"
SERVICE_PING_STATE=$dir/zoned SERVICE_PING_PAYLOAD_FALLBACK=-1 SERVICE_PING_TIME_ZONE=America/St_Johns preview "$dir/zoned.json"
SERVICE_PING_STATE=$dir/none SERVICE_PING_CATEGORIES=operational preview "$dir/none.json"
for form in first exported bare zoned none; do
    same "the agent finds the payload right: $form" "$dir/$form.json: fits the schema of payloads" \
        "$(SERVICE_PING_CONFIG=/nowhere "$agent" check --payload "$dir/$form.json" 2>&1)"
done
check "so does the peer" "$peer" files payload "$dir/first.json" "$dir/exported.json" "$dir/bare.json" "$dir/zoned.json" "$dir/none.json"
same "there are metrics with notes, without values, and objects among them" "true true true" \
    "$(jq -r '.service_ping | [.notes, .not_ok, .objects | length > 0] | map(tostring) | join(" ")' "$dir/first.json")"

# Every member of service_ping taken away, and put in a form that it never has.
mkdir "$dir/damaged"
jq -c '.service_ping | paths' "$dir/first.json" >"$dir/paths"
number=0
while read -r path; do
    number=$((number + 1))
    jq --argjson path "$path" 'delpaths([["service_ping"] + $path])' "$dir/first.json" >"$dir/damaged/$number.gone.json"
    jq --argjson path "$path" 'setpath(["service_ping"] + $path; {"odd": [1.5]})' "$dir/first.json" >"$dir/damaged/$number.odd.json"
    jq --argjson path "$path" 'setpath(["service_ping"] + $path; null)' "$dir/first.json" >"$dir/damaged/$number.null.json"
done <"$dir/paths"
for file in "$dir"/damaged/*.json; do
    "$agent" check --payload "$file" >/dev/null 2>"$dir/said" && echo "$file" || [ -s "$dir/said" ] || echo "$file: no word"
done | sort >"$dir/fit"
find "$dir/damaged" -name '*.json' -print0 | xargs -0 "$peer" files payload | sed -n 's/^\(.*json\): .*/\1/p' | sort >"$dir/refused"
find "$dir/damaged" -name '*.json' | sort | comm -23 - "$dir/refused" >"$dir/peer.fit"
same "damaged in one place, the same payloads fit for both" "$(cat "$dir/peer.fit")" "$(cat "$dir/fit")"
same "most of them do not" true "$([ "$(wc -l <"$dir/refused")" -gt $((number * 2)) ] && echo true)"
echo "# $((number * 3)) damaged payloads, $(wc -l <"$dir/fit") of which fit all the same"

# What check says.
jq '.service_ping.seq = "one" | .service_ping.windows."7d_redis".to = 5' "$dir/first.json" >"$dir/wrong.json"
"$agent" check --payload "$dir/wrong.json" >"$dir/out" 2>"$dir/err"
same "a payload that does not fit: exit 1" 1 $?
same "each place is told" "$dir/wrong.json: service_ping.seq: 'one' is not allowed: it must be a whole number (urn:service-ping:schema:payload)
$dir/wrong.json: service_ping.windows.7d_redis.to: '5' is not allowed: it must be a day such as 2026-11-21 (urn:service-ping:schema:payload)" \
    "$(cat "$dir/err")"
same "and nothing else" "" "$(cat "$dir/out")"
"$agent" check --payload "$dir/settings.yml" >/dev/null 2>"$dir/err"
same "what is no JSON is told so" "1 $dir/settings.yml: not JSON: a sign that has no meaning there" "$? $(cat "$dir/err")"
"$agent" check --payload "$dir/nowhere.json" >/dev/null 2>"$dir/err"
same "a file that is not there is told so" "1 1" "$? $(grep -c "^$dir/nowhere.json: " "$dir/err")"

# A fault that the agent's own rules tell is told once.
sed 's/^time_frame: .*/time_frame: never/' "$dir/definitions/metrics/counts.things.yml" >"$dir/definitions/metrics/counts.never.yml"
sed -i 's/^key_path: .*/key_path: counts.never/' "$dir/definitions/metrics/counts.never.yml"
"$agent" check >/dev/null 2>"$dir/err"
same "one fault is one line" "1 1" "$? $(grep -c counts.never "$dir/err")"
same "which is that of the rules" 0 "$(grep -c urn:service-ping "$dir/err")"
rm "$dir/definitions/metrics/counts.never.yml"

# GitLab's own files.
corpus=${GITLAB_CORPUS:-$root/../shared/corpus}
if [ -d "$corpus" ]; then
    find "$corpus" -path '*/metrics/*' -name '*.yml' ! -path '*/aggregates/*' ! -path '*/schema/*' ! -path '*/spec/*' >"$dir/metrics"
    find "$corpus" -path '*/events/*' -name '*.yml' ! -path '*/spec/*' >"$dir/events"
    check "the peer finds GitLab's metrics right" xargs "$peer" files metric <"$dir/metrics"
    check "the peer finds GitLab's events right" xargs "$peer" files event <"$dir/events"
else
    echo "# no folder of GitLab's files at $corpus"
fi
finish
