"""Which pods take which tunnel, from what agents report."""

from __future__ import annotations

from ipaddress import ip_network

from testbed.agent.contract import NodeStatus, PolicyStatus, PrefixStatus, SegmentListStatus
from testbed.lab.tunnel_uses import COLUMNS, TunnelUse, tunnel_uses
from testbed.orchestrators.pod import Pod
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full")
W2 = str(PLAN.address_v6("worker2"))
LISTS = (SegmentListStatus(1, ("fcff:6::1", "fcdd::1")), SegmentListStatus(1, ("fcdd::1",)))
POLICY = PolicyStatus(
    W2, 4, "bgp", 4, 1, 200, 200, "fd00::1", None, LISTS, True, True,
    "best of the valid candidates", "",
)  # fmt: skip
STATUS = NodeStatus(
    "worker1",
    policies=(POLICY,),
    prefixes=(
        PrefixStatus("172.16.7.0/26", str(PLAN.address_v6("worker1")), "local"),
        PrefixStatus("172.16.9.0/26", W2, "segments"),
        PrefixStatus("172.16.9.64/26", W2, "segments"),
        PrefixStatus("172.31.9.0/26", W2, "vxlan"),
        PrefixStatus("fdfb::40/122", W2, "segments"),
        PrefixStatus("172.16.5.0/26", "fd99::9", "plain"),
    ),
)
PODS = [
    Pod("a", "worker1", "172.16.7.1/32", "fdfb::1/128"),
    Pod("b", "worker1", None, "fdfb::2/128"),
    Pod("c", "worker2", "172.16.9.1/32", None),
]
POOLS = {"first": ip_network("172.16.0.0/16"), "second": ip_network("172.31.0.0/16")}


def test_each_tunnel_has_its_pods_and_its_reason() -> None:
    vxlan, bgp = [use for use in found() if use.endpoint == "worker2" and use.family == 4][::-1]
    assert bgp == TunnelUse(
        head_end="worker1",
        endpoint="worker2",
        family=4,
        pods=("a",),
        pools=("first",),
        prefixes=("172.16.9.0/26", "172.16.9.64/26"),
        tunnel="bgp",
        segments=(("fcff:6::1", "fcdd::1"), ("fcdd::1",)),
        why="best of the valid candidates, preference 200",
    )
    assert (vxlan.tunnel, vxlan.pools, vxlan.segments) == ("vxlan", ("second",), ())
    assert vxlan.why == "the pool's overlay is vxlan"


def test_what_has_no_policy_and_what_no_plan_knows() -> None:
    stranger, six = (use for use in found() if use.endpoint != "worker2" or use.family == 6)
    assert (stranger.endpoint, stranger.tunnel) == ("fd99::9", "plain")
    assert (six.pods, six.tunnel) == (("a", "b"), "segments")
    assert six.why == stranger.why == "no policy is chosen: left to the underlay"
    assert len(found()) == 4
    assert all(len(use.row()) == len(COLUMNS) for use in found())


def found() -> list[TunnelUse]:
    return tunnel_uses(PLAN, [STATUS], PODS, POOLS)
