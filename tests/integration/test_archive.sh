#!/bin/sh
# The archive as an admin sees it: listed, shown, verified, carried across an air gap and back; and
# whatever was changed on the way is refused.
. "$(dirname "$0")/../support/tap.sh"

createdb archive_central || exit 1
redis-cli -s "$TEST_REDIS" set archive:count 41 >/dev/null
definition counter redis '{key: "archive:count"}'
definition nowhere redis_hll '{keys: ["archive:wrong"]}'
redis-cli -s "$TEST_REDIS" set archive:wrong abc >/dev/null

settings() { # PORT NAME
    cat >"$dir/$2.yml" <<YAML
state: $dir/$2
definitions: [$dir/definitions]
redis: {address: "$TEST_REDIS"}
schedule: "0 3 1 1 *"
endpoint: {url: "http://127.0.0.1:$1/v1/pings", timeout: 5s}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=archive_central"}
YAML
}
listed() { "$agent" history --format json | jq -r "$1"; }
central() { psql -X -At -d archive_central -c "$1"; }

settings 1 state
export SERVICE_PING_CONFIG="$dir/state.yml"

# ---- Nothing yet ----
try 0 "before the first ping there is no status" status
says "and it says so" "Nothing was collected yet"
try 0 "the history is empty" history
says "and says so" "There is no ping yet"
check "and makes nothing" test ! -e "$dir/state"
same "as JSON, too" 0 "$(listed '.pings | length' 2>/dev/null)"
try 1 "there is nothing to show" show 1
try 1 "nothing to export" export --output "$dir/none"
try 0 "and nothing to find fault with" history --verify

# ---- Three pings ----
"$agent" -q preview --format json >"$dir/first.json"
SERVICE_PING_CONSENT=on "$agent" -q send >"$dir/out" 2>&1
"$agent" -q preview --format json >"$dir/second.json"
"$agent" -q preview --format json >"$dir/third.json"
first=$(jq -r .service_ping.ping_id "$dir/first.json")
second=$(jq -r .service_ping.ping_id "$dir/second.json")
third=$(jq -r .service_ping.ping_id "$dir/third.json")
try 0 "the history lists" history
says "them with their states" "3 pings: 1 sealed, 2 kept"
same "the newest first" "$third $second $first" "$(listed '[.pings[].id] | join(" ")')"
same "with the try that found nobody" "1 0" \
    "$(listed '.pings[2] | "\(.attempts) \(.last_attempt.http_status)"')"
try 0 "a ping is shown by its number" show 1
says "with its id" "$first"
says "its state" "kept: a newer one was sealed"
says "its metrics" "metrics   2: 1 ok, 1 error"
says "and the try" "attempts  .*127.0.0.1:1"
"$agent" show "$first" --format json >"$dir/shown.json"
check "its exact bytes, too" cmp "$dir/first.json" "$dir/shown.json"
try 1 "a ping that there is not is none" show 9
says "and it says where to look" "'service-ping history' lists"
try 64 "without a word there is nothing to show" show
try 0 "the archive is whole" history --verify
says "and says so" "ok  3 pings checked, 0 receipts"

# ---- Across an air gap ----
gap=$dir/usb
mkdir "$gap"
try 64 "an export needs a file" export
try 0 "the newest ping is exported" export --output "$gap/ping"
says "and it says how to go on" "service-ping upload"
check "byte for byte" cmp "$dir/third.json" "$gap/ping"
same "with whose it is" "$third $(sha256sum <"$gap/ping" | cut -d' ' -f1)" \
    "$(jq -r '"\(.ping_id) \(.digest)"' "$gap/ping.meta.json")"
try 0 "the same again is fine" export --output "$gap/ping"
try 1 "another one does not take its file" export 1 --output "$gap/ping"
says "and says so" "there already"
check "which is as it was" cmp "$dir/third.json" "$gap/ping"
try 0 "the history tells" history
says "that it was exported" "exported  *$third"
try 0 "and so does" show 3
says "the ping" "exported to a file"
same "but it was no try" 0 "$(listed '.pings[0].attempts')"

# The machine beyond has no store, no definitions and other settings.
cat >"$dir/beyond.yml" <<YAML
endpoint: {url: "http://127.0.0.1:1/v1/pings", timeout: 5s}
state: $dir/beyond
YAML
beyond() { SERVICE_PING_CONFIG="$dir/beyond.yml" "$@"; }
beyond "$agent" upload "$gap/ping" >"$dir/out" 2>&1
same "with nobody at the endpoint uploading is deferred" 75 $?
settings 1 central
SERVICE_PING_CONFIG="$dir/central.yml" start_receiver
sed -i "s/127.0.0.1:1/127.0.0.1:$port/" "$dir/beyond.yml"
DO_NOT_TRACK=1 beyond "$agent" upload "$gap/ping" >"$dir/out" 2>&1
same "DO_NOT_TRACK is honoured" 77 $?
cp -r "$gap" "$dir/bad"
for what in 's/41/42/' '$s/$/ /'; do
    sed "$what" "$gap/ping" >"$dir/bad/ping"
    beyond "$agent" upload "$dir/bad/ping" >"$dir/out" 2>&1
    same "changed bytes ($what) are refused" 1 $?
    says "and it says why" "not the bytes that were exported"
done
rm "$dir/bad/ping.meta.json"
beyond "$agent" upload "$dir/bad/ping" >"$dir/out" 2>&1
same "bytes alone are refused" 1 $?
says "and it says what is missing" "ping.meta.json"
same "nothing of that arrived" "" "$(central 'SELECT * FROM pings' 2>/dev/null)"
beyond "$agent" upload "$gap/ping" >"$dir/out" 2>&1
same "the ping is uploaded" 0 $?
says "and it says how to go on" "service-ping import"
same "in lines of at most 80 signs, but for what is quoted" "" \
    "$(grep -v '^Receipt\|/' "$dir/out" | awk 'length($0) > 80')"
check "and leaves nothing but the receipt" test ! -e "$dir/beyond"
beyond "$agent" upload "$gap/ping" >"$dir/out" 2>&1
same "a second time does no harm" 0 $?
same "and counts once" "1" "$(central 'SELECT count(*) FROM pings')"
same "with these bytes" "$(sha256sum <"$dir/third.json" | cut -d' ' -f1)" \
    "$(jq -r '.body | fromjson | .receipt.digest' "$gap/ping.receipt.json")"

# ---- And back ----
other() { jq "$1" "$gap/ping.receipt.json" >"$dir/other.json"; }
refused() { # NAME WORDS
    try 1 "$1" import "$dir/other.json"
    says "and it says why" "$2"
}
other '.instance_id = "00000000-0000-4000-8000-000000000000"'
refused "a receipt of another instance is refused" "another instance"
other '.ping_id = "00000000-0000-4000-8000-000000000000"'
refused "that of a ping which is not here" "does not have"
other '.digest |= (explode | reverse | implode)'
refused "that for other bytes" "other bytes"
other '.body |= sub("\"digest\":\"..."; "\"digest\":\"xyz")'
refused "one whose words were changed" "other bytes"
other '.http_status = 422'
refused "one that is no success" "HTTP 422"
other 'del(.ping_id)'
refused "one without an id" "not in it as it was written"
cp "$gap/ping" "$dir/other.json"
refused "what is no receipt" "this is not the answer to a ping"
printf '{"half": ' >"$dir/other.json"
refused "what is no JSON" "not JSON"
same "nothing of that changed the ping" sealed "$(listed '.pings[0].state')"
try 0 "the receipt is imported" import "$gap/ping.receipt.json"
says "and the ping is sent" "is sent: its receipt is kept"
same "as the history says" "sent $third" "$(listed '.pings[0] | "\(.state) \(.receipt.body.receipt.ping_id)"')"
try 0 "a second time" import "$gap/ping.receipt.json"
says "changes nothing" "sent already"
same "nor adds a try" 1 "$(listed '.pings[0].attempts')"
try 0 "the archive is whole" history --verify
says "and says so" "3 pings checked, 1 receipt"

# ---- Beside a running agent, which owns the store ----
try 0 "without an agent the status is the store's" status
says "and says so" "none answers; this is from the store"
says "what came of the last ping" "it arrived, the receipt is of"
same "as JSON, too" "false 3" "$("$agent" status --format json | jq -r '"\(.agent.running) \(.last_ping.seq)"')"
echo "http: {socket: $dir/agent.sock}" >>"$dir/state.yml"
"$agent" -q preview --format json >"$dir/fourth.json"
fourth=$(jq -r .service_ping.ping_id "$dir/fourth.json")
"$agent" run >"$dir/agent.log" 2>&1 &
running=$!
trap 'kill $receiver $running 2>/dev/null; wait $receiver $running 2>/dev/null; rm -rf "$dir"' EXIT
wait_for curl -sf --unix-socket "$dir/agent.sock" http://localhost/healthz
try 0 "the status is the agent's" status
check "and says so: $(head -n 1 "$dir/out")" grep -q "^agent  *[0-9.]* since .*, idle" "$dir/out"
says "when it collects next" "^next run  *20"
same "as JSON, too" "true 4" "$("$agent" status --format json | jq -r '"\(.agent.running) \(.last_ping.seq)"')"
try 0 "the history is read" history --verify
try 0 "a ping is exported" export --output "$gap/fourth"
check "byte for byte" cmp "$dir/fourth.json" "$gap/fourth"
check "and the history says so" test "$(listed '.pings[0].exported_at')" != null
beyond "$agent" upload "$gap/fourth" >"$dir/out" 2>&1
same "and uploaded" 0 $?
jq '.digest |= (explode | reverse | implode)' "$gap/fourth.receipt.json" >"$dir/other.json"
refused "a wrong receipt is refused by the agent" "other bytes"
try 0 "the right one is imported" import "$gap/fourth.receipt.json"
same "and kept by the agent" "sent $fourth" "$(listed '.pings[0] | "\(.state) \(.receipt.body.receipt.ping_id)"')"
try 0 "a second time" import "$gap/fourth.receipt.json"
says "changes nothing" "sent already"
try 75 "recovering is refused" recover
says "with who owns the store" "another service-ping (pid $running)"
kill $running
wait $running
check "the agent ended well" test $? -eq 0

# ---- Harm is found, also when a fault hides behind right digests ----
cp -r "$dir/state" "$dir/kept"
harm() { # NAME WORDS SQL
    rm -rf "$dir/state"
    cp -r "$dir/kept" "$dir/state"
    sqlite3 "$dir/state/service-ping.db" "$3" || echo "# $3"
    try 1 "$1 is found" history --verify
    says "and said" "$2"
}
harm "a changed byte" "Ping 2 .* is not what was sealed" \
    "UPDATE pings SET bytes = CAST(replace(CAST(bytes AS TEXT), '41', '42') AS BLOB) WHERE seq = 2"
harm "a ping taken out" "others are missing" \
    "PRAGMA foreign_keys = OFF; DELETE FROM pings WHERE seq = 2"
harm "a forged receipt" "has a receipt for other bytes" \
    "UPDATE receipts SET body = replace(body, 'digest\":\"', 'digest\":\"0')"
harm "a receipt taken away" "has no receipt" "DELETE FROM receipts"
sqlite3 "$dir/state/service-ping.db" "UPDATE pings SET bytes = x'' WHERE seq = 1"
try 0 "of a ping whose bytes were deleted" show 1
says "digest and place are shown" "SHA-256   [0-9a-f]"
try 1 "but no bytes" show 1 --format json
says "and it says why" "was deleted"
try 0 "the history says" history
says "how many" "bytes of 1 old ping were deleted"
sqlite3 "$dir/state/service-ping.db" \
    "UPDATE pings SET sealed_us = sealed_us - 800 * 86400 * 1000000 WHERE seq = 2"
try 0 "a collection by hand keeps the archive within its bounds, too" preview
try 0 "the history says" history
says "that one more is too old" "bytes of 2 old pings were deleted"
finish
