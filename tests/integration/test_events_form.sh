#!/bin/sh
# Events as clients of GitLab's API post them with curl's -d and --data-urlencode: as a form, to the agent
# itself; and counted as the same in JSON is.
. "$(dirname "$0")/../support/tap.sh"

redis-cli -s "$TEST_REDIS" flushall >/dev/null
definition counts.used internal_events '{}' optional
cat >>"$dir/definitions/metrics/counts.used.yml" <<YAML
events: [{name: used}]
YAML
sed -i '/^options/d' "$dir/definitions/metrics/counts.used.yml"
for metric in 'counts.npm: {name: used, filter: {label: npm}}' 'sums.used: {name: used, operator: sum(value)}'; do
    name=${metric%%:*}
    sed "s/^key_path: .*/key_path: $name/; s/^events: .*/events: [${metric#*: }]/" \
        "$dir/definitions/metrics/counts.used.yml" >"$dir/definitions/metrics/$name.yml"
done
mkdir -p "$dir/definitions/events"
cat >"$dir/definitions/events/used.yml" <<YAML
action: used
description: d
product_group: g
internal_events: true
milestone: "1.0"
introduced_by_url: https://example.org/1
tiers: [free]
identifiers: [user, project, namespace]
additional_properties: {label: {description: d}, value: {description: d}}
YAML
cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
redis: {address: "$TEST_REDIS"}
http: {socket: "$dir/agent.sock"}
schedule: "0 3 1 1 *"
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"
"$agent" run 2>"$dir/agent.log" &
running=$!
trap 'kill $running 2>/dev/null; wait $running 2>/dev/null; rm -rf "$dir"' EXIT
post() { # CODE NAME PATH ANSWER CURL-WORDS...
    code=$1 what=$2 path=$3 answer=$4
    shift 4
    same "$what" "$code $answer" "$(curl -s -w '%{http_code}' -o "$dir/answer" --unix-socket "$dir/agent.sock" \
        "http://localhost$path" "$@"; printf ' '; cat "$dir/answer")"
}
one=/api/v4/usage_data/track_event many=/api/v4/usage_data/track_events
wait_for curl -sf --unix-socket "$dir/agent.sock" http://localhost/healthz

post 200 "an event as a form" $one '{"recorded":1,"refused":[]}' -d event=used -d user_id=7
post 200 "with properties" $one '{"recorded":1,"refused":[]}' -d event=used -d project_id=1 \
    --data-urlencode 'additional_properties[label]=npm' --data-urlencode 'additional_properties[value]=2.5'
post 200 "the brackets escaped, too" $one '{"recorded":1,"refused":[]}' \
    -d 'event=used&additional_properties%5Blabel%5D=npm&additional_properties%5Bvalue%5D=4'
post 200 "several events" $many '{"recorded":2,"refused":[]}' -d 'events[][event]=used' \
    -d 'events[][user_id]=1' -d 'events[][event]=used' -d 'events[][additional_properties][label]=npm'
post 200 "the same as JSON" $one '{"recorded":1,"refused":[]}' -H 'Content-Type: application/json' \
    -d '{"event": "used", "additional_properties": {"label": "npm"}}'
post 200 "even where curl calls it a form" $one '{"recorded":1,"refused":[]}' \
    -d '{"event": "used", "additional_properties": {"label": "npm"}}'
post 200 "an event that is not known is named, as in JSON" $one \
    "$(printf '%s' '{"recorded":0,"refused":[{"index":0,"error":"')$(curl -s --unix-socket "$dir/agent.sock" \
    -H 'Content-Type: application/json' -d '{"event":"nothing"}' "http://localhost$one" | jq -r '.refused[0].error')\"}]}" \
    -d event=nothing
post 400 "a form without an event" $one \
    '{"error":"event is missing","message":"event is missing","recorded":0,"refused":[]}' -d user_id=7
post 400 "one that cannot be decoded" $one \
    "{\"error\":\"The form cannot be decoded: '%zz'.\",\"message\":\"The form cannot be decoded: '%zz'.\",\"recorded\":0,\"refused\":[]}" \
    -d 'event=%zz'
fifty_one=$(seq 51 | sed 's/.*/events[][event]=used/' | paste -sd '&')
post 400 "more than 50" $many \
    '{"error":"Maximum 50 events allowed in one request.","message":"Maximum 50 events allowed in one request.","recorded":0,"refused":[]}' \
    -d "$fifty_one"
curl -s -o "$dir/answer" -w '%{http_code}' --unix-socket "$dir/agent.sock" http://localhost/v1/events -d 'event=used' >"$dir/code"
same "our own path takes JSON alone" 400 "$(cat "$dir/code")"
curl -s -o "$dir/answer" -w '%{http_code}' --unix-socket "$dir/agent.sock" "http://localhost$one" \
    -H 'Origin: https://elsewhere.example' -d 'event=used' >"$dir/code"
same "a form of another site's page is refused" 403 "$(cat "$dir/code")"

number() { "$agent" -q preview --metric "$1" --format json | jq '.[0].value'; }
same "those of the label" 5 "$(number counts.npm)"
same "and their values" 6.5 "$(number sums.used)"
counter() { redis-cli -s "$TEST_REDIS" --scan --pattern "$1" | xargs -r -n 1 redis-cli -s "$TEST_REDIS" get | paste -sd ' '; }
same "all were counted" 7 "$(counter '*{event_counters}_used')"
kill $running
wait $running
same "the agent ends" 0 $?
finish
