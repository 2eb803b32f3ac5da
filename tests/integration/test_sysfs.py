"""A /sys that shows the interfaces of a named network namespace, in namespaces of this test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
]

ALONE = ("unshare", "--mount", "--net", "--propagation", "private", "--", "sh", "-e", "-c")
SETUP = """
mount -t tmpfs none /run
ip netns add a
ip link add outside type veth peer name inside netns a
exec "$@"
"""
SHOW = "ls -I bonding_masters /sys/class/net | tr '\\n' ' '; ls /sys/fs/cgroup | wc -l"


def alone(*command: str) -> str:
    """Run beside a namespace "a" that has one interface more, and /run of its own."""
    done = subprocess.run([*ALONE, SETUP, "sh", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python(code: str) -> str:
    return alone(sys.executable, "-c", f"from testbed.host import sysfs, run\n{code}")


def groups() -> str:
    """How many control groups the machine shows: these are to be seen everywhere."""
    return subprocess.run(["sh", "-c", SHOW], capture_output=True, text=True).stdout.split()[-1]


def show(enter: str) -> list[str]:
    return python(f"print(run.run(run.{enter}('a', ['sh', '-c', {SHOW!r}])).stdout)").split()


def test_a_command_on_a_node_sees_that_nodes_interfaces_and_all_control_groups() -> None:
    assert show("on_node") == ["inside", "lo", groups()]
    assert show("in_netns") != ["inside", "lo", groups()], "this is what it is for"


def test_who_runs_it_stays_where_it_was() -> None:
    code = "import os; before = os.listdir('/sys/class/net'), os.listdir('/mnt')\n"
    code += "run.run(run.on_node('a', ['true']))\n"
    after = "os.listdir('/sys/class/net'), os.listdir('/mnt')"
    assert python(f"{code}print(before == ({after}))") == "True\n"


def test_namespaces_made_later_are_seen_there() -> None:
    """As an agent attaches pods that came after it."""
    command = "echo started; read go; exec nsenter --net=/run/netns/b ls /sys/class/net"
    code = f"""
import subprocess
command = run.on_node("a", ["sh", "-c", {command!r}])
pipes = {{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}}
with subprocess.Popen(command, **pipes) as there:
    assert there.stdout.readline() == "started\\n"
    run.run(["ip", "netns", "add", "b"])
    print(there.communicate("go\\n")[0])
assert there.returncode == 0
"""
    assert "inside" in python(code)


def test_the_process_itself_goes_on_with_its_own_sysfs() -> None:
    code = """
import os, threading
from testbed.host import namespaces as ns
waiting = threading.Event()
threading.Thread(target=waiting.wait, daemon=True).start()
ns.setns(os.open("/run/netns/a", os.O_RDONLY), ns.CLONE_NEWNET)
sysfs.mount_own()
names = {*os.listdir("/sys/class/net")} - {"bonding_masters"}
print(*sorted(names), len(os.listdir("/sys/fs/cgroup")))
"""
    assert python(code).split() == ["inside", "lo", groups()]
