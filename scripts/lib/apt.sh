# The distribution's packages: which of packages.apt are missing, and how root is reached.
# Sourced by install-deps (uses its die and say).

wanted_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' packages.apt; }

missing_packages() {
    local have
    # dpkg-query fails for each unknown name, which is what is asked here, not an error.
    # shellcheck disable=SC2046
    have=$(dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' $(wanted_packages) 2>/dev/null |
        sed -n 's/ ii *$//p' || true)
    grep -vxF -e "$have" <<<"$(wanted_packages)" || true
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
        return
    fi
    command -v sudo >/dev/null ||
        die "installing packages needs root, and sudo is not here; as root: apt-get install --no-install-recommends $missing"
    sudo -n true 2>/dev/null || sudo -v 2>/dev/null ||
        die "sudo was refused; as root: apt-get install --no-install-recommends $missing"
    sudo "$@"
}

install_missing_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        die "no apt here (Debian and Ubuntu are known); install by your own means: $(wanted_packages | paste -sd ' ')"
    fi
    local missing
    missing=$(missing_packages | paste -sd ' ')
    [ -n "$missing" ] || return 0
    say "installing from the distribution: $missing"
    # shellcheck disable=SC2086
    as_root bash scripts/lib/apt-install.sh $missing || {
        [ $? -eq 4 ] && exit 4 # it has said why
        die "apt could not install everything (see above); wanted: $missing"
    }
}
