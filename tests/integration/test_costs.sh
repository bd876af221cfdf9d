#!/bin/sh
# What passes cost, as the verbs tell it: plans without and beside a store, a budget in a whole run,
# progress on a terminal, and a store that has no room for what was counted.
. "$(dirname "$0")/../support/tap.sh"

createdb costs || exit 1
psql -q -X -v ON_ERROR_STOP=1 -d costs <<'SQL' || exit 1
CREATE TABLE large (id bigint PRIMARY KEY, n int);
INSERT INTO large SELECT g, g % 7 FROM generate_series(1, 60000) g;
CREATE TABLE small (id bigint PRIMARY KEY);
INSERT INTO small SELECT generate_series(1, 500);
ANALYZE;
SQL
definition large_count database '{relation: large}'
definition large_sum database '{relation: large, operation: sum, column: n}'
definition small_count database '{relation: small}'

pause=$dir/pause
cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "host=$TEST_DIR user=postgres dbname=costs", duty: 1}}
plan: {small_table_rows: 1000, piece_target: 10ms, pause_file: $pause}
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"

plan() { "$agent" plan --format json; }
# pass WORDS FIELD: of the one pass whose name has these words
pass() { plan | jq -c --arg words "$1" ".passes[] | select(.pass | contains(\$words)) | .$2"; }

# Before the first run.
check "a plan needs no store" sh -c '"$1" plan >"$2/first"' sh "$agent" "$dir"
check "it says that times are estimates" grep -q '^~ is an estimate: no run' "$dir/first"
check "and makes none" test ! -e "$dir/state"
same "nothing is measured yet" false "$(plan | jq 'any(.passes[]; .measured)')"
same "nothing is left out without a budget" null "$(plan | jq .budget_seconds)"

# A budget.
export SERVICE_PING_PLAN_BUDGET=2ms
same "the large table is left out of the plan" true "$(pass large left_out)"
same "the small one is not" false "$(pass small left_out)"
same "the total is of the rest" 1 "$(plan | jq .total.metrics)"
"$agent" -q preview --format json >"$dir/payload.json"
same "what is left out has no value" null "$(jq -c .large_count "$dir/payload.json")"
same "its status says so" '["budget","budget"]' \
    "$(jq -c '[.service_ping.not_ok[].status]' "$dir/payload.json")"
check "its reason tells estimate and budget" sh -c \
    'jq -r ".service_ping.not_ok[0].reason" "$1" | grep -Eq "takes about [0-9.]+ m?s of the database.s time, and plan.budget of 2 ms has [0-9]+ ms left"' \
    sh "$dir/payload.json"
same "the cheap one is counted" 500 "$(jq .small_count "$dir/payload.json")"
unset SERVICE_PING_PLAN_BUDGET
rm -rf "$dir/state"
same "without it everything is counted" 60000 \
    "$("$agent" -q preview --format json | jq .large_count)"

# After a run.
ls -A "$dir/state" >"$dir/before"
plan >"$dir/plan.json"
same "every pass over the database is measured" true \
    "$(jq 'all(.passes[] | select(.source == "database"); .measured)' "$dir/plan.json")"
check "people are told so" sh -c '"$1" plan | grep -q "^Times are what earlier runs took"' sh "$agent"
check "a plan leaves the state folder as it was" sh -c 'ls -A "$1/state" | cmp - "$1/before"' sh "$dir"

# Beside a run, which holds while the pause file is there.
touch "$pause"
rm -rf "$dir/state"
"$agent" preview >/dev/null 2>"$dir/held.err" &
held=$!
wait_for test -e "$dir/state/service-ping.db"
check "a plan is made while the agent owns the store" plan
check "a second preview is not" sh -c '! "$1" -q preview 2>&1 | grep -q metrics' sh "$agent"
kill -INT $held
wait $held
same "the run that was held is kept" 75 $?
rm "$pause"

# Progress. script(1) gives the agent a terminal of 80 columns.
touch "$pause"
script -qec "stty cols 80; exec '$agent' preview" "$dir/typescript" >/dev/null 2>&1 </dev/null &
held=$!
wait_for grep -q 'metrics' "$dir/typescript"
rm "$pause"
wait $held
check "a terminal sees passes and metrics" grep -Eq '[0-9]+/[0-9]+ passes  [0-9]+/3 metrics' "$dir/typescript"
check "its line is drawn anew and cleared" grep -q "$(printf '\r\033\[K')" "$dir/typescript"
same "nothing is said with --quiet" '' "$(script -qec "'$agent' -q preview >'$dir/quiet'" /dev/null </dev/null)"
same "a pipe gets no line within ten seconds" '' "$("$agent" preview --metric small_count 2>&1 >/dev/null | grep passes)"

# A store that has no room for what was counted.
for i in $(seq 1 1500); do definition "count_of_small_$i" database '{relation: small}'; done
rm -rf "$dir/state"
sh -c 'trap "" XFSZ; ulimit -f 160; exec "$0" preview' "$agent" >"$dir/full.out" 2>"$dir/full.err"
same "a full disk ends a preview with 75" 75 $?
check "and one sentence says why" grep -q 'service-ping: The collection could not be stored.*the disk' "$dir/full.err"
check "nothing is shown as sealed" test ! -s "$dir/full.out"
check "with room again it goes through" sh -c '"$1" -q preview >"$2/full.out"' sh "$agent" "$dir"
finish
