#!/bin/sh
# Fills a Redis as an application would have left it after five weeks of use: plain counters,
# HyperLogLogs by key, and the weekly counters, sums, totals and HyperLogLogs of events under
# GitLab's names, for the running week (0) and the five before it. A metric of seven days reads
# week 1, one of 28 days weeks 1 to 4; weeks 0 and 5 are there to be left out.
# Adds to what is there: a second call doubles the counters and leaves the distinct numbers.
# Usage: redis.sh SOCKET [DATABASE]
set -eu
socket=${1:?the path of the Redis socket}
redis-cli -s "$socket" ping >/dev/null
now=$(date -u +%s)
weeks=$(for ago in 0 1 2 3 4 5; do date -u -d "@$((now - ago * 604800))" +%G-%V; done | tr '\n' ' ')

# The table below: kind; key without its week; amount. Weeks differ: the amount is that of week 1,
# each week further back has a tenth less. Undated keys hold what a year has gathered.
#   set      a plain key and its number
#   seen     an undated HyperLogLog of that many values, the first of them shared with its like
#   counter  a weekly counter, and the undated one with twenty times as much
#   total    a weekly counter alone; the undated one does not exist
#   sum      a weekly sum with decimals, and the undated one
#   users    a weekly HyperLogLog of that many values; a third of them come back every week
#   words    a weekly HyperLogLog of the words that follow
#   hash     a weekly hash with the fields that follow
awk -F '; *' -v weeks="$weeks" '
# Values of one week: a third are the same in all weeks, the others its own.
function members(amount, week,   list, i) {
    for (i = 1; i <= amount; i++) list = list " " (i <= amount / 3 ? i : 10000 * (week + 1) + i)
    return list
}
function part(amount, week) { return int(amount * (11 - week) / 10) }
function weekly(kind, key, amount, week) {
    if (kind == "counter" || kind == "total") say = "INCRBY KEY " part(amount, week)
    else if (kind == "sum") say = sprintf("INCRBYFLOAT KEY %.2f", part(amount, week) + 0.25)
    else if (kind == "users") say = "PFADD KEY" members(part(amount, week), week)
    else if (kind == "words") say = "PFADD KEY " amount
    else say = "HINCRBY KEY " field " " part(amount, week)
    sub(/KEY/, key "-" name[week], say)
    print say
    print "EXPIRE " key "-" name[week] " 3628800"
}
function hash(key, week,   i, pair) {
    for (i = 3; i <= NF; i++) {
        split($i, pair, "=")
        field = "\"" pair[1] "\""
        weekly("hash", key, pair[2], week)
    }
}
BEGIN { split(weeks, list, " "); for (w = 0; w < 6; w++) name[w] = list[w + 1] }
$1 == "set" { print "SET", $2, $3; next }
$1 == "seen" { print "PFADD", $2 members($3, length($2)); next }
NF {
    for (w = 0; w < 6; w++) if ($1 == "hash") hash($2, w); else weekly($1, $2, $3, w)
    if ($1 == "counter") print "INCRBY", $2, $3 * 20
    if ($1 == "sum") printf "INCRBYFLOAT %s %.2f\n", $2, $3 * 20 + 0.5
}' <<'TABLE' | redis-cli -s "$socket" -n "${2:-0}" | { ! grep -v -E '^(OK|[0-9.]+)$'; }
set; USAGE_REPOSITORY_ARCHIVE_DOWNLOAD; 4711
set; USAGE_PAGES_SITE_BUILT; 9007199254740993
set; SEARCH_INDEX_UPDATE; 1200
set; usage:web_terminal:sessions; 81
seen; usage:hll:client_addresses:ssh; 900
seen; usage:hll:client_addresses:https; 7000
users; {hll_counters}_diff_viewed_inline; 400
users; {hll_counters}_diff_viewed_parallel; 650
users; {hll_counters}_quick_action_used; 90
counter; {event_counters}_issue_board_opened; 640
users; {hll_counters}_issue_board_opened-user; 130
users; {hll_counters}_issue_board_opened-filter:[label:project]-project; 45
counter; {event_counters}_merge_request_reviewed; 900
counter; {event_counters}_merge_request_reviewed-filter:[label:approved]; 500
users; {hll_counters}_merge_request_reviewed-namespace; 18
users; {hll_counters}_merge_request_reviewed-filter:[label:approved]-user; 160
sum; {event_sums}_merge_request_reviewed-operator:sum(value); 2100
hash; {hll_counters}_merge_request_reviewed-operator:total-label; approved=500; commented=260
hash; {hll_counters}_merge_request_reviewed-operator:total-label; changes_requested=140
users; {hll_counters}_web_editor_commit_created-user; 70
users; {hll_counters}_code_suggestion_accepted-user; 210
sum; {event_sums}_code_suggestion_accepted-operator:sum(value); 3300
words; {hll_counters}_code_suggestion_accepted-label; ruby go c "c++" "objective c" rust
counter; {event_counters}_web_editor_commit_created; 300
users; {hll_counters}_web_editor_commit_created-project; 40
hash; {hll_counters}_package_published-operator:total-label; npm=90; maven=60; pypi=11; generic=3
counter; {event_counters}_package_published-filter:[label:npm,property:deploy_token]; 55
sum; {event_sums}_package_downloaded-operator:sum(value)-filter:[client:maven]; 81000000000
counter; {event_counters}_package_published; 164
counter; {event_counters}_package_downloaded; 4100
counter; {event_counters}_cli_command_run-filter:[command:mr]; 330
users; {hll_counters}_cli_command_run-filter:[command:ci]-user; 60
users; {hll_counters}_cli_command_run-filter:[command:job]-user; 25
hash; {hll_counters}_cli_command_run-operator:total-property; linux=700; darwin=410; windows=12
counter; {event_counters}_search_performed-filter:[label:issues]; 1500
counter; {event_counters}_search_performed-filter:[label:merge_requests]; 800
users; {hll_counters}_search_performed-filter:[property:global]-user; 190
counter; {event_counters}_pipeline_config_linted-filter:[label:valid,value:0]; 140
users; {hll_counters}_pipeline_config_linted-user; 80
sum; {event_sums}_import_finished-operator:sum(value)-filter:[property:finished]; 5400
counter; {event_counters}_import_finished-filter:[property:failed]; 13
counter; {event_counters}_deployment_approved; 70
counter; {event_counters}_feature_flag_toggled; 120
users; {hll_counters}_feature_flag_toggled-filter:[label:off]-project; 14
users; {hll_counters}_wiki_page_viewed-user; 310
words; {hll_counters}_dashboard_opened-property; dora "value streams" "code review"
total; {event_counters}_snippet_copied; 44
counter; {event_counters}_runner_registered-filter:[label:project]; 9
users; {hll_counters}_access_token_rotated-user; 33
set; {event_counters}_mail_notification_sent; 1234567
users; {hll_counters}_incident_escalated-namespace; 6
TABLE
