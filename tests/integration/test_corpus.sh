#!/bin/sh
# GitLab's own definition files load unmodified, and the figures of `check` are those that grep and
# awk count in the files themselves. The files are not part of this tree: GITLAB_CORPUS names the
# folder that holds them.
. "$(dirname "$0")/../support/tap.sh"
corpus=${GITLAB_CORPUS:-$root/../shared/corpus}
if [ ! -d "$corpus" ]; then
    echo "ok 1 - # SKIP no folder of GitLab's files at $corpus"
    echo "1..1"
    exit 0
fi
map=$root/definitions/instrumentation.yml

# settings FOLDER...: the map of classes and these folders are in force.
settings() {
    printf 'state: %s\ndefinitions:\n- %s\n' "$dir/state" "$map" >"$dir/settings.yml"
    printf -- '- %s\n' "$@" >>"$dir/settings.yml"
}
export SERVICE_PING_CONFIG="$dir/settings.yml"
run() { "$agent" "$@" 2>>"$dir/stderr"; }

metric_files() { find "$1/metrics" -name '*.yml' ! -path '*/metrics/aggregates/*' 2>/dev/null | sort; }

# One line a metric: key|state|data source|class|says what it counts. Read with awk alone: a top-level
# field is one line, and time frames stand there or are the lines "- 7d" below.
list_metrics() {
    metric_files "$1" | while read -r file; do
        awk '
        function value(text) {
            sub(/^[a-z_]+: */, "", text)
            gsub(/^["'"'"']|["'"'"']$/, "", text)
            return text
        }
        function line(suffix) { print key suffix "|" state "|" source "|" class "|" says }
        /^[a-z_]+:/ { field = $1 }
        /^key_path:/ { key = value($0) }
        /^data_source:/ { source = value($0) }
        /^instrumentation_class:/ { class = value($0) }
        /^status:/ { status = value($0) }
        /^time_frame: *\[/ { text = $0; sub(/^.*\[/, "", text); gsub(/[] ]/, "", text); count = split(text, frames, ",") }
        field == "time_frame:" && /^ *- / { frames[++count] = $NF }
        field == "events:" && /name:/ { says = "events" }
        field == "options:" && /events:|event:|prefix:/ { says = "options" }
        field == "options:" && /setting_method:/ { says = $2 }
        END {
            state = status ~ /^(active|broken|data_available|implemented)$/ ? "kept" : "removed"
            suffix["7d"] = "_weekly"; suffix["28d"] = "_monthly"
            if (!count)
                line("")
            for (i = 1; i <= count; i++)
                line(suffix[frames[i]])
        }' "$file"
    done
}

# The words of the map: "classes Name", "key_paths a.b", "elsewhere Name".
awk '/^[a-z_]+:/ { part = $1; sub(/:/, "", part) }
     /^  [A-Za-z]/ { name = $1; sub(/:$/, "", name); print part, name }' "$map" >"$dir/map"

# What becomes of each kept metric: computed, process, class or other. Of a class that reads a
# setting by name, the map must know the setting.
judge() {
    awk -F '|' -v map="$map" -v names="$dir/map" -v facts="uuid hostname version edition installation_type recorded_at" '
    FILENAME == map { settings = settings $0; next }
    FILENAME == names { split($0, word, " "); known[word[2]] = word[1]; next }
    $2 == "removed" { next }
    {
        bare = $1
        sub(/_(monthly|weekly)\./, ".", bare)
        found = $4 != "" && $4 in known ? known[$4] : $1 in known ? known[$1] : bare in known ? known[bare] : ""
        own = index(" " facts " ", " " $1 " ") > 0
        if ($3 == "prometheus") fate = "other"
        else if ($3 ~ /^redis/) fate = $5 != "" ? "computed" : "other"
        else if ($3 == "internal_events") fate = $5 != "" ? "computed" : "other"
        else if (found == "elsewhere" && !own) fate = "process"
        else if (found != "" && $5 != "" && !index(settings, $5)) fate = "process"
        else if (found != "" || own) fate = "computed"
        else if ($3 == "" ) fate = "other"
        else if ($4 != "") fate = "class"
        else fate = $3 == "database" ? "other" : "process"
        print $1 "|" fate
    }' "$map" "$dir/map" "$1"
}

count_of() { grep -c "$1" "$2"; }

# folder NAME FOLDER: everything about one folder of definitions.
folder() {
    settings "$2"
    : >"$dir/stderr"
    check "$1: every file is read without a complaint" "$agent" check
    run check -v >"$dir/check"
    run metrics --format json >"$dir/json"
    list_metrics "$2" >"$dir/listed"
    judge "$dir/listed" >"$dir/fates"
    tail -n 1 "$dir/check" >"$dir/last"
    figures "$1" "$2"
    same "$1: the key paths are those of the files" "$(grep '|kept|' "$dir/listed" | cut -d '|' -f 1 | sort)" \
        "$(jq -r '.[].key_path' "$dir/json" | sort)"
    same "$1: so are their data sources" "$(awk -F '|' '$2 == "kept" { print $1, $3 }' "$dir/listed" | sort)" \
        "$(jq -r '.[] | "\(.key_path) \(.data_source)"' "$dir/json" | sort)"
    asked "$1"
    written "$1"
    same "$1: nothing was said on stderr" "" "$(cat "$dir/stderr")"
}

# The last line of check, number by number.
figures() {
    removed=$(count_of '|removed|' "$dir/listed") process=$(count_of '|process$' "$dir/fates")
    class=$(count_of '|class$' "$dir/fates") other=$(count_of '|other$' "$dir/fates")
    aggregates=$(find "$2/metrics/aggregates" -name '*.yml' 2>/dev/null | grep -c .)
    lost=$((process + class + other)) skipped=$((removed + process + class + other + aggregates))
    events=$(find "$2/events" -name '*.yml' -exec sed -n 's/^action: *//p' {} + 2>/dev/null | sort -u | grep -c .)
    numbers="$(count_of '|kept|' "$dir/listed") $(metric_files "$2" | grep -c .) $events $skipped"
    same "$1: metrics, files, events, skipped; removed, not computed, and why; aggregates, overridden" \
        "$numbers $removed $lost $process $class $other $aggregates 0" \
        "$(sed 's/ ([^)]*)//' "$dir/last" | grep -o '[0-9,]*[0-9]' | xargs)"
    same "$1: check -v gives each of them a line" "$skipped" "$(sed '$d' "$dir/check" | grep -vc ': names the class ')"
    same "$1: those that are not computed are those that the files do not tell" \
        "$(grep -v '|computed$' "$dir/fates" | cut -d '|' -f 1 | sort)" \
        "$(sed -n 's/.*\.yml: \(.*\): not computed: .*/\1/p' "$dir/check" | sort)"
}

# All definitions as one YAML file: cut apart, it loads to the same metrics.
written() {
    rm -rf "$dir/again" && mkdir -p "$dir/again/metrics"
    run metrics --format yaml |
        awk -v folder="$dir/again/metrics" '/^-$/ { file = sprintf("%s/%04d.yml", folder, ++n); next } { print substr($0, 3) >file }'
    jq 'map(del(.file))' "$dir/json" >"$dir/before"
    settings "$dir/again"
    run metrics --format json | jq 'map(del(.file))' >"$dir/after"
    check "$1: metrics --format yaml reads back as the same metrics" cmp "$dir/before" "$dir/after"
}

# Every kept metric stands in `queries`: as SQL, or as an object that says what stands in its place.
asked() {
    run queries >"$dir/queries"
    run queries --format yaml >"$dir/queries.yml"
    run queries --format sql >"$dir/queries.sql"
    jq -r '.[] | [.key_path, .source] | @tsv' "$dir/json" | while IFS="$(printf '\t')" read -r key source; do
        jq -r --arg key "$key" --arg source "$source" 'getpath($key | split(".")) |
            if . == null then "\($key) is missing"
            elif type == "object" and has("not_computed") then empty
            elif ($source == "database") != (type == "string") then "\($key) is \(.)"
            elif type == "object" and (.redis_keys // .system | length) == 0 then "\($key) asks for nothing"
            else empty end' "$dir/queries"
    done >"$dir/odd"
    same "$1: queries holds each metric, SQL where it is asked of a database" "" "$(cat "$dir/odd")"
    same "$1: as a script there is a statement for each of them" \
        "$(jq '[.. | strings | select(startswith("SELECT"))] | length' "$dir/queries")" "$(count_of '^;$' "$dir/queries.sql")"
    same "$1: what is not computed has its reason there" "$lost" "$(jq '[.. | objects | select(has("not_computed"))] | length' "$dir/queries")"
    same "$1: in YAML there are the same reasons" "$lost" "$(count_of 'not_computed: ' "$dir/queries.yml")"
}

for style in current 2024 2021; do
    folder "$style" "$corpus/$style/config"
done

# GitLab's own examples of metrics, which stand in no folder of definitions.
# Two of them share a key path: the second of such goes into a folder of its own.
mkdir -p "$dir/fixtures/metrics" "$dir/twins/metrics"
for file in "$corpus"/current/spec/fixtures/scripts/internal_events/metrics/*.yml; do
    if grep -qxF "$(grep '^key_path:' "$file")" "$dir"/fixtures/metrics/*.yml 2>/dev/null; then
        cp "$file" "$dir/twins/metrics/"
    else
        cp "$file" "$dir/fixtures/metrics/"
    fi
done
folder "fixtures" "$dir/fixtures"
folder "fixtures of a key path that others have" "$dir/twins"

# All of it at once: a later folder overrides what an earlier one defines.
settings "$corpus/2021/config" "$corpus/2024/config" "$corpus/current/config"
check "all three folders are in force together" "$agent" check
finish
