#!/bin/bash
# What `make deb` has built: lintian's opinion, what the packages hold, and how they were compiled.
# Usage: tests/packaging/test_deb.sh FOLDER   prints TAP, then sizes and dependencies
set -uo pipefail
folder=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failures=0

# check NAME COMMAND...: the command must succeed.
check() {
    count=$((count + 1))
    if "${@:2}" >"$work/out" 2>&1; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/#   /' "$work/out"
        failures=$((failures + 1))
    fi
}
nothing() { [ -z "$1" ] || { printf '%s\n' "$1"; return 1; }; }

# package NAME: the file of one, without its symbols for debuggers
package() { ls "$folder/$1"_*.deb; }
field() { dpkg-deb --field "$(package "$1")" "$2"; }
for name in service-ping service-ping-receiver; do
    dpkg-deb --raw-extract "$(package $name)" "$work/$name"
done
agent=$work/service-ping receiver=$work/service-ping-receiver

complaints=$(lintian --allow-root --tag-display-limit 0 "$folder"/*.changes 2>&1)
check "lintian has no error and no warning" nothing "$complaints"

# Every file of the tree that is meant for an admin is in one of the packages.
for source in "$root"/packaging/man/*.[1-8] "$root"/schemas/*.json "$root"/packaging/completions/* \
    "$root"/packaging/systemd/*.service "$root"/packaging/systemd/{,*.d/}*.conf "$root"/packaging/*.yml "$root"/docs/*.md; do
    [ -e "$source" ] || continue
    name=$(basename "$source")
    name=${name%.bash} name=${name%.zsh}
    [ -n "$(find "$agent" "$receiver" -name "$name*" -o -name "_$name")" ] || echo "$source"
done >"$work/forgotten"
check "every page, schema, completion, unit, document and sample is packaged" nothing "$(cat "$work/forgotten")"
check "with all definitions" diff -r "$root/definitions" "$agent/usr/share/service-ping/definitions"
find "$agent" "$receiver" -type f ! -path '*/DEBIAN/*' -printf '%P\n' | sort | uniq -d >"$work/twice"
check "no file is in both packages" nothing "$(cat "$work/twice")"
check "every file below /etc is one that an upgrade leaves as the admin has it" nothing \
    "$(for tree in "$agent" "$receiver"; do
        diff <(cd "$tree" && find etc -type f -printf '/%p\n' | sort) <(sort "$tree/DEBIAN/conffiles"); done)"
check "the settings decide nothing" nothing "$(cat "$agent"/etc/*/*.yml "$receiver"/etc/*/*.yml | grep -v '^#' | grep .)"

program=$agent/usr/bin/service-ping
elf() { readelf --wide "$@" "$program"; }
check "the program is position-independent" sh -c "$(declare -f elf); program=$program; elf -h | grep -q 'DYN '"
check "all its addresses are bound at the start, and read-only" \
    sh -c "readelf -Wd '$program' | grep -q NOW && readelf -Wl '$program' | grep -q GNU_RELRO"
check "with guards on its stacks and its copies" \
    sh -c "readelf -W --dyn-syms '$program' | grep -q __stack_chk_fail && readelf -W --dyn-syms '$program' | grep -q '_chk@'"
check "it is of the version that the package is of" \
    [ "$("$program" version | grep -o '[0-9][0-9.]*' | head -n 1)" = "$(field service-ping Version | sed 's/-[^-]*$//')" ]
check "it finds the packaged definitions right" env SERVICE_PING_STATE="$work/state" \
    SERVICE_PING_DEFINITIONS="$agent/usr/share/service-ping/definitions" \
    "$program" --config "$agent/etc/service-ping/service-ping.yml" check
check "the agent is started by the installation" grep -q "deb-systemd-invoke \$_dh_action 'service-ping.service'" "$agent/DEBIAN/postinst"
check "the central side is not" nothing "$(grep "invoke.*start.*receiver" "$receiver/DEBIAN/postinst" | grep -v try-restart)"
echo "1..$count"

for name in service-ping service-ping-receiver; do
    file=$(package $name)
    printf '\n%s\n  %s bytes, %s KiB installed\n' "$(basename "$file")" "$(stat -c %s "$file")" "$(field $name Installed-Size)"
    printf '  Depends: %s\n' "$(field $name Depends)" | fold -s -w 100
done
[ -z "$complaints" ] && echo && echo "lintian: no errors, no warnings; $count checks, $failures failed"
[ "$failures" -eq 0 ]
