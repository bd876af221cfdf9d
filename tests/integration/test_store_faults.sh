#!/bin/sh
# The state folder on a full disk, read-only, damaged, of a newer version, of another user: each has
# its sentence and its exit code, and nothing that was safe is lost.
. "$(dirname "$0")/../support/tap.sh"

redis-cli -s "$TEST_REDIS" set faults:count 41 >/dev/null
definition counter redis '{key: "faults:count"}'
state=$dir/state
settings() {
    cat >"$dir/settings.yml" <<YAML
state: $1
definitions: [$dir/definitions]
redis: {address: "$TEST_REDIS"}
schedule: "0 3 1 1 *"
YAML
}
settings "$state"
export SERVICE_PING_CONFIG="$dir/settings.yml"
listed() { "$agent" history --format json | jq -r "$1"; }
pings() { listed '[.pings[].id] | join(" ")'; }
# overwrite OFFSET BYTES: in the store's file
overwrite() { printf "$2" | dd of="$state/service-ping.db" bs=1 seek="$1" conv=notrunc 2>/dev/null; }
fresh() { # the store as it was kept
    rm -rf "$state"
    cp -a "$dir/kept" "$state"
}
aside() { find "$state" -name 'service-ping.db.damaged-*Z' | wc -l; }

for i in 1 2 3; do "$agent" -q preview >/dev/null 2>&1; done
cp -a "$state" "$dir/kept"
id=$(cat "$state/identity")
kept=$(pings)
same "three pings are there" 3 "$(echo "$kept" | wc -w)"
same "the identity is a file for its owner alone" 600 "$(stat -c %a "$state/identity")"

# ---- Damage ----
damaged() { # NAME WORDS: whoever opens the store says what it is, and changes nothing
    sum=$(sha256sum <"$state/service-ping.db")
    try 69 "$1: the history refuses" history
    says "with what to do" "$2"
    try 69 "so does a preview, without knowing what consent permits" preview
    says "in the same words" "What consent permits cannot be read: .*$2"
    try 69 "and a send" send
    says "with the same remedy" "$2"
    try 69 "and consent itself" consent
    says "with the same remedy" "$2"
    same "and leaves the file alone" "$sum" "$(sha256sum <"$state/service-ping.db")"
}
recovered() { # NAME PINGS: so many are there again, and the instance is the same
    try 0 "$1: it recovers" recover
    same "under the same identity" "$id" "$(cat "$state/identity")"
    same "the damaged file is kept" 1 "$(aside)"
    same "with $2 pings" "$2" "$(listed '.pings | length')"
    try 0 "and the next preview goes on" preview
    try 0 "a second time there is nothing to do" recover
    says "and it says so" "is sound: nothing was changed"
}
fresh
overwrite 0 'XXXXXXXXXXXXXXXX'
damaged "another header" "service-ping recover"
recovered "another header" 0

fresh
printf 'short' >"$state/service-ping.db"
damaged "a file that was cut off" "service-ping recover"
recovered "a file that was cut off" 0

fresh
: >"$state/service-ping.db"
damaged "an empty file" "service-ping recover"

fresh
overwrite 60 '\0\0\0\143'
damaged "a newer version" "a newer service-ping wrote this file"
try 1 "which is not to be recovered" recover
says "and it says why" "it is not damaged"
same "nothing was set aside" 0 "$(aside)"

fresh
size=$(stat -c %s "$state/service-ping.db")
truncate -s $((size - 4096)) "$state/service-ping.db"
try 0 "a page that is missing at the end" recover
says "is found" "The damaged file is kept"
try 0 "and the archive is usable" history
try 0 "with a chain that is whole" history --verify

fresh
rm "$state/service-ping.db"
try 69 "a store that is gone is not begun anew" preview
says "but told" "is gone, but not the identity"
try 0 "unless asked to" recover
same "under the same identity" "$id" "$(cat "$state/identity")"
try 0 "and it works" preview

fresh
rm "$state/identity"
overwrite 0 'XXXXXXXXXXXXXXXX'
try 1 "without an identity nothing is begun" recover
says "unless asked to" "--new-identity"
same "nothing was set aside" 0 "$(aside)"
try 0 "asked to, it is" recover --new-identity
says "and that is said" "a new instance"

# ---- The log beside the file ----
fresh
touch "$state/service-ping.db-wal"
try 0 "an empty log does no harm" history
same "all pings are there" "$kept" "$(pings)"
fresh
head -c 5000 /dev/urandom >"$state/service-ping.db-wal"
try 0 "nor does one of garbage" history --verify
same "all pings are there" "$kept" "$(pings)"

# An agent that is killed leaves its log; what only stands there is lost with it, and no more.
fresh
echo "http: {socket: $dir/agent.sock}" >>"$dir/settings.yml"
"$agent" run >"$dir/agent.log" 2>&1 &
running=$!
wait_for curl -sf --unix-socket "$dir/agent.sock" http://localhost/healthz
kill -USR1 $running
more() { [ "$(listed '.pings | length')" -eq 4 ]; }
wait_for more
kill -9 $running
wait $running 2>/dev/null
check "a killed agent leaves its log" test -s "$state/service-ping.db-wal"
same "in which its ping is" 4 "$(listed '.pings | length')"
rm "$state/service-ping.db-wal"
try 0 "without the log" history --verify
same "all older pings are there" "$kept" "$(pings)"
try 0 "and it goes on" preview
try 0 "in a whole chain" history --verify
settings "$state"

# ---- Who else is there ----
fresh
mkfifo "$dir/held"
flock "$state/lock" cat "$dir/held" &
holder=$!
exec 9>"$dir/held"
wait_for sh -c '! flock -n "$1" true' sh "$state/lock"
try 75 "beside an agent a preview refuses" preview
says "with who it is" "another service-ping (pid "
try 75 "and so does recovering" recover
try 0 "but the history is read" history
try 0 "a ping is shown" show 1
try 0 "the chain is checked" history --verify
exec 9>&-
wait $holder

# ---- A file that may not grow ----
fresh
sh -c 'ulimit -f 16; exec "$1" preview' sh "$agent" >"$dir/out" 2>&1
same "a file that may not grow is no crash" 75 $?
says "but a sentence" "service-ping.db"
same "and all pings are there" "$kept" "$(pings)"
try 0 "with the limit gone it goes on" preview

if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
    echo "# not root, or no mounts of one's own: full disk, read-only and foreign folders are left out"
    finish
fi

# ---- A full disk ----
# with_mount TYPE-AND-OPTIONS...: what "$dir/inside" says, with something mounted at $state, for it alone
inside() { unshare -m sh -c "$1" sh "$agent" "$state" "$dir" >"$dir/out" 2>&1; }
fresh
inside 'mount -t tmpfs -o size=400k tmpfs "$2" && cp -a "$3/kept/." "$2" || exit 99
    head -c 1M /dev/zero >"$2/filling" 2>/dev/null
    "$1" preview; echo "full: $?"
    "$1" history --format json | jq -r "[.pings[].id] | join(\" \")"
    rm "$2/filling"
    "$1" -q preview >/dev/null; echo "free: $?"
    "$1" history --verify; echo "whole: $?"'
says "with the disk full a preview is put off" "full: 75"
says "with a sentence" "disk is full"
says "nothing that was there is lost" "^$kept$"
says "with space again it goes on" "free: 0"
says "and all is whole" "whole: 0"

# A recovery that has no room changes nothing.
fresh
overwrite 0 'XXXXXXXXXXXXXXXX'
inside 'cp -a "$2" "$3/copy" && mount -t tmpfs -o size=120k tmpfs "$2" && cp -a "$3/copy/." "$2" || exit 99
    head -c 1M /dev/zero >"$2/filling" 2>/dev/null
    sum=$(sha256sum <"$2/service-ping.db")
    "$1" recover; echo "full: $?"
    [ "$sum" = "$(sha256sum <"$2/service-ping.db")" ] && echo same
    ls "$2" | sed "s/^/left: /"'
says "recovering without room is put off" "full: 75"
says "and changes nothing" "^same$"
check "nor leaves anything" sh -c '! grep -q "^left: .*\(damaged-\|new\)" "$1"' sh "$dir/out"

# ---- Read-only ----
fresh
inside 'mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" || exit 99
    "$1" preview; echo "preview: $?"
    "$1" history --verify; echo "history: $?"
    "$1" recover; echo "recover: $?"'
says "on a read-only file system a preview refuses" "preview: 69"
says "with a sentence" "Read-only file system"
says "the history can be read" "history: 0"
says "recovering refuses" "recover: 69"

# ---- Another user's folder ----
chmod 711 "$TEST_DIR" "$dir"
mkdir -m 700 "$dir/mine"
mv "$dir/settings.yml" "$dir/mine/settings.yml"
export SERVICE_PING_CONFIG="$dir/mine/settings.yml"
fresh
chown -R nobody: "$state"
foreign() { find "$state" ! -user nobody | wc -l; }
try 0 "root previews in a folder of somebody else's" preview
same "and leaves no file of its own" 0 "$(foreign)"
try 0 "root reads" history
try 0 "checks" history --verify
try 0 "exports to a place of its own" export --output "$dir/mine/ping"
check "which is there" test -s "$dir/mine/ping.meta.json"
same "and is root's" 0 "$(stat -c %u "$dir/mine/ping")"
try 0 "and has a page there" preview --html "$dir/mine/page.html"
same "which is root's, too" 0 "$(stat -c %u "$dir/mine/page.html")"
same "still nothing of root's in the folder" 0 "$(foreign)"
overwrite 0 'XXXXXXXXXXXXXXXX'
chown nobody: "$state/service-ping.db"
try 0 "recovers" recover
same "the new file is not root's either" 0 "$(foreign)"
rm "$state/service-ping.db" "$state/lock"
try 0 "and again from nothing" recover
same "nor what was made then" 0 "$(foreign)"
setpriv --reuid=nobody --regid=nogroup --clear-groups "$agent" --config "$dir/mine/settings.yml" history >"$dir/out" 2>&1
same "the user itself cannot read root's settings" 78 $?
cp "$dir/mine/settings.yml" "$dir/settings.yml"
as_nobody() { SERVICE_PING_CONFIG="$dir/settings.yml" setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
check "with its own it goes on" as_nobody "$agent" preview
chown -R root: "$state"
as_nobody "$agent" preview >"$dir/out" 2>&1
same "in root's folder it is refused" 77 $?
says "with what to do" "owner of the state folder"

# A folder that is not there yet is made for the service's user, where there is one.
(getent passwd; echo 'service-ping:x:64321:65534::/:/bin/false') | grep -v '^service-ping:x:[^6]' >"$dir/passwd"
mkdir "$dir/lib"
settings "$dir/lib/new"
inside 'mount --bind "$3/passwd" /etc/passwd || exit 99
    SERVICE_PING_CONFIG="$3/settings.yml" "$1" -q preview; echo "preview: $?"'
says "a first preview by root" "preview: 0"
same "makes the folder for the service" "64321 700" "$(stat -c '%u %a' "$dir/lib/new")"
same "with everything in it" 0 "$(find "$dir/lib/new" ! -uid 64321 | wc -l)"
finish
