# What every test script reads first: results as TAP lines, and a folder of its own that goes away.
# The script is run under with-services, which gives TEST_DATABASE, TEST_REDIS and TEST_DIR.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
agent=${AGENT:-$root/build/release/service-ping}
dir=$(mktemp -d "$TEST_DIR/script.XXXXXX") || exit 1
count=0 failures=0

# check NAME COMMAND...: the command must succeed.
check() {
    name=$1
    shift
    count=$((count + 1))
    if "$@" >"$dir/check.out" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/#   /' "$dir/check.out"
        failures=$((failures + 1))
    fi
}

# same NAME EXPECTED ACTUAL
same() { check "$1" compare "$2" "$3"; }
compare() {
    [ "$1" = "$2" ] && return 0
    printf 'expected: %s\nfound:    %s\n' "$1" "$2"
    return 1
}

# try CODE NAME WORDS...: service-ping WORDS ends with the code; what it said is in $dir/out
try() {
    code=$1 what=$2
    shift 2
    "$agent" "$@" >"$dir/out" 2>&1 </dev/null
    same "$what" "$code" $?
}
# says NAME WORDS: the last output has them
says() { check "$1: $(head -n 1 "$dir/out")" grep -q -- "$2" "$dir/out"; }

# wait_for COMMAND...: until it succeeds, at most some 30 s; how long it took is part of no result.
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "# gave up waiting for: $*"; return 1; }
        timeout 0.05 tail -f /dev/null || :
    done
}

# begin_early day|week SECONDS: what counts by days or weeks begins when so much is left of this one (UTC),
# so that it ends in the same.
begin_early() {
    while [ "$(left_of "$1")" -lt "$2" ]; do timeout 0.05 tail -f /dev/null || :; done
}
left_of() {
    now=$(date +%s)
    # The first Monday of all times is the fifth of January 1970.
    [ "$1" = day ] && echo $((86400 - now % 86400)) || echo $((604800 - (now - 345600) % 604800))
}

# start_receiver: the central side on a free port of this machine, which is then in $port; it ends with
# the script. Its database is what the settings in force say.
start_receiver() {
    "$agent" receive --listen 127.0.0.1:0 2>"$dir/receiver.log" &
    receiver=$!
    trap 'kill $receiver 2>/dev/null; wait $receiver 2>/dev/null; rm -rf "$dir"' EXIT
    wait_for receiver_port
    port=$(receiver_port)
}
receiver_port() { sed -n 's/.*listen.*127\.0\.0\.1:\([0-9][0-9]*\).*/\1/p' "$dir/receiver.log" | grep .; }

# definition KEY DATA_SOURCE OPTIONS [CATEGORY [TIME_FRAME]]: one file of $dir/definitions
definition() {
    mkdir -p "$dir/definitions/metrics"
    cat >"$dir/definitions/metrics/$1.yml" <<YAML
key_path: $1
description: A metric of this test
product_group: testing
value_type: number
status: active
milestone: "1.0"
introduced_by_url: https://example.org/1
time_frame: ${5:-all}
data_source: $2
data_category: ${4:-optional}
tiers: [free]
options: $3
YAML
}

finish() {
    echo "1..$count"
    [ "$failures" -eq 0 ]
    exit
}
