"""A pod may write everywhere it can reach, as root and privileged: the host stays as it was."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.kube_lab import DATA, KubeLab, kube_lab, kube_sandbox, pod
from tests.integration.sandbox import Sandbox, differences

pytestmark = pytest.mark.root

MARK = "testbed-was-here"
PLACES = (
    *("", "etc", "root", "home", "usr", "usr/local/bin", "opt", "srv", "var/lib", "var/tmp"),
    *("dev", "run", "tmp", "lib", "sbin", "media", "mnt"),
)
# Changed by one more line at the end: what reads them would bear it, should it reach the host.
FILES = ("etc/hosts", "etc/passwd", "etc/hostname", "etc/resolv.conf", "etc/ld.so.conf")
TREES = ("/etc", "/usr/local", "/opt", "/srv")
VOLUMES = [{"name": "root", "hostPath": {"path": "/"}}]
PRIVILEGED = {
    "securityContext": {"privileged": True},
    "volumeMounts": [{"name": "root", "mountPath": "/node"}],
}
EVERYWHERE = f"""
for place in {" ".join(f"/node/{p}" for p in PLACES)}; do
    [ -d $place ] || continue
    echo x > $place/{MARK} && echo wrote $place
done
for file in {" ".join(f"/node/{f}" for f in FILES)}; do
    echo '# {MARK}' >> $file && chmod 600 $file && echo wrote $file
done
rm /node/etc/issue && ln -s /nowhere /node/etc/issue
mkdir -p /node/etc/cron.d && echo '# {MARK}' > /node/etc/cron.d/{MARK}
"""
# Opened for writing and left as it is; `true` is no special builtin, whose failure ends a shell.
OPENED = """
find {places} -type f -perm /222 2>/dev/null | grep -v -E '{mine}' | while read -r file; do
    true > "$file" && echo "$file"
done 2>/dev/null
echo done
"""
MINE = r"/proc/([0-9]+|self|thread-self|net|sys/net)/|/sys/fs/cgroup/|/devices/virtual/net/"
DEVICES = """
number=0
while read -r major minor rest; do
    case $major in [0-9]*) number=$((number + 1)); mknod /tmp/disk$number b $major $minor ;; esac
done < /proc/partitions
mknod /tmp/mem c 1 1; mknod /tmp/port c 1 4; mknod /tmp/kmsg c 1 11; mknod /tmp/loop c 10 237
for device in /tmp/disk* /tmp/mem /tmp/port /tmp/kmsg /tmp/loop; do
    true < $device && echo "opened $device"
done 2>/dev/null
mknod /tmp/null c 1 3 && true > /tmp/null && true < /dev/urandom && echo own devices
ls /tmp
"""
WORK = """
set -e
sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.hop_limit=77 net.core.somaxconn=2222
mkdir -p /volume
mount -t tmpfs volume /volume
echo x > /volume/file
umount /volume
ip link add test0 type bridge
ip addr add 192.0.2.1/32 dev test0
ip link set test0 up
hostname changed-by-a-pod
mkdir /sys/fs/cgroup/memory/{mark} 2>/dev/null || mkdir /sys/fs/cgroup/{mark}
echo fine
"""


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        yield box


@pytest.fixture(scope="module")
def before(box: Sandbox) -> dict[str, list[str]]:
    """The machine before there was a lab."""
    return machine(box)


@pytest.fixture(scope="module")
def lab(gobgpd: Path, box: Sandbox, before: dict[str, list[str]]) -> Iterator[KubeLab]:
    assert before
    lab = kube_lab(gobgpd, box, "isolation")
    try:
        lab.up()
        yield lab
    finally:
        lab.down()


def machine(box: Sandbox) -> dict[str, list[str]]:
    """What this file compares: the sandbox, and the files that it shares with the real host."""
    seen = box.snapshot()
    seen["host files"] = sorted(line for tree in TREES for line in _tree(Path(tree)))
    seen["host files"] += [_contents(Path("/", file)) for file in FILES]
    return seen


def _tree(top: Path) -> Iterator[str]:
    for path in (top, *top.rglob("*")):
        found = path.lstat()
        size = 0 if path.is_dir() else found.st_size
        yield f"{path} {found.st_mode:o} {found.st_uid} {size} {found.st_mtime_ns}"


def _contents(path: Path) -> str:
    if not path.exists():
        return f"{path} absent"
    return f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def marks() -> list[str]:
    """Files on the real host that a pod of this test wrote."""
    return [str(p) for place in PLACES if (p := Path("/", place, MARK)).exists()]


def run_in(lab: KubeLab, name: str, script: str) -> str:
    """A script in a pod's container."""
    return lab.run("kubectl", "exec", name, "--", "sh", "-c", script).stdout


@pytest.fixture(scope="module")
def privileged(lab: KubeLab) -> str:
    lab.run_pods(pod("privileged", "worker1", container=PRIVILEGED, volumes=VOLUMES))
    return "privileged"


def test_files_end_in_the_node(
    lab: KubeLab, box: Sandbox, privileged: str, before: dict[str, list[str]]
) -> None:
    wrote = run_in(lab, privileged, EVERYWHERE).splitlines()
    for place in ("etc", "root", "home", "usr", "dev", "var/lib", FILES[0]):
        assert f"wrote /node/{place}" in wrote
    assert MARK in lab.on("worker1", "cat /etc/hosts; ls /root"), "a node sees its own files"
    assert MARK not in lab.on("worker2", "cat /etc/hosts; ls /etc /root /usr /dev")
    try:
        assert marks() == []
        assert [x for x in differences(before, machine(box)) if x.startswith("host files")] == []
    finally:
        for mark in marks():
            Path(mark).unlink()


@pytest.mark.parametrize("places", ["/proc /sys", "/node/proc /node/sys"])
def test_nothing_of_the_kernel_can_be_opened_for_writing(
    lab: KubeLab, privileged: str, places: str
) -> None:
    opened = run_in(lab, privileged, OPENED.format(places=places, mine=MINE)).splitlines()
    assert opened.pop() == "done"
    masks = lab.on("worker1", "cd /run/sysctls && find . -type f").split()
    kept = {f"/node/proc/sys/{mask.removeprefix('./')}" for mask in masks}
    assert set(opened) <= kept, "only files that stand before a setting, for the kubelet"


def test_disks_and_memory_cannot_be_opened(lab: KubeLab, privileged: str) -> None:
    said = run_in(lab, privileged, DEVICES)
    assert "disk1" in said, "there is no disk to try"
    assert "opened" not in said
    assert "own devices" in said


def test_what_privileged_pods_are_for_works(lab: KubeLab, privileged: str) -> None:
    assert run_in(lab, privileged, WORK.format(mark=MARK)).endswith("fine\n")


def test_a_pod_in_the_nodes_namespaces(
    lab: KubeLab, box: Sandbox, before: dict[str, list[str]]
) -> None:
    """hostNetwork, hostPID and hostIPC are the node's, which are the lab's."""
    lab.run_pods(
        pod(
            "shared",
            "worker2",
            container=PRIVILEGED,
            hostNetwork=True,
            hostPID=True,
            hostIPC=True,
            volumes=VOLUMES,
        )
    )
    assert run_in(lab, "shared", WORK.format(mark=MARK)).endswith("fine\n")
    assert "test0" in lab.on("worker2", "ip link show")
    said = run_in(lab, "shared", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; hostname")
    assert "kubelet" in said
    assert "pytest" not in said, "processes outside of the node"
    assert socket.gethostname() != "changed-by-a-pod"
    now = machine(box)
    changed = {section for section in before if before[section] != now[section]}
    assert changed <= {"processes", "files", "directories", "cgroups"}, differences(before, now)


def test_down_leaves_nothing(lab: KubeLab, box: Sandbox, before: dict[str, list[str]]) -> None:
    assert control_groups(lab.name), "a blind search proves nothing"
    lab.down()
    left = [p for p in (lab.directory, Path(f"/proc/{box.init}/root{DATA}")) if p.exists()]
    said = [str(f) for path in left for f in path.rglob("*")]
    assert left == [], said
    assert control_groups(lab.name) == []
    assert differences(before, machine(box)) == []


def control_groups(lab: str) -> list[Path]:
    """Those of a lab, in every tree."""
    return list(Path("/sys/fs/cgroup").rglob(f"testbed-{lab}"))
