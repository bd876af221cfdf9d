#!/bin/sh
# Events, held against raw Redis commands in both directions: what the program counts is counted again by
# redis-cli under GitLab's key names, and what redis-cli writes under those names is read right. The keys of
# the running week, which is never read, become those of the last one by RENAME.
. "$(dirname "$0")/../support/tap.sh"

TZ=UTC
export TZ
raw() { redis-cli -s "$TEST_REDIS" "$@"; }
raw flushall >/dev/null
begin_early day 120
now=$(date +%s)
week() { date -d "@$((now - $1 * 604800))" +%G-%V; } # so many weeks ago
day() { date -d "@$((now - $1 * 86400))" +%G-%j; }

mkdir -p "$dir/definitions/metrics" "$dir/definitions/events" "$dir/lists"
metric() { # KEY_PATH DATA_SOURCE TIME_FRAME TYPE, the rest on stdin
    name=$(echo "$1" | tr . _)
    {
        printf 'key_path: %s\ndescription: d\nproduct_group: g\nvalue_type: %s\nstatus: active\n' "$1" "$4"
        printf 'milestone: "1.0"\nintroduced_by_url: https://example.org/1\ntime_frame: %s\n' "$3"
        printf 'data_source: %s\ndata_category: optional\ntiers: [free]\n' "$2"
        cat
    } >"$dir/definitions/metrics/$name.yml"
}
event() { # ACTION, the rest on stdin
    {
        printf 'action: %s\ndescription: d\nproduct_group: g\ninternal_events: true\n' "$1"
        printf 'milestone: "1.0"\nintroduced_by_url: https://example.org/1\ntiers: [free]\n'
        cat
    } >"$dir/definitions/events/$1.yml"
}
event used <<YAML
identifiers: [user, project, namespace]
additional_properties: {label: {description: d}, value: {description: d}, custom: {description: d}}
YAML
event closed <<YAML
identifiers: [user]
YAML
metric counts.used internal_events '[7d, 28d, all]' number <<YAML
events: [{name: used}]
YAML
metric counts.both internal_events '[7d, 28d, all]' number <<YAML
events: [{name: used, filter: {label: npm}}, {name: closed}]
YAML
metric counts.number internal_events '[7d]' number <<YAML
events: [{name: used, filter: {custom: 30}}]
YAML
metric sums.used internal_events '[7d, 28d, all]' number <<YAML
events: [{name: used, operator: sum(value)}]
YAML
metric unique.users internal_events '[7d, 28d]' number <<YAML
events: [{name: used, unique: user.id}, {name: closed, unique: user.id}]
YAML
metric unique.filtered internal_events '[7d, 28d]' number <<YAML
events: [{name: used, unique: project.id, filter: {label: npm}}]
YAML
metric unique.labels internal_events '[7d]' number <<YAML
events: [{name: used, unique: label}]
YAML
metric totals.labels internal_events '[7d, 28d]' object <<YAML
value_json_schema: x.json
events: [{name: used, operator: total, unique: label}]
YAML
metric old.pushes redis all number <<YAML
instrumentation_class: RedisMetric
options: {prefix: source_code, event: pushes}
YAML
metric old.plain redis all number <<YAML
instrumentation_class: RedisMetric
options: {prefix: note, event: create, include_usage_prefix: false}
YAML
metric hll.legacy redis_hll '[7d, 28d]' number <<YAML
instrumentation_class: RedisHLLMetric
options: {events: [old_visit]}
YAML
metric hll.mixed redis_hll '[7d]' number <<YAML
instrumentation_class: RedisHLLMetric
events: [{name: old_visit, unique: user.id}, {name: closed, unique: user.id}]
YAML
metric hll.daily redis_hll '[7d, 28d]' number <<YAML
instrumentation_class: RedisHLLMetric
options: {events: [g_edit_by_web_ide]}
YAML
# Files of their time have a distribution, and mostly no class.
for path in redis_hll_counters.ide_edit.ide_edit_total_unique_counts_weekly \
    counts_weekly.aggregated_metrics.either counts_weekly.aggregated_metrics.all_three; do
    echo "distribution: [ce, ee]" | metric $path redis_hll 7d number
done
metric unique.in_both_weekly redis_hll 7d number <<YAML
distribution: [ce, ee]
instrumentation_class: AggregatedMetric
options: {events: [closed, used], aggregate: {operator: AND, attribute: user_id}}
YAML

cat >"$dir/lists/paths.yml" <<YAML
'closed-user': g_closed
YAML
cat >"$dir/lists/totals.yml" <<YAML
'{event_counters}_closed': USAGE_THINGS_CLOSED
YAML
printf -- '- old_visit\n' >"$dir/lists/legacy.yml"
cat >"$dir/lists/known.yml" <<YAML
- {name: g_edit_by_web_ide, category: ide_edit, redis_slot: edit, aggregation: daily, expiry: 29}
- {name: g_edit_by_sfe, category: ide_edit, redis_slot: edit, aggregation: daily}
- {name: a_visit, category: visits, aggregation: weekly}
YAML
cat >"$dir/lists/aggregates.yml" <<YAML
- {name: either, operator: OR, source: redis, time_frame: [7d, 28d], events: [a, b]}
- {name: all_three, operator: AND, source: redis, time_frame: [7d], events: [a, b, c]}
YAML
cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
redis:
  address: $TEST_REDIS
  hll_key_overrides: $dir/lists/paths.yml
  total_key_overrides: $dir/lists/totals.yml
  legacy_events: $dir/lists/legacy.yml
  known_events: [$dir/lists/known.yml]
  aggregates: [$dir/lists/aggregates.yml]
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"
check "the settings and definitions are right" "$agent" check

# What the program writes, counted by raw commands.
cat >"$dir/events" <<JSON
{"event": "used", "user": 1, "project": 7, "label": "npm", "value": 1.5, "custom": 30}
{"event": "used", "user": 2, "project": 7, "label": "npm", "value": 2.25}
{"event": "used", "user": 1, "project": 8, "label": "rpm", "custom": "30"}
{"event": "used", "namespace": 5}
{"event": "closed", "user": 3}
{"event": "closed", "user": 1}
{"event": "closed"}
{"event": "old_visit", "user": 11}
{"event": "old_visit", "project": 12}
{"event": "g_edit_by_web_ide", "user": 21}
{"event": "a_visit", "user": 31}
JSON
same "all events are counted" "recorded 11 events, refused 0" "$("$agent" track --stdin <"$dir/events" 2>&1)"
w=$(week 0)
same "a total of all time" 4 "$(raw get '{event_counters}_used')"
same "a total of the week" 4 "$(raw get "{event_counters}_used-$w")"
same "a filtered total" 2 "$(raw get '{event_counters}_used-filter:[label:npm]')"
same "a number is not its text" 1 "$(raw get "{event_counters}_used-filter:[custom:30]-$w")"
same "an overridden total keeps its older key" 3 "$(raw get USAGE_THINGS_CLOSED)"
same "and its weeks the new one" 3 "$(raw get "{event_counters}_closed-$w")"
same "the new key of an overridden total stays away" 0 "$(raw exists '{event_counters}_closed')"
same "a sum of all time" 3.75 "$(raw get '{event_sums}_used-operator:sum(value)')"
same "a sum of the week" 3.75 "$(raw get "{event_sums}_used-operator:sum(value)-$w")"
same "unique users" 2 "$(raw pfcount "{hll_counters}_used-user-$w")"
same "unique users of an overridden event" 2 "$(raw pfcount "{hll_counters}_g_closed-$w")"
same "unique projects, filtered" 1 "$(raw pfcount "{hll_counters}_used-filter:[label:npm]-project-$w")"
same "unique labels" 2 "$(raw pfcount "{hll_counters}_used-label-$w")"
same "totals by label" "2 1" "$(raw hmget "{hll_counters}_used-operator:total-label-$w" npm rpm | xargs)"
same "an event of the legacy list has no identifier" 2 "$(raw pfcount "{hll_counters}_old_visit-$w")"
same "a known event is counted by day" 1 "$(raw pfcount "$(day 0)-g_{edit}_by_web_ide")"
same "a known event without slot is in braces" 1 "$(raw pfcount "{a_visit}-$w")"
same "nothing else was written" 17 "$(raw dbsize)"
ttl() { [ "$(raw ttl "$1")" -gt $(($2 - 60)) ] && [ "$(raw ttl "$1")" -le "$2" ]; }
for key in "{event_counters}_used-$w" "{event_sums}_used-operator:sum(value)-$w" "{hll_counters}_used-user-$w" \
    "{hll_counters}_used-operator:total-label-$w" "{a_visit}-$w"; do
    check "$key lives six weeks" ttl "$key" 3628800
done
check "a key of a day lives 29 days" ttl "$(day 0)-g_{edit}_by_web_ide" 2505600
same "a total of all time lives for ever" -1 "$(raw ttl '{event_counters}_used')"

# Time moves on: the running week becomes the last one.
raw --scan --pattern "*-$w" | while read -r key; do raw rename "$key" "${key%"$w"}$(week 1)" >/dev/null; done
preview() { "$agent" -q preview --format json >"$dir/payload"; }
value() { jq -c ".$1" "$dir/payload"; }
check "a preview" preview
for pair in counts.used=4 counts.used_weekly=4 counts.used_monthly=4 counts.both=5 counts.both_weekly=5 \
    counts.number_weekly=1 sums.used=3.75 sums.used_weekly=3.75 unique.users_weekly=3 unique.users_monthly=3 \
    unique.filtered_weekly=1 unique.labels_weekly=2 'totals.labels_weekly={"label":{"npm":2,"rpm":1}}' \
    hll.legacy_weekly=2 hll.mixed_weekly=4 hll.daily_weekly=1 unique.in_both_weekly=1 old.pushes=0; do
    same "counted by the program: $pair" "${pair#*=}" "$(value "${pair%%=*}")"
done
same "a unique count equals PFCOUNT" "$(raw pfcount "{hll_counters}_used-user-$(week 1)" "{hll_counters}_g_closed-$(week 1)")" \
    "$(value unique.users_weekly)"

# What raw commands write is read right.
raw flushall >/dev/null
for w in 0 1 2 3 4 5; do
    raw set "{event_counters}_used-$(week $w)" $((10 + w)) >/dev/null
    raw set "{event_counters}_used-filter:[label:npm]-$(week $w)" 1 >/dev/null
    raw set "{event_sums}_used-operator:sum(value)-$(week $w)" "$w.1" >/dev/null
    raw pfadd "{hll_counters}_used-user-$(week $w)" 1 "2$w" >/dev/null
    raw pfadd "{hll_counters}_g_closed-$(week $w)" "2$w" "3$w" >/dev/null
    raw hset "{hll_counters}_used-operator:total-label-$(week $w)" a 1 "l$w" "$w" >/dev/null
    raw pfadd "{hll_counters}_old_visit-$(week $w)" "$w" >/dev/null
done
raw set '{event_counters}_used' 1000 >/dev/null
raw set USAGE_THINGS_CLOSED 7 >/dev/null
raw set '{event_counters}_closed' 9999 >/dev/null
raw set '{event_counters}_used-filter:[label:npm]' 3 >/dev/null
raw incrbyfloat '{event_sums}_used-operator:sum(value)' 0.1 >/dev/null
raw incrbyfloat '{event_sums}_used-operator:sum(value)' 0.2 >/dev/null
raw set USAGE_SOURCE_CODE_PUSHES 77 >/dev/null
raw set NOTE_CREATE 5 >/dev/null
for d in 0 7 8 28 29; do raw pfadd "$(day $d)-g_{edit}_by_web_ide" "u$d" same >/dev/null; done
raw pfadd "$(day 3)-g_{edit}_by_sfe" same s1 s2 >/dev/null
raw pfadd "{hll_counters}_a-$(week 1)" 1 2 3 4 >/dev/null
raw pfadd "{hll_counters}_b-$(week 1)" 3 4 5 6 7 8 >/dev/null
raw pfadd "{hll_counters}_c-$(week 1)" 4 5 1 9 8 >/dev/null
check "a preview of what others wrote" preview
for pair in counts.used=1000 counts.used_weekly=11 counts.used_monthly=50 counts.both=10 counts.both_weekly=1 \
    sums.used_weekly=1.1 sums.used_monthly=10.4 unique.users_weekly=3 unique.users_monthly=9 \
    'totals.labels_weekly={"label":{"a":1,"l1":1}}' 'totals.labels_monthly={"label":{"a":4,"l1":1,"l2":2,"l3":3,"l4":4}}' \
    old.pushes=77 old.plain=5 hll.legacy_weekly=1 hll.legacy_monthly=4 hll.mixed_weekly=3 hll.daily_weekly=3 \
    hll.daily_monthly=5 redis_hll_counters.ide_edit.ide_edit_total_unique_counts_weekly=5 \
    counts_weekly.aggregated_metrics.either=8 counts_weekly.aggregated_metrics.all_three=1 unique.in_both_weekly=1; do
    same "written by others: $pair" "${pair#*=}" "$(value "${pair%%=*}")"
done
same "a sum of all time" 0.3 "$(value sums.used)"

# Refusals: each a sentence; what is right beside it counts all the same.
cat >"$dir/events" <<JSON
{"event": "usde", "user": 1}
{"event": "closed", "project": 1}
{"event": "used", "other": "x"}
{"event": "used", "label": 5}
{"event": "used", "value": "5"}
{"event": "old_visit"}
{"event": "old_visit", "user": 1, "project": 2}
{"event": "used", "user": 1}
JSON
"$agent" track --stdin <"$dir/events" >"$dir/said" 2>"$dir/refused"
same "a refusal is a finding" 1 $?
same "what is right is counted" "recorded 1 event, refused 7" "$(cat "$dir/said")"
for says in "stdin:1:.*no definition names the event 'usde'.*used" "stdin:2:.*identifiers" "stdin:3:.*additional_properties" \
    "stdin:4:" "stdin:5:" "stdin:6:.*needs the one id" "stdin:7:.*needs the one id"; do
    check "refused: $says" grep -q "$says" "$dir/refused"
done
for _ in 1 2 3 4 5; do printf '{"event": "used"}\n{"event": "closed"}\n'; done >"$dir/events"
SERVICE_PING_EVENTS_RATE_LIMIT=2 "$agent" track --stdin <"$dir/events" >"$dir/said" 2>"$dir/refused"
same "beyond the limit of each name events are refused" "recorded 4 events, refused 6" "$(cat "$dir/said")"
check "with a sentence" grep -q "comes more often than 2 times a second" "$dir/refused"
printf -- '- {name: x, aggregation: hourly}\n' >"$dir/lists/known.yml"
"$agent" check >"$dir/said" 2>&1
check "a wrong list is a complaint with its line" grep -q 'known.yml:1:.*daily or weekly' "$dir/said"
finish
