#!/bin/sh
# The units are what systemd understands, and leave the services little to touch; the users, folders
# and credentials that belong to them are right. Nothing is started: systemd is not asked to run here.
. "$(dirname "$0")/../support/tap.sh"

tree=$dir/tree
agent=$(realpath "$agent")
make -s -C "$root" -o "$agent" install AGENT="$agent" DESTDIR="$tree" UNITDIR=/lib/systemd/system >"$dir/install.log" 2>&1 ||
    { cat "$dir/install.log"; exit 1; }
units=$tree/lib/systemd/system

# What a unit says for a key, without comments.
says() { sed -n "s/^$2=//p" "$units/$1.service"; }

# As installed, but for the place of the program. systemd tells what it does not understand, and yet
# succeeds for some of it.
verified() {
    sed "s,^ExecStart=,&$tree," "$units/$1" >"$dir/verified/$1"
    systemd-analyze verify --man=no "$dir/verified/$1" >"$dir/verify" 2>&1 || { cat "$dir/verify"; return 1; }
    ! grep . "$dir/verify"
}
mkdir "$dir/verified"
ln -s "$tree/etc/systemd/system/service-ping.service.d" "$dir/verified/"
exposed() { systemd-analyze security --offline=yes --no-pager --threshold="$2" "$1"; }

check "sysusers.d makes the users" systemd-sysusers --root="$tree" service-ping.conf service-ping-receiver.conf
for unit in service-ping service-ping-receiver; do
    check "$unit: systemd understands every line" verified "$unit.service"
    check "$unit: little is exposed (at most 1.5 of 10)" exposed "$units/$unit.service" 15
    same "$unit: nothing runs before it, as it checks itself" "" "$(says $unit 'ExecStart\(Pre\|Post\)')"
    same "$unit: it says itself when it is ready" "notify" "$(says $unit Type)"
    check "$unit: wrong settings are not tried again" sh -c "echo '$(says $unit RestartPreventExitStatus)' | grep -qw 78"
    user=$(says $unit User)
    same "$unit: its user is the package's own" "$unit" "$user"
    check "$unit: and one of the system's, who cannot log in" \
        grep -q "^$user:x:[0-9]\{1,3\}:[0-9]\{1,3\}:.*:[a-z/]*nologin$" "$tree/etc/passwd"
    same "$unit: every manual page it names is a page of ours" "" "$(says $unit Documentation | tr ' ' '\n' |
        sed -n 's/^man:\(.*\)(\(.\))$/\1.\2/p' | while read -r page; do
            [ -e "$root/packaging/man/$page" ] || echo "$page"; done)"
done
# Only root can give folders to their users.
if [ "$(id -u)" = 0 ]; then
    check "tmpfiles.d makes the folders" systemd-tmpfiles --root="$tree" --create service-ping.conf service-ping-receiver.conf
    look() { (cd "$tree" && stat -c '%n %u:%g %a' "$@") | sed "s/ $agent_id:/ user:/; s/:$agent_id /:user /; s/:$other_id /:other /"; }
    agent_id=$(sed -n "s/^service-ping:x:\([0-9]*\):.*/\1/p" "$tree/etc/passwd")
    other_id=$(sed -n "s/^service-ping-receiver:x:\([0-9]*\):.*/\1/p" "$tree/etc/passwd")
    same "settings are for root and the group of the service" \
        "etc/service-ping 0:user 750 etc/service-ping-receiver 0:other 750" \
        "$(look etc/service-ping etc/service-ping-receiver | xargs)"
    same "the state is the agent's, and its socket can be reached" \
        "var/lib/service-ping user:user 750 run/service-ping user:user 755" \
        "$(look var/lib/service-ping run/service-ping | xargs)"
fi
same "the receiver has no folder to write to" "" "$(says service-ping-receiver '\(State\|Runtime\|Cache\|Logs\)Directory')"

# As installed the drop-in says nothing; each line of it does when the '#' is taken away.
drop_in=$tree/etc/systemd/system/service-ping.service.d/credentials.conf
same "the drop-in for credentials says nothing by itself" "[Service]" "$(grep -v '^#' "$drop_in" | grep .)"
sed -i 's/^#\(LoadCredential=\)/\1/' "$drop_in"
check "and systemd understands it once somebody wants it" verified service-ping.service
same "which offers a credential for each kind of secret" "database-password endpoint-key http-token redis-password" \
    "$(sed -n 's/^LoadCredential=\([^:]*\):.*/\1/p' "$drop_in" | sort | xargs)"

# The settings as shipped decide nothing: an admin is asked, and no database is.
export SERVICE_PING_STATE="$dir/state" SERVICE_PING_DEFINITIONS="$tree/usr/share/service-ping/definitions"
for settings in service-ping service-ping-receiver; do
    file=$tree/etc/$settings/$settings.yml
    same "$settings.yml says nothing by itself" "" "$(grep -v '^#' "$file" | grep .)"
    check "and is right" "$tree/usr/bin/service-ping" --config "$file" check
done
"$agent" receive --config "$tree/etc/service-ping-receiver/service-ping-receiver.yml" >"$dir/receive" 2>&1
same "a receiver without a database ends with the code that is not tried again" "78" "$?"
same "and says why in one sentence" "1" "$(wc -l <"$dir/receive")"
finish
