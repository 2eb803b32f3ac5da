#!/usr/bin/env bash
# Root's part of install-deps: apt-get install PACKAGE…, while no service of the host is started,
# stopped or restarted, and every unit that comes newly with a package is left disabled.
set -euo pipefail

policy=/usr/sbin/policy-rc.d
mark='# written by the SRv6 testbed for the time of one installation'

fail() {
    printf 'install-deps: %s\n' "$*" >&2
    exit 4
}

installed() {
    dpkg-query -W -f='${binary:Package} ${db:Status-Abbrev}\n' | sed -n 's/ [hi]i *$//p' | sort
}

ours() { [ -f "$policy" ] && grep -qxF "$mark" "$policy"; }

lift_denial() { if ours; then rm -f "$policy"; fi; }

# Maintainer scripts ask policy-rc.d before they touch a service: 101 means "not allowed".
deny_services() {
    lift_denial # left by a run that was killed
    trap lift_denial EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    if [ -e "$policy" ]; then
        local answer=0
        "$policy" frr start >/dev/null 2>&1 || answer=$?
        [ "$answer" -eq 101 ] || fail "$policy exists and lets packages start services;" \
            "make it exit 101, or install by hand: $*"
        return
    fi
    (
        umask 022
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy.testbed"
        chmod 755 "$policy.testbed"
    )
    mv -n "$policy.testbed" "$policy"
}

units_of() {
    dpkg -L "$1" | sed -nE 's,^(/usr)?/lib/systemd/system/([^/]+\.(service|socket|timer|path))$,\2,p'
}

init_scripts_of() { dpkg -L "$1" | sed -nE 's,^/etc/init\.d/([^/]+)$,\1,p'; }

# Link files only: nothing that runs is touched, and later upgrades keep the choice.
# (deb-systemd-helper does nothing unless it is told on whose behalf.)
disable_units_of() {
    local unit script
    for unit in $(units_of "$1"); do
        DPKG_MAINTSCRIPT_PACKAGE=$1 deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
    done
    for script in $(init_scripts_of "$1"); do
        update-rc.d "$script" disable >/dev/null 2>&1 || true
    done
}

main() {
    # One at a time; the directory itself is the lock, so that no file is left.
    exec 9</var/lib/dpkg
    flock 9
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l
    local before
    before=$(installed)
    deny_services "$@"
    apt-get update -q || printf 'install-deps: apt-get update failed; going on with the known lists\n' >&2
    local status=0
    # Without 9: a daemon or hook that apt leaves behind must not keep the lock.
    apt-get install -y -q --no-install-recommends --no-remove \
        -o Dpkg::Options::=--force-confold "$@" 9<&- || status=$?
    # Also after a failure: what did arrive must not start at the next boot.
    local package
    for package in $(comm -13 <(echo "$before") <(installed)); do
        disable_units_of "$package"
    done
    return "$status"
}

main "$@"
