# The distribution's packages: which of the lists are missing, and how root is reached.
# Sourced by install-deps (uses its die, say and package_lists).

# One per line; alternatives are joined by |, without spaces.
wanted_packages() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "${package_lists[@]}"; }

installed_packages() {
    # dpkg-query fails for each unknown name, which is what is asked here, not an error.
    dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' "$@" 2>/dev/null |
        sed -n 's/ [hi]i *$//p' || true # h: on hold, which is kept as it is
}

# The first alternative of each line of which none is installed.
missing_packages() {
    local have alternatives
    # shellcheck disable=SC2046
    have=$(installed_packages $(wanted_packages | sed 's/|/ /g'))
    while read -r alternatives; do
        grep -qxE -e "${alternatives//./[.]}" <<<"$have" || printf '%s\n' "${alternatives%%|*}"
    done < <(wanted_packages)
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
        die "no apt here (Debian and Ubuntu are known); install by your own means: $(wanted_packages | sed 's/|.*//' | paste -sd ' ')"
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
