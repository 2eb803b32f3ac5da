"""Random topology files: names, addresses of either end, prefix lengths, pools, metrics, limits.

Pools of pods and of SIDs, also short ones; SIDs of one's own; links that are shaped, and
what path computation is told of them; a LAN.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

from testbed.plan.model import Plan
from testbed.plan.problems import Problem
from testbed.topology.evaluate_main import evaluate

HEAD = """from testbed.topology import LabTopo
class Mine(LabTopo):
    pods_v4 = {!r}
    pods_v6 = {!r}
    def build(self, **options):
"""
TAIL = "        super().build(**options)\n"
ROUTERS = ("r1", "r2", "r11", "r1111", "a-router", "b2")
LAN = "lan1"
OTHERS = ("h12", "left", "n1", "pods", "far-away-from-r1", "X")

_low = st.integers(0, 6)
_length6 = st.sampled_from((32, 48, 64, 64, 64, 112, 127, 128))
_length4 = st.sampled_from((8, 16, 24, 24, 24, 30, 31, 32))
_v6 = st.builds(
    "{}::{}/{}".format,
    st.sampled_from(
        (
            *("2001:db8:1", "2001:db8:2", "fd00:0:12", "fcf0:0:1:2", "fcff:1", "fd10"),
            *("fcdd:0:0:aa", "cafe", "fdfb:af47:32af", "fe80", "ff02", "fd00:10:96"),
        )
    ),
    _low,
    _length6,
)
_v4 = st.builds(
    "{}.{}/{}".format,
    st.sampled_from(
        ("10.1.0", "10.2.0", "10.9.9", "172.16.0", "192.168.9", "192.168.10", "10.96.0")
    ),
    st.sampled_from((0, 1, 2, 3, 127, 254, 255)),
    _length4,
)
_addresses = st.lists(st.one_of(_v6, _v4), min_size=1, max_size=3)
_maybe = st.one_of(st.none(), st.none(), _addresses)
_metric = st.sampled_from((None, None, None, 10, 1, 16777214, 16777215, 0))
_mtu = st.sampled_from((None, None, None, 1500, 1280, 1300, 9000, 1200))
# Mostly none or right: each error of a file costs a second look at it.
_NONE = [None] * 12
_bw = st.sampled_from((*_NONE, 10, 100, 0.5, 1000, "10", 1001, 0.001, True))
_delay = st.sampled_from((*_NONE, "5ms", "10us", "0.2s", "1.5s", "61s", "5"))
_loss = st.sampled_from((*_NONE, 0, 0.5, 2, "1", 30, 101))
_te_delay = st.sampled_from((*_NONE, "5ms", "0us", "17s", 5))
_capacity = st.sampled_from((*_NONE, 10, "1000", 1e7, -1, 1e9))
_affinity = st.sampled_from((*_NONE, "gold", ["gold", "red"], [], ["gold", "gold"], "very good"))
_srlg = st.sampled_from((*_NONE, 7, ["duct-1", 7], -1, True))
_lan_mtu = st.sampled_from((*_NONE, 1500))
_pool6 = st.sampled_from(
    (
        *(*_NONE, "fcdd:9::/64", "fcdd:0:0:aa::/64", "fcdd:0:0:11aa::/64", "fcdd:7::/122"),
        *("fcdd:7::/125", "fcdd:8::/121", "fcdd::/32", "fcff:1::/64", "fdfb:af47:32af::/64"),
        *("fe80::/64", "fc00::/7", "fcdd:7::1/122", "fd00:10:96::/112", "cafe::/64"),
    )
)
_sid = st.builds(
    "{}{}".format,
    st.sampled_from(("fcdd:0:0:aa::", "fcdd:0:0:11aa::", "fcdd:7::", "cafe::", "fcff:1::")),
    st.integers(0, 3),
)
_sids = st.one_of(*[st.none()] * 8, st.lists(_sid, min_size=2, max_size=2), st.just(["cafe::1"]))
_pods4 = st.sampled_from(
    (
        *("172.16.0.0/16", "172.16.0.0/16", "172.16.0.0/16", None, "10.1.0.0/24"),
        *("172.16.0.0/26", "172.16.0.0/25", "172.16.0.0/28", "172.16.0.0/32", "172.16.0.9/16"),
    )
)
_pods6 = st.sampled_from(
    (
        *("fdfb:af47:32af::/48", "fdfb:af47:32af::/48", "fdfb:af47:32af::/48", None, "fd10::/32"),
        *("fdfb:af47:32af::/122", "fdfb:af47:32af::/121", "fdfb:af47:32af::/124"),
        *("fcdd:0:0:aa::/64", "fdfb:af47:32af::1/48"),
    )
)


def _options(**given: object) -> str:
    return "".join(f", {name}={value!r}" for name, value in given.items() if value is not None)


@st.composite
def _link(draw: st.DrawFn, one: str, other: str) -> str:
    ends = {name: {"ip": ip} for name in ("params1", "params2") if (ip := draw(_maybe)) is not None}
    shaped = {"bw": draw(_bw), "delay": draw(_delay), "loss": draw(_loss)}
    told: dict[str, object] = {"te_delay": draw(_te_delay), "capacity": draw(_capacity)}
    told |= {"affinity": draw(_affinity), "srlg": draw(_srlg)}
    options = _options(igp_metric=draw(_metric), mtu=draw(_mtu), **shaped, **told, **ends)
    return f"self.addLink({one!r}, {other!r}{options})"


@st.composite
def _lan_link(draw: st.DrawFn, router: str) -> str:
    """Of a router and a switch, most of whose options are not for such a link."""
    ends = {"params1": {"ip": ip}} if (ip := draw(_maybe)) is not None else {}
    options = _options(igp_metric=draw(_metric), bw=draw(_bw), mtu=draw(_lan_mtu), **ends)
    return f"self.addLink({router!r}, {LAN!r}{options})"


@st.composite
def topologies(draw: st.DrawFn) -> str:
    """The text of a topology file, each call on a line of its own."""
    routers = draw(st.lists(st.sampled_from(ROUTERS), min_size=1, max_size=4, unique=True))
    lines = []
    for router in routers:
        loopbacks = draw(st.one_of(st.none(), st.none(), st.lists(_v6 | _v4, max_size=2)))
        lines.append(f"self.addRouter({router!r}{_options(lo_addresses=loopbacks)})")
    for one, other in pairwise(routers):
        lines.append(draw(_link(one, other)))
    for _ in range(draw(st.integers(0, 2))):
        lines.append(draw(_link(draw(st.sampled_from(routers)), draw(st.sampled_from(routers)))))
    points = [*routers]
    if draw(st.booleans()):
        points.append(LAN)
        lines += [f"self.addSwitch({LAN!r})", draw(_lan_link(draw(st.sampled_from(routers))))]
    for name in draw(st.lists(st.sampled_from(OTHERS), max_size=4, unique=True)):
        method = draw(st.sampled_from(("addHost", "addClusterNode", "addInjector")))
        given: dict[str, object] = {"ip": draw(_maybe)}
        if method == "addClusterNode":
            sids = {"local_sids": draw(_sids), "binding_sids": draw(_sids)}
            given |= {"sid_pool": draw(_pool6), **sids}
        lines.append(f"self.{method}({name!r}{_options(**given)})")
        lines.append(draw(_link(draw(st.sampled_from(points)), name)))
    return (
        HEAD.format(draw(_pods4), draw(_pods6))
        + "".join(f"        {line}\n" for line in lines)
        + TAIL
    )


def read(directory: Path, text: str) -> tuple[Plan | None, list[Problem]]:
    """What `validate` finds, in this process."""
    file = directory / "mine.py"
    file.write_text(text)
    found = evaluate(file, "fast", {})
    problems = found["problems"]
    assert isinstance(problems, list)
    plan = Plan.model_validate(found["plan"]) if found["plan"] else None
    return plan, [Problem.model_validate(problem) for problem in problems]
