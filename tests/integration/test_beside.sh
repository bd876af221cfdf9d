#!/bin/sh
# Verbs beside an agent: one that answers, has no socket, was killed, does not answer, may not be asked; and
# nobody. What changes the state goes through the agent or is not done, and nothing of root's is left there.
. "$(dirname "$0")/../support/tap.sh"

redis-cli -s "$TEST_REDIS" set beside:a 41 >/dev/null
definition counts.a redis '{key: "beside:a"}'
state=$dir/state socket=$dir/agent.sock
settings() { # SOCKET
    cat >"$dir/settings.yml" <<YAML
state: $state
definitions: [$dir/definitions]
redis: {address: "$TEST_REDIS"}
http: {socket: "$1"}
schedule: "0 3 1 1 *"
endpoint: {url: "http://127.0.0.1:1/", timeout: 2s}
YAML
}
settings "$socket"
export SERVICE_PING_CONFIG="$dir/settings.yml"
says_not() { check "$1" sh -c '! grep -q -- "$1" "$2"' sh "$2" "$dir/out"; }
# The agent as a user of its own, where this is root; as that user nobody else's files are made.
user=$(id -un) as=
if [ "$(id -u)" = 0 ] && setpriv --reuid=nobody --regid=nogroup --clear-groups true 2>/dev/null; then
    user=nobody
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
    chmod 755 "$TEST_DIR" "$dir"
    mkdir -p "$state" && chown nobody:nogroup "$state" "$dir"
fi
begin() {
    $as "$agent" run 2>>"$dir/agent.log" &
    running=$!
    trap 'kill -9 $running 2>/dev/null; wait $running 2>/dev/null; rm -rf "$dir"' EXIT
}
answers() { curl -sf --unix-socket "$socket" http://localhost/healthz; }
foreign() { find "$state" ! -user "$user" | wc -l; }
mode() { "$agent" status --format json 2>/dev/null | jq -r .consent.mode; }
pings() { "$agent" history --format json | jq '.pings | length'; }

# ---- Nobody runs ----
try 0 "without an agent an answer is stored by the verb itself" consent local
says "and said" "$(id -un) said so at"
try 0 "status reads the store" status
says "and says so" "none answers; this is from the store in $state"
echo "a file, and no socket" >"$socket"
try 0 "a file in the socket's place is nobody" consent off
rm "$socket"
settings "/$(printf '%0200d' 0)/socket"
try 78 "a path too long for a socket is told" consent on --yes
says "as such" "http.socket: this path is too long for a unix socket"
same "and nothing was changed" off "$(settings "$socket"; mode)"
same "nothing in the state folder is anybody else's" 0 "$(foreign)"

# ---- An agent that answers ----
begin
check "an agent runs" wait_for answers
try 0 "beside it an answer goes through its socket" consent on --yes
says "and it says what is in force" "Metrics are collected and sent: $(id -un) (socket) said so"
same "the agent goes by it" on "$(curl -s --unix-socket "$socket" http://localhost/v1/status | jq -r .consent.mode)"
check "and has it in its log" grep -q "$(id -un) (socket) says about consent: on" "$dir/agent.log"
try 0 "it collects when it is asked to" send
check "by whom it says in its log" grep -q "asked for by $(id -un) (socket)" "$dir/agent.log"
one() { [ "$(pings)" = 1 ]; }
check "and makes a ping" wait_for one
try 0 "which is exported" export --output "$dir/ping"
try 0 "shown" show 1
try 0 "and its chain checked" history --verify
definition counts.b redis '{key: "beside:a"}'
kill -HUP $running
held() { [ "$("$agent" status --format json | jq .definitions.held)" = 1 ]; }
check "what is new is held" wait_for held
try 0 "and accepted through the agent" accept --all
same "which holds nothing then" 0 "$("$agent" status --format json | jq .definitions.held)"
try 0 "status is the agent's" status
says "and says so" "since .* idle"
same "of all this nothing in the state folder is anybody else's" 0 "$(foreign)"
DO_NOT_TRACK=1 try 0 "another environment than the agent's" consent
says "does not hide what the agent goes by" "Metrics are collected and sent"
says "nor that there are two" "By those of this command it would be"
try 0 "in the same environment" consent
says_not "there is one answer" "By those of this command"
if [ "$user" = nobody ]; then
    chmod 600 "$socket"
    setpriv --reuid=daemon --regid=daemon --clear-groups "$agent" consent off --yes >"$dir/out" 2>&1
    same "who may not use its socket changes nothing" 69 $?
    says "and is told who may" "You may not use the running agent's socket, $socket: be root, or a member"
    same "consent is as it was" on "$(mode)"
    chmod 660 "$socket"
fi

# ---- An agent that does not answer ----
kill -STOP $running
try 69 "an agent that hangs is waited for, but not for ever" consent off
says "and that is told" "The running agent does not answer: "
says "with what may come of it" "It may still do what it was asked when it goes on"
try 0 "status falls back to the store" status
says "and says so" "none answers; this is from the store"
says "after it has said why" "The running agent does not answer: "
says "with the answer that is stored" "Metrics are collected and sent"
kill -CONT $running
check "when it goes on it answers" wait_for answers
try 0 "it takes an answer again" consent on --yes
same "which is in force" on "$(mode)"

# ---- An agent that was killed ----
kill -9 $running
wait $running 2>/dev/null
check "a killed agent leaves its socket" test -S "$socket"
try 0 "which is nobody: the verb does it itself" consent local
says "as without one" "nothing is sent: $(id -un) said so at"
same "with no file of its own" 0 "$(foreign)"
begin
check "the next agent takes the socket's place" wait_for answers
same "and goes by what was said meanwhile" local "$(mode)"
kill $running
wait $running
same "it ends" 0 $?
check "and takes its socket away" test ! -e "$socket"

# ---- An agent without a socket ----
settings ""
: >"$dir/agent.log"
begin
begun() { grep -q "next collection" "$dir/agent.log"; }
check "an agent without a socket runs" wait_for begun
try 75 "it owns the store: an answer beside it is put off" consent on --yes
says "with who it is" "another service-ping (pid $running)"
try 75 "so is a collection" preview
try 0 "status reads the store" status
says "and says so" "none answers; this is from the store"
try 0 "the history is read" history
kill $running
wait $running
same "it ends" 0 $?
same "and nothing in the state folder is anybody else's" 0 "$(foreign)"
finish
