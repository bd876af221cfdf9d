#!/bin/sh
# What "make rpm" has made in TEST_DIR: the source RPM, twice, and the binary RPMs of a check build.
. "$(dirname "$0")/../support/tap.sh"
trap 'rm -rf "$dir"' EXIT

rpm_folder=$root/packaging/rpm
spec=$rpm_folder/service-ping.spec
version=$(sed -n 's/^VERSION := //p' "$root/Makefile")
source_rpm=$TEST_DIR/service-ping-$version-1.src.rpm
tarball=$TEST_DIR/service-ping-$version.tar.gz
agent_rpm=$(echo "$TEST_DIR"/check/service-ping-"$version"-1.check.*.rpm)
receiver_rpm=$TEST_DIR/check/service-ping-receiver-$version-1.check.noarch.rpm

# --- The spec file and the source RPM

same "the spec file has the Makefile's version" "$version" \
    "$(rpmspec --query --srpm --queryformat '%{VERSION}' "$spec")"
same "the source RPM is the spec, the tarball and two files of users" \
    "service-ping-$version.tar.gz service-ping-receiver.sysusers.conf service-ping.spec service-ping.sysusers.conf" \
    "$(rpm -qpl "$source_rpm" | sort | xargs)"

check "rpmlint finds no error and no warning" grep ' 0 errors, 0 warnings' "$TEST_DIR/rpmlint.log"
grep '^service-ping[.a-z]*:.* [EW]: ' "$TEST_DIR/rpmlint.log" | sed 's/^/#   /'

# The Makefile's own list, and what it links without asking pkg-config
for library in $(sed -n 's/^PACKAGES := //p' "$root/Makefile"); do
    echo "pkgconfig($library)"
done >"$dir/libraries"
for library in $(sed -n 's/^LDLIBS = .*) //p' "$root/Makefile"); do
    case $library in
    -lroaring) echo croaring-devel ;;
    -lpg_query) echo libpg_query-devel ;;
    -lm) ;; # of libc
    *) echo "the package of $library is not known to this test" ;;
    esac
done >>"$dir/libraries"
rpmspec --query --buildrequires "$spec" | sed 's/ .*//' | sort >"$dir/needed"
same "every library that is linked is a build dependency" "" "$(sort "$dir/libraries" | comm -23 - "$dir/needed")"

mkdir "$dir/unpacked"
tar -xf "$tarball" -C "$dir/unpacked"
SOURCE_DATE_EPOCH=$(rpmspec --query --srpm --queryformat '%{CHANGELOGTIME}' "$spec") \
    "$dir/unpacked/service-ping-$version/packaging/source-tarball" "service-ping-$version" "$dir/packed.tar.gz"
check "the unpacked tarball packs itself to the same bytes, without git" cmp "$tarball" "$dir/packed.tar.gz"

# --- The same bytes once more

for made in "$source_rpm" "$agent_rpm" "$receiver_rpm"; do
    name=$(basename "$made")
    check "made twice, the same bytes: $name" cmp "$made" "$TEST_DIR/again/$name"
done

# --- The binary RPMs. rpmbuild itself has refused files that are installed and in no package.

# contents RPM: package, mode, owner, flags (c: settings, n: kept on upgrade, d: document, l: license), path
contents() {
    rpm -qp --queryformat \
        '[%{=NAME} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME} -%{FILEFLAGS:fflags} %{FILENAMES}\n]' "$1" |
        grep -v ' /usr/lib/\.build-id'
}

# Definitions and schemas are many and all alike, so that they are listed from the tree.
data() {
    (cd "$root" && find definitions schemas -type d) |
        sed 's,^,service-ping drwxr-xr-x root:root - /usr/share/service-ping/,'
    (cd "$root" && find definitions -name '*.yml' && find schemas -name '*.json') |
        sed 's,^,service-ping -rw-r--r-- root:root - /usr/share/service-ping/,'
}
{ grep -v '^#' "$rpm_folder/contents"; data; } | sort >"$dir/expected"
{ contents "$agent_rpm"; contents "$receiver_rpm"; } | sort >"$dir/found"
check "the packages hold what packaging/rpm/contents says, and nothing else" diff "$dir/expected" "$dir/found"
same "what lies in /etc is kept on upgrade" "" \
    "$(awk '$2 !~ /^d/ && $4 != "-cn" && $5 ~ "^/etc/" { print $5 }' "$dir/found")"
same "the central side comes with the agent of its own version" "service-ping = $version-1.check" \
    "$(rpm -qp --requires "$receiver_rpm" | grep '^service-ping ')"

# Units are told of before and after; nothing else is done at installation.
for package in "$agent_rpm" "$receiver_rpm"; do
    unit=$(rpm -qpl "$package" | sed -n 's,^/usr/lib/systemd/system/,,p')
    rpm -qp --scripts "$package" | sed -n 's/.*systemd-update-helper \([^ ]*\) \([^ ]*\).*/\1 \2/p' >"$dir/scripts"
    printf '%s\n' "install-system-units $unit" "remove-system-units $unit" "mark-restart-system-units $unit" |
        sort >"$dir/wanted"
    sort -o "$dir/scripts" "$dir/scripts"
    check "systemd is told of $unit when it comes, goes and changes" diff "$dir/wanted" "$dir/scripts"
done

# RHEL's rpm reads the users from the copies beside the spec file.
rpmspec --parse --define 'rhel 9' --define '_sourcedir /sources' --define 'sysusers_create_compat() users of %1' \
    "$spec" | grep '^users of' >"$dir/users"
printf 'users of /sources/%s.sysusers.conf\n' service-ping service-ping-receiver >"$dir/wanted"
check "on RHEL both users are made before the files" diff "$dir/wanted" "$dir/users"

finish
