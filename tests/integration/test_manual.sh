#!/bin/sh
# The manual in packaging/man says what the program knows, no more and no less, wherever one of them
# is a list; and every example in it is run, and those of the README. An example of the manual is a
# literal display after a line `.\" Example: KIND`; the kinds are at the end of this script.
. "$(dirname "$0")/../support/tap.sh"
man=$root/packaging/man

# ---- Reading a page ----

# section PAGE TITLE: the lines of `.Sh TITLE` or `.Ss TITLE`.
section() {
    awk -v title="$2" '
        /^\.S[hs] / { level = substr($1, 3); name = $0; sub(/^\.S[hs] /, "", name)
                      if (name == title) { on = 1; of = level; next }
                      if (on && (level == "h" || of == "s")) on = 0 }
        on' "$man/$1"
}
# items MACRO: the heads of a list, such as `.It Va seq`, as plain words.
items() {
    sed -n "s/^\.It $1 //p" | sed -e 's/ Op Ar \(.*\)$/ [\1]/' -e 's/ Oo Ar / [/' -e 's/ Oc Ns /]/' \
        -e 's/ Ns Ar .*//' -e 's/ Ar / /g'
}
# as_list: words or lines in an order that can be compared
as_list() { sort | uniq; }
pages() { (cd "$man" && ls ./*.[1-8] | sed 's,^\./,,'); }

# ---- Every page by itself ----
# Where its pages are installed, and what day it is, is the machine's.
lint() {
    mandoc -Tlint -Wstyle "$man/$1" 2>/dev/null |
        grep -v 'STYLE: referenced manual not found\|WARNING: date in the future' | sed 's/^/# /'
}
for page in $(pages); do
    same "mandoc has nothing to say about $page" "" "$(lint "$page")"
    title=$(sed -n 's/^\.Dt //p' "$man/$page" | tr 'A-Z ' 'a-z.')
    same "it is what its name says" "$page" "$title"
    same "the pages that it names are there" "" "$(sed -n 's/^\.Xr \(service-ping[a-z.-]*\) \([1-8]\).*/\1.\2/p' \
        "$man/$page" | while read -r other; do [ -e "$man/$other" ] || echo "$other"; done)"
done

# ---- Verbs, options, exit codes: what --help says ----

# helped TITLE: the terms of a list of --help
helped() { awk -v title="$1:" '$0 == title { on = 1; next } /^$/ { on = 0 } on && /^  [^ ]/' | sed 's/^  //; s/  .*//'; }
verbs=$("$agent" --help | helped Verbs)
said=$(for verb in $(echo "$verbs" | sed 's/ .*//'); do
    echo "$verbs" | grep "^$verb\( \|$\)"
    "$agent" "$verb" --help | helped Options | sed "s/^/$verb: /"
done)
written=$(section service-ping.1 VERBS | awk '
    /^\.It Cm / { verb = $3; print; next }
    /^\.It Fl / { sub(/^\.It Fl -/, "--"); sub(/ Ar /, " "); print ".It Cm " verb ": " $0 }' | items Cm)
same "every verb with its options, as --help has them" "$(echo "$said" | as_list)" "$(echo "$written" | as_list)"
same "the options of all verbs" "$("$agent" --help | helped Options | as_list)" \
    "$(section service-ping.1 Options | sed 's/^\.It Fl \([a-zA-Z]\) , Fl -/.It Fl -\1, --/; s/^\.It Fl -\([a-z]\{2\}\)/.It Fl --\1/' |
        items Fl | as_list)"
known=$({ echo "$said" | sed -n 's/^.*: \(--[a-z-]*\).*/\1/p'; "$agent" --help | helped Options | grep -o -e '--[a-z-]*'; } | as_list)
for page in $(pages); do
    same "$page names no other option" "" "$({ grep -o 'Fl -[a-z-][a-z-]*' "$man/$page" | sed 's/^Fl -/--/'
        grep '^\.Ic' "$man/$page" | grep -o -e ' --[a-z-]*' | tr -d ' '; } | as_list |
        while read -r option; do echo "$known" | grep -qxe "$option" || echo "$option"; done)"
    same "and no other verb" "" "$(grep '^\.Ic service-ping [a-z]' "$man/$page" | sed 's/^\.Ic service-ping \([a-z]*\).*/\1/' |
        as_list | while read -r verb; do echo "$verbs" | grep -q "^$verb\( \|$\)" || echo "$verb"; done)"
done
codes() { awk '/^\.It [0-9]/ { code = $2; getline; sub(/\.$/, ""); print code, tolower(substr($0, 1, 1)) substr($0, 2) }'; }
same "the exit codes with their meaning" \
    "$("$agent" --help | sed -n '/^Exit codes:/,$s/^  \([0-9][0-9]*\)  */\1 /p')" "$(section service-ping.1 'EXIT STATUS' | codes)"
for page in service-ping-run.8 service-ping-receive.8; do
    same "no other exit code in $page" "" "$(section $page 'EXIT STATUS' | codes | while read -r code rest; do
        "$agent" --help | grep -q "^  $code " || echo "$code $rest"; done)"
done

# ---- Settings: the table of docs/, which a unit test holds to the program, and what is printed ----
in_table=$(sed -n '/settings:begin/,/settings:end/p' "$root/docs/settings.md" | grep '^| `' | tr -d '`' |
    awk -F ' \\| ' '{ sub(/^\| /, "", $1); print $1 " (" $2 ") " ($3 == "" ? "none" : $3) }')
in_page=$(section service-ping.yml.5 SETTINGS | awk '/^\.It Va / { key = $3; type = $0; sub(/.* Pq /, "", type)
    getline; sub(/^Default: /, ""); sub(/\.$/, ""); print key " (" type ") " $0 }')
same "every setting with its type and its default" "$in_table" "$in_page"
echo '{databases: {NAME: {conninfo: dbname=a}}, facts: {NAME: 1}}' >"$dir/named.yml"
printed=$("$agent" -c "$dir/named.yml" --print-settings | awk -F: '
    /^[a-z]/ { top = $1; list = $0 ~ /:$/; if (!list) print top; next }
    /^  - / { if (list) print top; list = 0; next }
    /^  NAME:$/ { next }
    /^  [a-zN]/ { sub(/^ */, "", $1); print top "." $1 }
    /^    [a-z]/ { sub(/^ */, "", $1); print top ".NAME." $1 }')
same "what --print-settings prints, and the one that it does not" "$({ echo "$printed"; echo redis.password; } | as_list)" \
    "$(echo "$in_page" | sed 's/ .*//' | as_list)"

# ---- Fields of definitions: the tables that read them ----
table() { sed -n "/form_field $2\[\] = {/,/^};/p" "$root/$1" | grep -o '{"[a-z_]*", FORM_[A-Z_]*, [a-z]*' |
    sed 's/{"\([a-z_]*\)", [A-Z_]*, /\1 /; s/ true/, needed/; s/ false//'; }
fields() { items Va | sed 's/ Pq .*, needed$/, needed/; s/ Pq .*//'; }
metrics_part() { sed -n '/^\.Sh METRICS/,/^\.Sh EVENTS/p' "$man/service-ping-definition.5"; }
events_part() { sed -n '/^\.Sh EVENTS/,/^\.Ss Redis keys/p' "$man/service-ping-definition.5"; }
same "the fields of a metric" "$(table agent/definition.c fields | as_list)" \
    "$(metrics_part | sed '/^\.Ss Time frames/,$d' | fields | as_list)"
same "the fields of an event" "$(table agent/definition_event.c fields | as_list)" "$(events_part | fields | as_list)"
same "the options of a database metric" "$(grep -o '{"[a-z_]*", take_' "$root/metrics/database_spec.c" | cut -d'"' -f2 | as_list)" \
    "$(metrics_part | sed -n '/^\.It Cm database/,/^\.It Cm redis/p' | fields | as_list)"
same "the parts of an entry of events" "$(table agent/definition_rules.c event_parts | sed 's/,.*//' | as_list)" \
    "$(metrics_part | sed -n '/^\.It Cm internal_events/,/^\.It Cm system/p' | fields | as_list)"

# What is refused says what would be right.
mkdir -p "$dir/wrong/metrics" "$dir/wrong/events"
for field in value_type status time_frame data_source data_category; do echo "$field: wrong"; done >"$dir/wrong/metrics/a.yml"
for field in tiers performance_indicator_type; do echo "$field: [wrong]"; done >>"$dir/wrong/metrics/a.yml"
echo 'identifiers: [wrong]' >"$dir/wrong/events/b.yml"
: >"$dir/empty.yml"
allowed=$(SERVICE_PING_DEFINITIONS="$dir/wrong" "$agent" -c "$dir/empty.yml" check 2>&1 |
    sed -n "s/.*\`\([a-z_]*\)\` is 'wrong': it must be /\1 /p" | grep ' or ')
same "a metric and an event have eight fields of certain words" 8 "$(echo "$allowed" | grep -c .)"
echo "$allowed" | while read -r field words; do grep -q "^\.It Va $field Pq .*$words" "$man/service-ping-definition.5" || echo "$field: $words"
done >"$dir/unsaid"
same "and the page has them all" "" "$(cat "$dir/unsaid")"

# ---- The central side ----
createdb manual_central || exit 1
cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "$TEST_DATABASE"}}
redis: {address: "$TEST_REDIS"}
http: {socket: "$dir/agent.sock"}
schedule: "0 3 1 1 *"
endpoint: {timeout: 5s}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=manual_central"}
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"
start_receiver
export SERVICE_PING_ENDPOINT_URL="http://127.0.0.1:$port/v1/pings"
central() { psql -X -q -At -v ON_ERROR_STOP=1 -d manual_central "$@"; }
tables_are_made() { central -c 'SELECT FROM silent_instances' >/dev/null; }
wait_for tables_are_made
relations=$(central -c "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    AND NOT relispartition")
tables_part() { sed -n '/^\.Sh TABLES/,/^\.Sh OPERATION/p' "$man/service-ping-receive.8"; }
same "the tables and views" "$(echo "$relations" | as_list)" "$(tables_part | items Va | as_list)"
columns=$(central -c "SELECT attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE attnum > 0
    AND relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
    AND relname NOT IN ('latest_pings', 'latest_metrics', 'silent_instances')")
words=$(tables_part | sed -n 's/^\.Va //p' | tr ' ' '\n' | grep '^[a-z]')
same "their columns" "$(echo "$columns" | as_list)" "$(echo "$words" | as_list)"
paths=$(sed -n '/post_kind kinds\[\] = {/,/^};/p' "$root/agent/receiver/receiver.c" | grep -o '{"[^"]*"' | tr -d '{"')
same "the paths that take posts" "$(echo "$paths" | as_list)" \
    "$(section service-ping-receive.8 Paths | items Li | sed -n 's/^POST //p' | as_list)"
same "each of them answers what is no ping" "400 400 400 400 400" \
    "$(for path in $paths; do curl -s -o "$dir/answer" -w '%{http_code}\n' -d '{' "http://127.0.0.1:$port$path"; done | xargs)"

# ---- Examples ----

# Every literal display becomes a file PAGE.NUMBER.KIND; one without a kind becomes an `unmarked`.
mkdir "$dir/examples" "$dir/work" "$dir/bin"
ln -s "$(realpath "$agent")" "$dir/bin/service-ping"
for page in $(pages); do
    awk -v base="$dir/examples/$page" '
        /^\.\\" Example: / { kind = $3; next }
        /^\.Bd / { file = sprintf("%s.%02d.%s", base, ++n, kind != "" ? kind : "unmarked"); on = 1; next }
        /^\.Ed/ { on = 0; kind = ""; next }
        on { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print > file }' "$man/$page"
done
examples() { ls "$dir/examples" | grep "\.$1\$"; }
same "every example says what it is" "" "$(ls "$dir/examples" | grep -v '\.\(commands\|requests\|settings\|metric\|event\|map\|payload\|sql\|shown\)$')"
# name FILE: "service-ping.1, example 3"
name() { echo "$1" | sed 's/\(.*\)\.0*\([0-9]*\)\.\([a-z]*\)$/\1, example \2/'; }

# settings: a whole file, with this machine's paths, and definitions where it names none
mkdir -p "$dir/gitlab/config/metrics"
cp "$root/definitions/metrics/counts_all/issues.yml" "$dir/gitlab/config/metrics/"
for example in $(examples settings); do
    sed -e "s,/usr/share/service-ping/definitions,$root/definitions," \
        -e "s,/opt/gitlab/embedded/service/gitlab-rails,$dir/gitlab," "$dir/examples/$example" >"$dir/work/settings.yml"
    grep -q '^definitions:' "$dir/work/settings.yml" || echo "definitions: [$root/definitions]" >>"$dir/work/settings.yml"
    check "$(name "$example"): settings" env CREDENTIALS_DIRECTORY="$dir" "$agent" -c "$dir/work/settings.yml" check
done
same "one of them has the ten lines that are promised" 10 "$(grep -c . "$dir/examples/service-ping.yml.5.01.settings")"

# metric, event: files of the folder that is in force from here on; what they count is there, and is
# counted. map: an instrumentation.yml, beside a metric that it explains
definition counts.issues database '{relation: issues}' standard
mkdir -p "$dir/definitions/events" "$dir/map/metrics"
for example in $(examples metric); do cp "$dir/examples/$example" "$dir/definitions/metrics/$example.yml"; done
for example in $(examples event); do cp "$dir/examples/$example" "$dir/definitions/events/$example.yml"; done
psql -X -q <<'SQL'
CREATE TABLE projects (id bigint PRIMARY KEY, visibility_level int);
CREATE TABLE issues (id bigint PRIMARY KEY, project_id bigint, author_id bigint, confidential bool, state_id int,
    created_at timestamptz);
CREATE TABLE schema_migrations (version text);
INSERT INTO projects VALUES (1, 20), (2, 0);
INSERT INTO issues SELECT i, i % 2 + 1, i % 3, i % 4 = 0, 1, now() - interval '5 days' FROM generate_series(1, 12) i;
INSERT INTO schema_migrations VALUES ('20261121');
SQL
redis-cli -s "$TEST_REDIS" set shop:mails_sent 7 >/dev/null
redis-cli -s "$TEST_REDIS" pfadd shop:visitors a b >/dev/null
redis-cli -s "$TEST_REDIS" pfadd blog:visitors b c >/dev/null
check "the examples of metrics and events load" "$agent" check
same "and count" '{"issues":12,"issues_confidential":3,"issues_confidential_monthly":3,"issues_confidential_weekly":3,'\
'"mails_sent":7,"users_of_public_projects":3,"users_publishing_npm_monthly":0,"users_publishing_npm_weekly":0,"visitors":3}' \
    "$("$agent" -q preview --format json | jq -c .counts)"
for example in $(examples map); do
    cp "$dir/examples/$example" "$dir/map/instrumentation.yml"
    sed -n 's/^  \(Count[A-Za-z]*\):/instrumentation_class: \1/p' "$dir/map/instrumentation.yml" >"$dir/class"
    sed '/^options:/,$d; s/^key_path: .*/key_path: counts.mapped/' "$dir/definitions/metrics/counts.issues.yml" |
        cat - "$dir/class" >"$dir/map/metrics/mapped.yml"
    echo 'options: {state: merged}' >>"$dir/map/metrics/mapped.yml"
    same "$(name "$example"): what the class counts" \
        "SELECT count(*) FROM merge_requests WHERE ((merge_requests.state_id = '3'))" \
        "$(SERVICE_PING_DEFINITIONS="$dir/map" "$agent" queries | jq -r .counts.mapped)"
done

# payload: a whole ping, of the form that the program makes, which the central side takes
described() { jq -r '.service_ping | to_entries[] | .key as $k | (.value | type) as $t |
    if $t == "object" then .value | keys[] | "\($k).\(.)" elif $t == "array" then "\($k)[]" else $k end' "$1" | as_list; }
"$agent" -q preview --sealed --format json >"$dir/ping.json"
same "every member of service_ping" "$(described "$dir/ping.json")" \
    "$(section service-ping-payload.7 'The object service_ping' | items Va | as_list)"
for example in $(examples payload); do
    same "$(name "$example"): has the same members" "$(described "$dir/ping.json")" "$(described "$dir/examples/$example")"
    # Of today, because none of days to come is taken.
    jq --arg now "$(date -u +%FT%TZ)" '.recorded_at = $now' "$dir/examples/$example" >"$dir/today.json"
    same "and is taken" "201" "$(curl -s -o "$dir/answer" -w '%{http_code}' --data-binary "@$dir/today.json" "$SERVICE_PING_ENDPOINT_URL")"
    same "with the statuses that it says" "denied 1, ok 4" "$(central -c "SELECT string_agg(status || ' ' || n, ', ' ORDER BY status)
        FROM (SELECT status, count(*) n FROM ping_metrics GROUP BY 1) each")"
done
same "the headers of a post" "$(grep -oh '"Service-Ping-[A-Za-z]*' "$root/agent/delivery.c" | tr -d '"' | as_list)" \
    "$(section service-ping-payload.7 Posts | items Li | grep Service-Ping | as_list)"

# commands: a script for a shell, after a preview; requests: the same beside a running agent
try() { # FILE
    sed -e "s,https://pings.example.org/v1/pings,$SERVICE_PING_ENDPOINT_URL," -e "s,127.0.0.1:8080,127.0.0.1:$port," \
        -e "s,/run/service-ping/service-ping.sock,$dir/agent.sock," -e 's,DATABASE$,postgres,' "$dir/examples/$1" >"$dir/work/script"
    check "$(name "$1"): $(sed -n '1s/ *\\*$//p' "$dir/work/script")" try_script
}
try_script() { (cd "$dir/work" && PATH=$dir/bin:$PATH CURL_HOME=$dir sh -e script </dev/null); }
echo fail >"$dir/.curlrc"
for example in $(examples commands); do
    "$agent" -q preview >/dev/null 2>&1
    try "$example"
done
same "the drop-in folder is the one that the manual names" debug "$(mkdir -p "$dir/named.yml.d" &&
    echo 'log: {level: debug}' >"$dir/named.yml.d/10.yml" && "$agent" -c "$dir/named.yml" --print-settings | sed -n 's/^  level: //p')"

# sql: statements of the central side's database
for example in $(examples sql); do
    check "$(name "$example"): $(head -n 1 "$dir/examples/$example")" central -f "$dir/examples/$example"
done

# ---- The README: its settings, its definition, its questions, and what it points to ----

# fenced KIND NUMBER: a block of it
fenced() {
    awk -v kind="$1" -v number="$2" '
        /^```/ { inside = !inside; on = inside && $0 == "```" kind && ++n == number; next }
        on' "$root/README.md"
}
mkdir -p "$dir/front/metrics"
fenced yaml 1 >"$dir/front/settings.yml"
fenced yaml 2 >"$dir/front/metrics/metric.yml"
same "the README's settings have ten lines" 10 "$(grep -c . "$dir/front/settings.yml")"
check "and are right, and so is its definition" env -u SERVICE_PING_ENDPOINT_URL SERVICE_PING_DEFINITIONS="$dir/front" \
    "$agent" -c "$dir/front/settings.yml" check
check "its questions of the data team's are answered" central -c "$(fenced sql 1)"
same "it has no command that is none" "" "$(fenced "" 3 | sed -n 's/^# service-ping \([a-z]*\).*/\1/p' | while read -r verb; do
    echo "$verbs" | grep -q "^$verb\( \|$\)" || echo "$verb"; done)"
same "what it points to is there" "" "$(cd "$root" && grep -ho -e '](\([^)]*\))' -e '="docs/[^"]*"' README.md |
    sed 's/^](\(.*\))$/\1/; s/^="\(.*\)"$/\1/' | while read -r file; do [ -e "$file" ] || echo "$file"; done)"

# ---- The running agent ----
"$agent" -q run 2>"$dir/run.log" &
pid=$!
trap 'kill $pid $receiver 2>/dev/null; wait $pid $receiver 2>/dev/null; rm -rf "$dir"' EXIT
asked() { curl -s --unix-socket "$dir/agent.sock" "$@"; }
wait_for asked -f http://localhost/readyz
for example in $(examples requests); do try "$example"; done
asked http://localhost/metrics >"$dir/metrics"
same "the agent's own metrics with their types" "$(sed -n 's/^# TYPE //p' "$dir/metrics" | as_list)" \
    "$(section service-ping-run.8 'Own metrics' | items Li | sed 's/ Pq / /' | as_list)"
same "the statuses of metrics" "$(sed -n 's/^service_ping_metrics{status="\(.*\)"} .*/\1/p' "$dir/metrics" | as_list)" \
    "$(section service-ping-payload.7 Statuses | items Cm | as_list)"
routes=$(grep -oh '{"[A-Z]*", "/[^"]*"' "$root/agent/web/web_routes.c" | sed 's/[{",]//g')
same "the paths of the socket" "$(echo "$routes" | as_list)" "$(section service-ping-run.8 Paths | items Li | as_list)"
same "none of which is unknown to it" "" "$(section service-ping-run.8 Paths | items Li | sed 's,pings/$,pings/1,' |
    while read -r method path; do
        [ "$method" = POST ] && set -- -d '{}' || set -- -X "$method"
        status=$(asked "$@" -o "$dir/answer" -w '%{http_code}' "http://localhost$path")
        case $status in 404 | 405 | 5??) echo "$method $path: $status" ;; esac
    done)"
finish
