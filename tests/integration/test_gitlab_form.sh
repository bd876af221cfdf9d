#!/bin/sh
# GitLab's form and GitLab's protocol, with the real program on both sides: what is previewed is what
# arrives, byte for byte; what failed and how long it took arrives beside it; and of the four data
# categories each is permitted by itself.
. "$(dirname "$0")/../support/tap.sh"

createdb form && createdb form_central || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d form <<'SQL' || exit 1
CREATE TABLE things (id bigint PRIMARY KEY, kind int);
INSERT INTO things SELECT g, g % 4 FROM generate_series(1, 1000) g;
SQL

for fact in uuid hostname version edition installation_type; do
    definition $fact system "{fact: $fact}" standard
done
definition recorded_at system '{fact: recorded_at}' standard
definition counts.things database '{relation: things}' optional
definition counts.nowhere database '{relation: nowhere}' optional
definition counts.kinds database '{relation: things, operation: distinct_count, column: kind}' subscription
definition usage_activity_by_stage.plan.things database '{relation: things, where: kind = 1}' operational
definition usage_activity_by_stage.plan.unknown system '{fact: nobody_knows}' operational

cat >"$dir/settings.yml" <<YAML
consent: on
state: $dir/state
definitions: [$dir/definitions]
instance: {uuid: 11111111-2222-4333-8444-555555555555, hostname: git.example.org, version: 17.5.1, edition: EE}
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=form", duty: 1}}
time_zone: Europe/Berlin
payload: {fallback: -1}
endpoint: {protocol: gitlab}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=form_central"}
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"

start_receiver
base=http://127.0.0.1:$port
export SERVICE_PING_ENDPOINT_URL="$base/"
central() { psql -X -At -d form_central -c "$1"; }
preview() { "$agent" -q preview --format json >"$1"; }

# The form.
check "the preview is made" preview "$dir/previewed.json"
same "the whole document is GitLab's, and nothing else" \
    '{"counts":{"kinds":4,"nowhere":-1,"things":1000},"edition":"EE","hostname":"git.example.org","installation_type":-1,"recorded_at":"T","usage_activity_by_stage":{"plan":{"things":250,"unknown":-1}},"uuid":"11111111-2222-4333-8444-555555555555","version":"17.5.1"}' \
    "$(sed 's/"recorded_at":"[^"]*"/"recorded_at":"T"/' "$dir/previewed.json")"
same "its time is that of the zone, in milliseconds" "" \
    "$(jq -r .recorded_at "$dir/previewed.json" | grep -v '^20..-..-..T..:..:..\.000+0[12]:00$')"
same "no white space, and no newline at the end" "}" "$(tail -c 1 "$dir/previewed.json")"
"$agent" preview --sealed >"$dir/shown" 2>&1
same "the table says where the bytes would go" 1 "$(grep -c "would post these bytes to $base/usage_data:" "$dir/shown")"
same "and that they go as they are" 1 \
    "$(grep -c "^$(wc -c <"$dir/previewed.json") bytes of JSON, $(wc -c <"$dir/previewed.json") B on the wire" "$dir/shown")"
"$agent" doctor >"$dir/doctor" 2>&1
same "doctor tells the protocol" 1 "$(grep -c "endpoint.*posted to $base/usage_data, in GitLab's protocol" "$dir/doctor")"

# A central side that cannot store pings just now, but what is reported beside them.
wait_for central "SELECT FROM pings"
central "ALTER TABLE pings ADD CONSTRAINT out_of_order CHECK (false) NOT VALID" >/dev/null
"$agent" -q send >"$dir/out" 2>&1
same "a ping that is not taken is deferred" 75 $?
same "the sentence names the status" 1 "$(grep -c 'Unsuccessful response code: 503' "$dir/out")"
same "the reason is reported" "11111111-2222-4333-8444-555555555555|git.example.org|17.5.1|t|t" \
    "$(central "SELECT convert_from(raw, 'UTF8')::jsonb #>> '{error,uuid}', hostname, version,
        message LIKE 'Unsuccessful response code: 503%', elapsed >= 0 FROM error_reports")"
same "no metadata is" 0 "$(central "SELECT count(*) FROM metadata_reports")"
central "ALTER TABLE pings DROP CONSTRAINT out_of_order" >/dev/null
check "the same ping is sent later" "$agent" -q send
central "SELECT encode(raw, 'base64') FROM pings" | base64 -d >"$dir/received.json"
check "what is received is what was previewed, byte for byte" cmp "$dir/previewed.json" "$dir/received.json"
same "it is the ping whose failure was reported" 1 "$(central "SELECT count(*) FROM pings JOIN error_reports USING (ping_id)")"
same "each metric has its time, and the reason if it has no value" \
    "counts.kinds f|counts.nowhere t|counts.things f|edition f|hostname f|installation_type t|recorded_at f|usage_activity_by_stage.plan.things f|usage_activity_by_stage.plan.unknown t|uuid f|version f" \
    "$(central "SELECT string_agg(metric_path || ' ' || (error IS NOT NULL)::text::char(1), '|' ORDER BY metric_path)
        FROM metric_timings JOIN pings USING (ping_id)")"
same "times are seconds" t \
    "$(central "SELECT bool_and(time_elapsed BETWEEN 0 AND 60) AND max(time_elapsed) > 0 FROM metric_timings")"
same "-1 is no number at the central side" "counts.nowhere installation_type usage_activity_by_stage.plan.unknown" \
    "$(central "SELECT string_agg(metric_path, ' ' ORDER BY metric_path) FROM ping_metrics WHERE status = 'error' AND value_num IS NULL")"

# GitLab's form by our own protocol: packed, and named by headers alone.
SERVICE_PING_ENDPOINT_PROTOCOL=service-ping SERVICE_PING_ENDPOINT_URL=$base/v1/pings "$agent" send >"$dir/out" 2>/dev/null
id=$(sed -n 's/^Sent ping \([0-9a-f-]*\),.*/\1/p' "$dir/out")
same "by our own protocol the headers say who it is" "11111111-2222-4333-8444-555555555555 f" \
    "$(central "SELECT convert_from(raw, 'UTF8')::jsonb ->> 'uuid', instance_id = '11111111-2222-4333-8444-555555555555'
        FROM pings WHERE ping_id = '$id'" | tr '|' ' ')"
same "and no report is posted" 1 "$(central "SELECT count(*) FROM metadata_reports")"

# Categories, from the settings to the payload, in both forms.
keys() { jq -r 'del(.service_ping) | [paths(type != "object") | join(".")] | join(" ")' "$1"; }
for form in null -1; do
    export SERVICE_PING_PAYLOAD_FALLBACK=$form
    while read -r category expected; do
        SERVICE_PING_STATE=$dir/state.$category$form SERVICE_PING_CATEGORIES=$category preview "$dir/one.json"
        same "$category alone is permitted (fallback $form)" "$expected" "$(keys "$dir/one.json")"
    done <<'EOF'
standard edition hostname installation_type recorded_at uuid version
subscription counts.kinds recorded_at
operational recorded_at usage_activity_by_stage.plan.things usage_activity_by_stage.plan.unknown
optional counts.nowhere counts.things recorded_at
EOF
done
finish
