#!/bin/sh
# Prints 4,000 events, one JSON object a line, for `service-ping track --stdin`: the same ones at
# every call. Every event of definitions/events occurs, by 240 users in 60 projects of 20
# namespaces; some users and projects act far more often than others.
# Usage: events.ndjson.sh [COUNT]
#
# The table below: name; who and where; texts to choose from (written twice: twice as often);
# numbers from 0 to below a limit, in steps of an eighth where the limit has a point.
exec awk -F '; *' -v count="${1:-4000}" '
# A whole number from 0 to below `limit`; the generator of Park and Miller, exact in any awk.
function pick(limit) {
    seed = (seed * 16807) % 2147483647
    return int(seed / 2147483647 * limit)
}
function mostly_low(limit,   part) { part = pick(1000) / 1000; return int(limit * part * part) }
function place(   project) {
    project = 1 + mostly_low(60)
    return sprintf(",\"project\":%d,\"namespace\":%d", project, 1 + project % 20)
}
function text(name, choices,   list) {
    return sprintf(",\"%s\":\"%s\"", name, list[1 + pick(split(choices, list, "|"))])
}
function number(name, limit) {
    if (index(limit, ".")) return sprintf(",\"%s\":%.3f", name, mostly_low(limit * 8) / 8)
    return sprintf(",\"%s\":%d", name, mostly_low(limit))
}
function field(spec,   part) {
    if (spec == "user") return sprintf(",\"user\":%d", 1 + mostly_low(240))
    if (spec == "place") return place()
    if (split(spec, part, "=") == 2) return text(part[1], part[2])
    split(spec, part, "<")
    return number(part[1], part[2])
}
NF { table[rows++] = $0 }
END {
    seed = 20261121
    for (i = 0; i < count; i++) {
        fields = split(table[i < rows ? i : pick(rows)], spec, FS)
        line = "{\"event\":\"" spec[1] "\""
        for (f = 2; f <= fields; f++) line = line field(spec[f])
        print line "}"
    }
}' <<'TABLE'
issue_board_opened; user; place; label=project|project|group
merge_request_reviewed; user; place; label=approved|approved|changes_requested|commented; value<12
code_suggestion_accepted; user; place; label=ruby|go|c|c++|objective c; property=vim|vs_code; value<40
web_editor_commit_created; user; place; value<9
package_published; user; place; label=npm|maven|pypi; property=user|deploy_token|job_token
package_downloaded; user; place; label=npm|maven|pypi; value<80000000; client=maven|npm|pip|curl
cli_command_run; user; label=1.42.0|2.0.0-rc1; property=linux|darwin; command=mr|mr|ci|job|issue
search_performed; user; place; label=issues|merge_requests|code; property=global|group; value<900
pipeline_config_linted; user; place; label=valid|valid|invalid; value<4
import_finished; user; place; label=github|export file; property=finished|finished|failed; value<900.0
deployment_approved; user; place; label=production|staging
feature_flag_toggled; user; place; label=on|off
wiki_page_viewed; user; place; label=project|group
dashboard_opened; user; place; property=value streams|dora|code review
snippet_copied; user
runner_registered; user; place; label=instance|group|project
access_token_rotated; user; label=personal|project|group
mail_notification_sent; label=mentioned|assigned|subscribed
incident_escalated; user; place; label=critical|high|low
TABLE
