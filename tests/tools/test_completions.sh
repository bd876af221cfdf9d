#!/bin/sh
# bash and zsh offer every verb, option and word that the program's own help tells of, and files where
# one is asked for; zsh tells what each is for.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
agent=${AGENT:-$root/build/release/service-ping}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0 failed=0
cp "$root/packaging/completions/service-ping.zsh" "$dir/_service-ping"

# same NAME EXPECTED FOUND
same() {
    count=$((count + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf 'expected: %s\nfound:    %s\n' "$2" "$3" | sed 's/^/#   /'
        failed=1
    fi
}

# in_bash WORD...: what bash offers for the last of them; "=" is a word of its own there.
in_bash() {
    bash -c 'source "$0"; COMP_WORDS=(service-ping "$@") COMP_CWORD=$#
        [[ $(complete -p service-ping) == "complete -F _service_ping service-ping" ]] || exit 1
        _service_ping && printf "%s\n" "${COMPREPLY[@]}"' \
        "$root/packaging/completions/service-ping.bash" "$@" 2>&1 | sort | tr '\n' ' '
}
in_zsh() { timeout 60 "$root/tests/support/zsh-complete" "$dir" "$@" 2>&1; }

# zsh_part LINE: of the answers in $dir/zsh, those of one line, in one line.
zsh_part() { awk -v head="== $1" '$0 == head { on = 1; next } /^== / { on = 0 } on' "$dir/zsh"; }
zsh_names() { zsh_part "$1" | awk '{ print $1 }' | sort | tr '\n' ' '; }

# What the help tells: "name<TAB>what it is for"; the words after it in their own lines are left out.
verbs() { "$agent" help | awk '/^Verbs:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ { print $1 }'; }
options_of() { # VERB, or nothing for those of every verb
    "$agent" ${1:+help} "${1:-help}" | awk '/^Options:/ { on = 1; next } /^$/ { on = 0 }
        on && /^  -/ { for (i = 1; i <= 2; i++) if ($i ~ /^--/) print $i }' | tr -d ,
}
sorted() { sort | tr '\n' ' '; }
purpose_of() { # VERB: its sentence
    "$agent" help "$1" | sed -n '3s/^  //p'
}

set -- "service-ping " "service-ping help " "service-ping --config=$dir/_serv"
for verb in $(verbs); do set -- "$@" "service-ping $verb --"; done
set -- "$@" "service-ping consent " "service-ping plan --format " "service-ping plan --format=" \
    "service-ping upload $dir/_serv" "service-ping -q preview --category=st"
in_zsh "$@" >"$dir/zsh"

all=$(verbs | sorted)
same "the help tells of the verbs" 24 "$(verbs | wc -l)"
same "bash offers every verb" "$all" "$(in_bash '')"
same "zsh offers every verb" "$all" "$(zsh_names 'service-ping ')"
same "zsh tells what each is for" "" "$(for verb in $(verbs); do
    zsh_part 'service-ping ' | grep -E "^$verb +-- " | grep -qF -- "$(purpose_of "$verb")" || echo "$verb"; done)"
same "bash offers verbs to help" "$all" "$(in_bash help '')"
same "zsh offers verbs to help" "$all" "$(zsh_names 'service-ping help ')"
for verb in $(verbs); do
    expected=$({ options_of "$verb"; options_of; } | sorted)
    same "bash offers the options of $verb" "$expected" "$(in_bash "$verb" --)"
    same "zsh offers the options of $verb, and says what they do" "$expected" \
        "$(zsh_part "service-ping $verb --" | awk '$2 == "--" && NF > 3 { print $1 }' | sorted)"
done
same "bash offers the options of all before the verb" "$(options_of | sorted)" "$(in_bash -)"
same "bash offers the rest of a word" "consent " "$(in_bash cons)"
same "bash knows the verb behind options" "preview " "$(in_bash -q --config = "$dir/x" prev)"
same "bash offers a verb's words" "local off on status " "$(in_bash -c "$dir/x" consent '')"
same "zsh offers a verb's words" "local off on status " "$(zsh_names 'service-ping consent ')"
same "bash offers an option's words" "json table " "$(in_bash plan --format '')"
same "bash offers them behind =" "json table " "$(in_bash plan --format =)"
same "bash offers the rest of them behind =" "json " "$(in_bash plan --format = j)"
same "zsh offers an option's words" "json table " "$(zsh_names 'service-ping plan --format ')"
same "zsh offers them behind =" "json table " "$(zsh_names 'service-ping plan --format=')"
same "zsh offers the rest of them" "standard " "$(zsh_names 'service-ping -q preview --category=st' | tr ' ' '\n' | grep ^st | sorted)"
same "bash offers files to a verb" "$dir/_service-ping " "$(in_bash upload "$dir/_serv")"
same "bash offers files to an option" "$dir/_service-ping " "$(in_bash --config = "$dir/_serv")"
same "zsh offers files to a verb" "_service-ping " "$(zsh_names "service-ping upload $dir/_serv")"
same "zsh offers files to an option" "_service-ping " "$(zsh_names "service-ping --config=$dir/_serv")"
same "bash offers nothing where anything may stand" " " "$(in_bash explain '')"
echo "1..$count"
exit $failed
