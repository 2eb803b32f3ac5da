"""One pair of interfaces between two namespaces of a node: what its kernel carries at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address, ip_address

from testbed.errors import CheckFailed, TestbedError
from testbed.evaluate.run.iperf3 import PORT
from testbed.providers.base import NodeHandle
from testbed.scenario.api.check import NotApplicable

SPACES = ("evaluate-a", "evaluate-b")
ADDRESSES: Mapping[int, IPv4Address | IPv6Address] = {
    4: ip_address("192.0.2.2"),
    6: ip_address("2001:db8::2"),
}
_REMOVE = "for n; do ip netns del $n 2>/dev/null; done; true"
_MAKE = """\
for n; do ip netns del $n 2>/dev/null || true; ip netns add $n; ip -n $n link set lo up; done
ip -n $1 link add veth mtu {mtu} type veth peer name veth mtu {mtu} netns $2
ip -n $1 addr add 192.0.2.1/24 dev veth; ip -n $1 addr add 2001:db8::1/64 dev veth nodad
ip -n $2 addr add 192.0.2.2/24 dev veth; ip -n $2 addr add 2001:db8::2/64 dev veth nodad
for n; do ip -n $n link set veth up; done
"""
# The server is there for as long as the command takes, so that it uses nobody's time between. Both
# belong to the node's group, where there is one: as pods, they are served like the lab.
_EXECUTE = f"""\
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then groups=/sys/fs/cgroup/init
else groups='/sys/fs/cgroup/*'; fi
for group in $groups; do (echo $$ > $group/cgroup.procs) 2>/dev/null; done
a=$0 b=$1; shift
ip netns exec $b iperf3 --server --one-off --port {PORT} </dev/null >&2 & server=$!
until ip netns exec $b ss -Hltn sport = :{PORT} | grep -q .; do
    kill -0 $server 2>/dev/null || {{ echo "no iperf3 server starts" >&2; exit 1; }}
done
ip netns exec $a "$@"; code=$?
kill $server 2>/dev/null; wait $server
exit $code
"""


def make(node: NodeHandle, mtu: int, undo: ExitStack) -> None:
    """Have the pair on a node, until `undo` is called.

    Raises TestbedError, NotApplicable where only the node's pods have an iperf3: on machines.
    """
    if not node.run(["sh", "-c", "command -v iperf3 || true"]).strip():
        raise NotApplicable(f"{node.name} itself has no iperf3")
    undo.callback(node.run, ["sh", "-c", _REMOVE, "sh", *SPACES])
    node.run(["sh", "-ec", _MAKE.format(mtu=mtu), "sh", *SPACES])


def execute(node: NodeHandle, words: Sequence[str]) -> str:
    """What a command prints at one end while iperf3 serves at the other. Raises CheckFailed."""
    try:
        return node.run(["sh", "-c", _EXECUTE, *SPACES, *words])
    except TestbedError as error:  # it names all of the script
        raise CheckFailed("nothing was measured over the veth pair", why=error.why) from None
