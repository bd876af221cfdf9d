#!/bin/sh
# Who decides what is collected and what leaves: nothing before consent, by category, by the verb or
# by the settings; what an upgrade of definitions adds or changes is held until it is accepted. With
# the real program on both sides, and beside a running agent.
. "$(dirname "$0")/../support/tap.sh"

createdb consent_central || exit 1
redis-cli -s "$TEST_REDIS" mset consent:a 41 consent:b 5 consent:c 6 >/dev/null
definition counts.a redis '{key: "consent:a"}' optional
definition counts.b redis '{key: "consent:b"}' operational
definition counts.c redis '{key: "consent:c"}' optional

settings() { # PORT
    cat >"$dir/settings.yml" <<YAML
state: $dir/state
definitions: [$dir/definitions]
redis: {address: "$TEST_REDIS"}
http: {socket: "$dir/agent.sock"}
schedule: "0 3 1 1 *"
endpoint: {url: "http://127.0.0.1:$1/v1/pings", timeout: 5s}
receive: {conninfo: "host=$TEST_DIR user=postgres dbname=consent_central"}
YAML
}
settings 1
export SERVICE_PING_CONFIG="$dir/settings.yml"
start_receiver
settings "$port"

central() { psql -X -At -d consent_central -c "$1"; }
arrived() { central "SELECT count(*) FROM pings"; }
newest() { # JQ: of the ping that arrived last
    central "SELECT encode(raw, 'base64') FROM pings ORDER BY id DESC LIMIT 1" | base64 -d | jq -rc "$1"
}
wait_for arrived
lock=$dir/state/consent.lock

# ---- Before anybody has answered ----
try 0 "consent is shown" consent
says "nobody has answered" "nothing is sent: nobody has answered yet"
check "which makes nothing" test ! -e "$dir/state"
try 77 "before consent nothing is sent" send
says "and it is said how it would be" "nobody has agreed yet; 'service-ping consent on' permits it"
try 0 "a preview is made all the same" preview
says "and says so as well" "would send nothing: nobody has agreed yet"
try 77 "a sealed ping does not leave either" send
check "nothing is pinned yet" test ! -e "$lock"
try 0 "so nothing is different" diff
says "because nothing was approved" "Nothing was approved yet"
try 1 "and nothing can be accepted by name" accept counts.a
try 0 "local is an answer" consent local
try 77 "that sends nothing" send
says "and is remembered with who gave it" "consent is 'local'; $(id -un) said so at"
same "nothing has arrived" 0 "$(arrived)"

# ---- Consent, by category ----
try 0 "consent is given, for two categories" consent on --category standard --category operational
says "how many metrics of each are told" "operational *1$"
says "and what is not permitted" "optional *2  not permitted"
says "and that they are pinned" "held, and not collected, until you accept it"
same "all definitions in force are approved" "counts.a counts.b counts.c" \
    "$(sed -n '2,$s/.* //p' "$lock" | tr '\n' ' ' | sed 's/ $//')"
same "in a file of the owner's" 600 "$(stat -c %a "$lock")"
try 0 "a ping leaves" send
says "but not the one that held more" "was sealed when more was permitted than now"
same "it arrives" 1 "$(arrived)"
same "with the permitted category alone" '{"b":5}' "$(newest .counts)"
same "and says what was agreed to" '["on","standard","operational"]' \
    "$(newest '[.service_ping.consent.mode] + .service_ping.consent.categories')"
try 0 "all categories are permitted" consent on --category standard --category subscription \
    --category operational --category optional
try 0 "and are sent" send
same "from then on" '{"a":41,"b":5,"c":6}' "$(newest .counts)"
try 0 "consent is withdrawn" consent off
try 77 "and nothing is sent any more" send
says "because of that answer" "consent is 'off'; $(id -un) said so at"
try 0 "a preview is not even kept" preview
says "because consent is off" "Consent is 'off': nothing is sealed or stored"
try 0 "the categories are remembered" consent on
says "with the answer" "standard,subscription,operational,optional"
same "none of this sent anything" 2 "$(arrived)"

# ---- Who wins ----
DO_NOT_TRACK=1 try 77 "DO_NOT_TRACK forbids sending" send
says "and is named" "DO_NOT_TRACK in the environment forbids it"
DO_NOT_TRACK=1 try 0 "an answer is stored all the same" consent on --yes
says "and it is said that nothing leaves" "nothing is sent: $(id -un) said .on. at"
says "and why" "but DO_NOT_TRACK in the environment forbids sending"
DO_NOT_TRACK=1 SERVICE_PING_CONSENT=on try 0 "the settings may say on as well" consent
says "which is said" "nothing is sent: the settings say .on., but DO_NOT_TRACK in the environment"
says "with what to do about it" "on. stands there, which DO_NOT_TRACK makes .local."
DO_NOT_TRACK=1 SERVICE_PING_CONSENT=on try 77 "and nothing is sent" send
says "because of it" "DO_NOT_TRACK in the environment forbids it"
DO_NOT_TRACK=1 SERVICE_PING_CONSENT=on try 77 "nor can it be answered" consent off
says "over what stands there" "consent: on. stands there"
DO_NOT_TRACK=1 SERVICE_PING_CONSENT=on try 0 "status says the same" status
says "in the same words" "the settings say"
SERVICE_PING_CONSENT=local try 77 "the settings win over the verb" consent on
says "which says so" 'the settings decide: `consent: local` stands there'
SERVICE_PING_CONSENT=local try 77 "and over the answer" send
says "which send says" "consent is 'local'; the settings say so"
SERVICE_PING_CATEGORIES=optional try 77 "categories of the settings win, too" consent on --category standard
says "which is said" 'the settings decide: `categories` stands there'
SERVICE_PING_CATEGORIES=optional try 0 "the rest may be answered" consent on
says "with the settings' categories" "Categories: optional"
try 64 "a word that is no answer" consent maybe
same "nothing has left meanwhile" 2 "$(arrived)"

# ---- An upgrade of definitions ----
definition counts.c redis '{key: "consent:other"}' optional
definition counts.d redis '{key: "consent:d"}' operational
rm "$dir/definitions/metrics/counts.b.yml"
try 1 "what an upgrade changed is found" diff
says "a change is told field by field" 'key: from "consent:c" to "consent:other"'
says "what is new" "^new *counts.d"
says "what is gone" "^gone *counts.b"
says "and what is held" "2 metrics are held and not collected"
same "as JSON, too" "counts.b:gone:false counts.c:changed:true counts.d:new:true" \
    "$("$agent" diff --format json | jq -r '[.[] | "\(.key_path):\(.state):\(.held)"] | join(" ")')"
try 0 "what was approved is sent" send
says "the rest is said to be held" "2 metrics are held until 'service-ping accept'"
same "the rest has no value" '{"a":41,"c":null,"d":null}' "$(newest .counts)"
same "and the ping says why" '["counts.c held","counts.d held"]' \
    "$(newest '[.service_ping.not_ok[] | "\(.key_path) \(.status)"]')"
try 1 "what does not wait cannot be accepted" accept 'counts.x*'
says "and what waits is listed" "What waits:"
try 64 "accept has to be told what" accept
try 0 "one is accepted" accept counts.c
says "by its name" "^changed *counts.c"
try 0 "and sent" send
same "as it is now" '{"a":41,"c":0,"d":null}' "$(newest .counts)"
try 0 "another by its category" accept --category operational
try 1 "what is gone waits to be known" diff
says "alone" "0 new, 0 changed, 1 gone"
try 0 "all are accepted" accept --all
try 0 "then nothing is different" diff
says "which is said" "All definitions are as they were approved"
try 0 "it is sent" send
same "nothing is held" '{"a":41,"c":0,"d":0}' "$(newest .counts)"

definition counts.e redis '{key: "consent:e"}' operational
definition counts.f redis '{key: "consent:f"}' optional
SERVICE_PING_ACCEPT=operational try 0 "a category may be trusted" send
same "so that what is new there is counted at once" '{"a":41,"c":0,"d":0,"e":0,"f":null}' "$(newest .counts)"
try 1 "and stays approved without the policy" diff
says "unlike the others" "1 new, 0 changed"
try 0 "those are accepted by a pattern" accept 'counts.[f]' 'counts.?'

# ---- Two pings ----
earlier=$(central "SELECT seq FROM pings ORDER BY seq LIMIT 1 OFFSET 1")
later=$(central "SELECT seq FROM pings ORDER BY seq LIMIT 1 OFFSET 2")
try 1 "two pings are compared" diff "$earlier" "$later"
says "what is gone" "^gone *counts.b *5"
says "a status that changed" "^status *counts.c *6 *held"
says "with its reason" "counts.c was held after: this definition says something else"
says "what is new" "^added *counts.d  *held"
says "what the ping says of itself" 'definitions_digest: from "[0-9a-f]*… to'
same "as JSON" "gone counts.b|status counts.c|added counts.d" \
    "$("$agent" diff "$earlier" "$later" --format json | jq -r '[.differences[] | select(.kind != "ping") | "\(.kind) \(.key_path)"] | join("|")')"
try 0 "a ping does not differ from itself" diff "$later" "$later"
try 64 "one ping alone cannot be compared" diff "$later"
try 64 "one that is not there is named" diff "$later" 999
says "as such" "999"

# ---- A damaged file ----
cp "$lock" "$dir/good.lock"
before=$(arrived)
echo "not a digest" >>"$lock"
cp "$lock" "$dir/bad.lock"
"$agent" send >"$dir/out" 2>&1
same "with a damaged file nothing is sent" "1 $before" "$(test $? -ne 0; echo $((1 - $?))) $(arrived)"
says "and its line is named" "consent.lock:[0-9]*: this is no digest"
try 69 "nothing is accepted" accept --all
try 69 "no consent repairs it" consent on
check "and it stays as it is" cmp "$lock" "$dir/bad.lock"
cp "$dir/good.lock" "$lock"
try 0 "put back, all is well" send

# ---- Beside a running agent ----
"$agent" run 2>"$dir/agent.log" &
daemon=$!
trap 'kill $receiver $daemon 2>/dev/null; wait $receiver $daemon 2>/dev/null; rm -rf "$dir"' EXIT
wait_for curl -sf --unix-socket "$dir/agent.sock" http://localhost/healthz
before=$(arrived)
try 0 "beside an agent consent is shown" consent
says "as it stands" "Metrics are collected and sent"
try 0 "numbers are previewed beside it" preview
says "and nothing is sealed" "The agent is running and owns the store: nothing is sealed or stored"
says "but counted" "^counts.a "
try 1 "what waits is looked for beside it" preview --sealed
says "and nothing does" "No sealed ping waits"
try 0 "the page is written beside it" preview --html "$dir/page.html"
says "with what there is" "the page shows what it has collected so far"
check "as a page" grep -q "</html>" "$dir/page.html"
try 0 "it is withdrawn through its socket" consent off
says "and the agent says what is in force" "Nothing is collected and nothing is sent"
try 77 "then nothing is sent" send
try 0 "and given again" consent on
definition counts.g redis '{key: "consent:a"}' optional
kill -HUP $daemon
wait_for sh -c "curl -sf --unix-socket '$dir/agent.sock' http://localhost/v1/changes | grep -q counts.g"
try 1 "what is new is found" diff
says "beside the agent as well" "^new *counts.g"
try 1 "what does not wait is not accepted" accept counts.nothing
says "and what waits is listed" "new *counts.g"
try 0 "what is accepted, is by the agent" accept counts.g
try 0 "which wrote it down" diff
try 0 "it collects and sends when it is asked to" send
says "and says so" "The running agent collects now"
one_more() { [ "$(arrived)" = $((before + 1)) ]; }
check "which arrives" wait_for one_more
same "with what was accepted" 41 "$(newest .counts.g)"
try 0 "pings are compared beside it" diff "$later" "$later"
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups "$agent" version >/dev/null 2>&1; then
    chmod a+rx "$TEST_DIR" "$dir" "$dir/definitions" "$dir/definitions/metrics"
    chmod a+r "$dir/settings.yml" "$dir"/definitions/metrics/*
    setpriv --reuid=65534 --regid=65534 --clear-groups "$agent" consent off >"$dir/out" 2>&1
    same "who may not use the socket is told who may" 69 $?
    says "in a sentence" "You may not use the running agent's socket, .* member of the group '$(id -gn)'"
fi
kill $daemon
wait $daemon
same "the agent ends" 0 $?
try 0 "what it was told is remembered" consent
says "without it" "Metrics are collected and sent: $(id -un)"
finish
