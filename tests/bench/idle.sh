#!/bin/sh
# What the agent costs while it waits for its next slot: memory with 4,000 definitions, and what it
# does within 20 s (IDLE_SECONDS): how often it was switched to, and its processor time. Without a
# watchdog, fresh and after a collection, and with one of 20 s, which is told twice as often.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
agent=$root/${AGENT:-build/release/service-ping}
seconds=${IDLE_SECONDS:-20}
dir=$TEST_DIR/idle
"$root/tests/bench/support/instance" "$dir" postgres "http: {socket: $dir/socket}" 'consent: local'

ready() { grep -qs 'next collection' "$dir/log" && [ -S "$dir/socket" ]; }
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$1/status"; }
processor_us() { awk '{ printf "%d", $1 / 1000 }' "/proc/$1/schedstat"; }
anon_kb() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }

measure() { # NAME
    pid=$!
    until ready; do
        kill -0 $pid || { cat "$dir/log"; exit 1; }
        sleep 0.1
    done
    sleep 1
    if [ "${COLLECT:-}" ]; then
        kill -USR1 $pid
        until grep -q 'is sealed' "$dir/log"; do sleep 0.2; done
        sleep 1
    fi
    before=$(switches $pid) before_us=$(processor_us $pid)
    sleep "$seconds"
    echo "$1: within $seconds s switched to $(($(switches $pid) - before)) times," \
        "$(($(processor_us $pid) - before_us)) us of processor time; RssAnon $(anon_kb $pid) kB"
    kill -TERM $pid
    wait $pid || :
    : >"$dir/log"
}

"$agent" --config "$dir/settings.yml" run 2>"$dir/log" &
measure "no watchdog"
COLLECT=1
"$agent" --config "$dir/settings.yml" run 2>"$dir/log" &
measure "after a collection"
COLLECT=
WATCHDOG_USEC=20000000 NOTIFY_SOCKET=$dir/notices "$agent" --config "$dir/settings.yml" run 2>"$dir/log" &
measure "a watchdog of 20 s"
