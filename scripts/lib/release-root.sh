# A root of another release, and a copy of the clone in it.
# Sourced by test-on (uses its die).

clone=/srv/clone  # where the copy lies, in the root: users who are not root read it too
mark=.testbed-root # in a root that was made whole by test-on: only such a one is used or removed

# apt's sources of this machine's own release, for the release `$1` instead: one `deb` line each.
# Those of third parties have suites of other names, and are left out.
sources_for() {
    local here
    here=$(. "${OS_RELEASE:-/etc/os-release}" && printf %s "${VERSION_CODENAME:-}")
    [ -n "$here" ] || die "/etc/os-release names no release"
    # shellcheck disable=SC2016  # apt's variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sort -u | awk -v here="$here" -v wanted="$1" '
            $2 == here || index($2, here "-") == 1 {
                print "deb", $1, wanted substr($2, length(here) + 1), $3
            }'
}

remove_root() {
    [ -e "$1" ] || return 0
    [ -e "$1/$mark" ] || die "$1 was not made by test-on, or not to the end: move it away"
    rm -rf --one-file-system "$1"
}

# What an installation puts on every machine, and what the testbed asks of its user.
make_root() {
    local suite=$1 root=$2 sources
    rm -rf --one-file-system "$root.new" # of a run that was ended
    sources=$(sources_for "$suite")
    [ -n "$sources" ] || die "apt has no source of this machine's own release"
    remove_root "$root"
    mmdebstrap --mode=root --variant=important --include=make,ca-certificates \
        "$suite" "$root.new" - <<<"$sources" || {
        rm -rf --one-file-system "$root.new"
        die "no root of $suite could be made (see above)"
    }
    take_settings "$root.new"
    touch "$root.new/$mark"
    mv "$root.new" "$root"
}

# How this machine reaches registries: apt's proxies, and the authorities that it trusts.
take_settings() {
    local authorities=/usr/local/share/ca-certificates
    apt-config dump | grep -i '^Acquire::.*proxy' >"$1/etc/apt/apt.conf.d/90machine" || true
    mkdir -p "$1$authorities"
    find "$authorities" -name '*.crt' -exec cp -t "$1$authorities" {} +
    chroot "$1" update-ca-certificates >/dev/null 2>&1
}

# The clone as it is, with changes that are not committed, without what was built in it.
copy_clone() {
    mkdir -p "$1"
    find "$1" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
    tar -c --exclude-vcs --exclude=./.venv --exclude=./out --exclude=./build \
        --exclude=__pycache__ --exclude='.*_cache' --exclude=.hypothesis . |
        tar -x --no-same-owner -C "$1"
}
