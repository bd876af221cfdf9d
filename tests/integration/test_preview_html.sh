#!/bin/sh
# `preview --html`: one file with the exact bytes, that asks nobody for anything and cannot be made
# to run what is written in a metric's text.
. "$(dirname "$0")/../support/tap.sh"

psql -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE issues (id bigint PRIMARY KEY);
INSERT INTO issues SELECT generate_series(1, 1234);
SQL
definition counts.issues database '{relation: issues}'
definition counts.nowhere database '{relation: nowhere}'
definition counts.odd database '{relation: issues}'
sed -i "s,^description:.*,description: '</script><!-- <script>alert(1)'," "$dir/definitions/metrics/counts.odd.yml"
cat >"$dir/settings.yml" <<YAML
consent: local
state: $dir/state
definitions: [$dir/definitions]
databases: {main: {conninfo: "$TEST_DATABASE"}}
YAML
export SERVICE_PING_CONFIG="$dir/settings.yml"
page=$dir/page.html

document() { sed -n "s,^.*<script type=\"application/json\" id=\"data-$1\">,,p" "$page" | sed 's,</script>$,,'; }

check "it collects and writes the file" "$agent" preview --html "$page"
same "which its owner alone may read" 600 "$(stat -c %a "$page")"
check "of one document, whole" sh -c "tail -n 1 '$page' | grep -qx '</html>'"
document payload | jq -j . >"$dir/payload.json"
"$agent" -q preview --sealed --format json >"$dir/sealed.json"
check "the payload in it is the sealed one, byte for byte" cmp "$dir/payload.json" "$dir/sealed.json"
for name in status definitions outcomes pings changes; do
    document $name | tr '\n' ' ' >"$dir/$name.json"
    check "$name are JSON" jq -e . "$dir/$name.json"
done
same "what was counted is there" 1234 "$(jq '.[] | select(.key_path == "counts.issues").value' "$dir/outcomes.json")"
same "and why something was not" absent "$(jq -r '.[] | select(.key_path == "counts.nowhere").status' "$dir/outcomes.json")"
check "no text of a definition ends a script" sh -c \
    "[ \$(grep -o '<script' '$page' | wc -l) -eq \$(grep -o '</script' '$page' | wc -l) ] && [ \$(grep -c '<!--' '$page') -eq 0 ]"
check "the policy permits no request" grep -q "default-src 'none'; script-src 'sha256-[A-Za-z0-9+/=]*'; style-src 'sha256-[A-Za-z0-9+/=]*'; img-src data:;" "$page"
check "nothing is asked of anywhere else" sh -c "! grep -oE '(src|href)=\"[^\"#]*\"' '$page' | grep -vE 'data:,|hash'"
check "'-' is stdout, and --sealed collects nothing" sh -c "'$agent' -q preview --sealed --html - | grep -q data-payload"
"$agent" preview --html "$page" --format json 2>"$dir/said"
same "it shows everything or nothing" 64 $?
sed -i 's/^consent: .*/consent: off/' "$dir/settings.yml"
"$agent" preview --html "$dir/none.html" 2>"$dir/said"
same "without consent to collect there is nothing to show" 77 $?
check "and no file" [ ! -e "$dir/none.html" ]
finish
