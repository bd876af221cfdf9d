#!/bin/sh
# The sample of settings for GitLab's Linux package loads, and with it the definitions of a folder
# that is laid out as that package lays it out.
. "$(dirname "$0")/../support/tap.sh"

rails=$dir/gitlab-rails
mkdir -p "$rails/config/metrics/counts_all" "$rails/config/events" "$rails/ee/config/metrics/license"
cat >"$rails/config/metrics/counts_all/issues.yml" <<'YAML'
key_path: counts.issues
description: Issues
product_group: project_management
value_type: number
status: active
milestone: "1.0"
introduced_by_url: https://example.org/1
time_frame: all
data_source: database
data_category: optional
tiers: [free]
instrumentation_class: CountIssuesMetric
YAML
sed -e 's/counts.issues/license_trial/; s/: database/: license/; s/CountIssuesMetric/LicenseMetric/' \
    "$rails/config/metrics/counts_all/issues.yml" >"$rails/ee/config/metrics/license/trial.yml"
mkdir -p "$rails/lib/gitlab/usage_data_counters"
lists=$rails/lib/gitlab/usage_data_counters
echo "'seen_anew-user': seen_of_old" >"$lists/hll_redis_key_overrides.yml"
echo "'{event_counters}_seen_anew': USAGE_SEEN" >"$lists/total_counter_redis_key_overrides.yml"
echo "- seen_of_old" >"$lists/hll_redis_legacy_events.yml"
cat >"$rails/config/events/seen_anew.yml" <<'YAML'
action: seen_anew
description: Somebody saw it
internal_events: true
identifiers: [user]
product_group: project_management
milestone: "1.0"
introduced_by_url: https://example.org/1
tiers: [free]
YAML
sed -e 's/counts.issues/counts.seen/; s/: database/: internal_events/; /^instrumentation_class/d' \
    "$rails/config/metrics/counts_all/issues.yml" >"$rails/config/metrics/counts_all/seen.yml"
printf 'events:\n- name: seen_anew\n' >>"$rails/config/metrics/counts_all/seen.yml"
sed -e "s,/opt/gitlab/embedded/service/gitlab-rails,$rails," -e "s,/usr/share/service-ping,$root," \
    "$root/packaging/service-ping.omnibus.yml" >"$dir/settings.yml"
export SERVICE_PING_CONFIG="$dir/settings.yml"

check "the sample and the definitions load" "$agent" check
"$agent" --print-settings >"$dir/printed"
for word in "host=/var/opt/gitlab/postgresql dbname=gitlabhq_production user=service-ping" \
    /var/opt/gitlab/redis/redis.socket gitlab-omnibus-package; do
    check "it names $word" grep -qF "$word" "$dir/printed"
done
same "nothing is sent unless an admin says so" "local" "$(sed -n 's/^consent: *\([a-z]*\).*/\1/p' "$dir/printed")"
same "both folders are in force, and none of our own metrics" "counts.issues counts.seen license_trial" \
    "$("$agent" metrics --format json | jq -r '.[].key_path' | xargs)"
check "a class of GitLab's has its statement" sh -c "'$agent' queries | jq -e '.counts.issues | startswith(\"SELECT count(*) FROM issues\")'"
check "an event that keeps its older key is read there" sh -c "'$agent' queries | jq -e '.counts.seen.redis_keys == [\"USAGE_SEEN\"]'"
check "what only GitLab knows has its reason" sh -c "'$agent' check -v | grep -q 'license_trial: not computed: .*GitLab.s process (licence)'"
printf 'facts: {license_trial: true}\n' >>"$dir/settings.yml"
same "and a fact of the settings in its place" "true" \
    "$("$agent" -q preview --metric license_trial --format json | jq '.[0].value')"
finish
