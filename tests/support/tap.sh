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

# wait_for COMMAND...: until it succeeds, at most some 30 s; how long it took is part of no result.
wait_for() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "# gave up waiting for: $*"; return 1; }
        timeout 0.05 tail -f /dev/null || :
    done
}

finish() {
    echo "1..$count"
    [ "$failures" -eq 0 ]
    exit
}
