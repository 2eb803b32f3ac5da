#!/usr/bin/env bash
# The first process of a root with namespaces of its own: enter-root.sh ROOT CLONE ARTEFACTS COMMAND…
# pivot_root makes ROOT the root of the mount namespace, so that a lab which enters its own
# namespaces lands there. ARTEFACTS, programs that this machine has built, are seen and never
# changed: what is built in the root stays there.
set -euo pipefail
root=$1 clone=$2 artefacts=$3
shift 3

mount --bind "$root" "$root" # pivot_root(2) wants a mount
mount -t proc proc "$root/proc"
for directory in sys dev; do mount --rbind "/$directory" "$root/$directory"; done
for directory in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$directory"; done
chmod 755 "$root/run"
cp /etc/resolv.conf "$root/etc/resolv.conf"
hostname "$(basename "$root")"
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$(hostname)" >"$root/etc/hosts"

if [ -d "$artefacts" ]; then
    mine=$root/var/cache/testbed-artefacts
    mkdir -p "$mine/upper" "$mine/work" "$root/root/.cache/testbed/artefacts"
    mount -t overlay overlay "$root/root/.cache/testbed/artefacts" \
        -o "lowerdir=$(realpath "$artefacts"),upperdir=$mine/upper,workdir=$mine/work"
fi

cd "$root"
pivot_root . .
umount -l .
cd "$clone"
# What a login sets, and how registries are reached.
kept=()
for name in $(compgen -e); do
    case $name in
    TERM | CI | PIP_* | *_proxy | *_PROXY | TESTBED_ARTEFACT_*) kept+=("$name=${!name}") ;;
    esac
done
# Not by exec: the shell, process 1 here, collects what daemons leave behind.
status=0
env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "${kept[@]}" "$@" || status=$?
exit "$status"
