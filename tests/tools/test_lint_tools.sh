#!/bin/sh
# The layer and cycle checks pass on the tree and refuse a violation of each kind.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$root/tests/tools
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0 failed=0

# verdict NAME refused|accepted TOOL FILE...: what the tool says of these files, below the present folder.
verdict() {
    name=$1 wanted=$2 tool=$3
    shift 3
    if "$tools/$tool" "$@" >"$dir/said"; then found=accepted; else found=refused; fi
    count=$((count + 1))
    if [ "$found" = "$wanted" ]; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/#   /' "$dir/said"
        failed=1
    fi
}

cd "$root" || exit 1
all=$(find agent metrics -name '*.[ch]')
verdict "the tree keeps its layers" accepted check-layers $all
verdict "the tree has no cycle among modules" accepted check-cycles $all

cd "$dir" && mkdir -p agent/base agent/io agent/verbs agent/receiver metrics
echo '#include "agent/io/db.h"' >agent/base/up.c
echo '#include "agent/run.h"' >agent/io/up.c
echo '#include "metrics/pass.h"' >agent/up.c
echo '#include "agent/verbs/verb.h"' >agent/sideways.c
echo '#include "agent/run.h"' >metrics/up.c
echo '#include "metrics/pass.h"' >agent/verbs/past.c
echo '#include "metrics/pass.h"' >agent/receiver/past.c
echo '#include <libpq-fe.h>' >metrics/library.c
printf '#include "agent/source.h"\n#include "agent/io/db.h"\n' >metrics/good.c
verdict "base may not include io" refused check-layers agent/base/up.c
verdict "io may not include agent" refused check-layers agent/io/up.c
verdict "agent may not include metrics" refused check-layers agent/up.c
verdict "agent may not include a verb" refused check-layers agent/sideways.c
verdict "a metric source may not know the run" refused check-layers metrics/up.c
verdict "a verb may not know a metric source" refused check-layers agent/verbs/past.c
verdict "the receiver may not know a metric source" refused check-layers agent/receiver/past.c
verdict "a library's header stays in its home" refused check-layers metrics/library.c
verdict "a metric source may include the contract and io" accepted check-layers metrics/good.c

echo '#include "agent/two.h"' >agent/one.c
echo '#include "agent/three.h"' >agent/two.h
echo '#include "agent/one.h"' >agent/three.h
: >agent/one.h
verdict "a cycle of three modules is refused" refused check-cycles agent/one.c agent/one.h agent/two.h agent/three.h
verdict "the same without the last step is fine" accepted check-cycles agent/one.c agent/one.h agent/two.h

echo "1..$count"
exit $failed
