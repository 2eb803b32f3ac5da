"""Random topology files: names, addresses of either end, prefix lengths, pools, metrics, limits.

Pools of pods and of SIDs, also short ones; SIDs of one's own; links that are shaped, and
what path computation is told of them; a LAN. `topologies` are mostly wrong somewhere,
`sound_topologies` mostly right everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, pairwise
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


_Maybe = st.SearchStrategy[list[str] | None]
_Ends = st.SearchStrategy[tuple[list[str] | None, list[str] | None]]
_Pairs = st.SearchStrategy[list[tuple[str, str]]]


@dataclass(frozen=True)
class _Choices:
    """What the parts of a file are chosen from; addresses by the number of what has them."""

    routers: tuple[str, ...]
    others: tuple[str, ...]
    more_links: Callable[[list[str]], _Pairs]  # of routers, which may be linked already
    loopbacks: Callable[[int], _Maybe]
    ends: Callable[[int], _Ends]
    member_ends: Callable[[int], _Ends]
    own: Callable[[int], _Maybe]  # addresses given with a node, beside those of its link
    link: dict[str, st.SearchStrategy[object]]
    edge_link: dict[str, st.SearchStrategy[object]]  # a router's, to what is no router
    lan_link: dict[str, st.SearchStrategy[object]]  # a router's, to a switch
    member_link: dict[str, st.SearchStrategy[object]]  # a switch's, to what is no router
    sid_pool: Callable[[int], st.SearchStrategy[str | None]]
    sids: _Maybe
    pods_v4: st.SearchStrategy[str | None]
    pods_v6: st.SearchStrategy[str | None]


_ANY_LINK: dict[str, st.SearchStrategy[object]] = {
    "igp_metric": _metric,
    "mtu": _mtu,
    "bw": _bw,
    "delay": _delay,
    "loss": _loss,
    "te_delay": _te_delay,
    "capacity": _capacity,
    "affinity": _affinity,
    "srlg": _srlg,
}
_ANY = _Choices(
    routers=ROUTERS,
    others=OTHERS,
    more_links=lambda routers: st.lists(st.tuples(*[st.sampled_from(routers)] * 2), max_size=2),
    loopbacks=lambda _: st.one_of(st.none(), st.none(), st.lists(_v6 | _v4, max_size=2)),
    ends=lambda _: st.tuples(_maybe, _maybe),
    member_ends=lambda _: st.tuples(_maybe, _maybe),
    own=lambda _: _maybe,
    link=_ANY_LINK,
    edge_link=_ANY_LINK,
    lan_link={"igp_metric": _metric, "bw": _bw, "mtu": _lan_mtu},
    member_link=_ANY_LINK,
    sid_pool=lambda _: _pool6,
    sids=_sids,
    pods_v4=_pods4,
    pods_v6=_pods6,
)


@st.composite
def _sound_ends(draw: st.DrawFn, number: int) -> tuple[list[str] | None, list[str] | None]:
    """None; of one family or both; of one end or both, which are in one subnet then."""
    chosen: list[str] = []
    if draw(st.booleans()):
        length = draw(st.sampled_from((64, 64, 112, 126)))
        chosen.append(f"2001:db8:{number:x}::{{}}/{length}")
    if draw(st.booleans()):
        length = draw(st.sampled_from((16, 24, 24, 30)))
        chosen.append(f"10.{number}.0.{{}}/{length}")
    one, other = ([form.format(end) for form in chosen] or None for end in (1, 2))
    return draw(st.sampled_from(((one, other), (one, other), (one, None), (None, None))))


def _between_two(routers: list[str]) -> _Pairs:
    pairs = [(one, other) for one in routers for other in routers if one < other]
    return st.lists(st.sampled_from(pairs), max_size=2) if pairs else st.just([])


def _sound_loopbacks(number: int) -> _Maybe:
    both = [f"2001:db8:ff::{number:x}/128", f"10.255.0.{number}/32"]
    return st.sampled_from((None, None, both[:1], both))


def _sound_sid_pool(number: int) -> st.SearchStrategy[str | None]:
    given = (f"fcdd:9:{number}::/64", f"fcdd:7:{number}::/121", f"fcdd:8:{number}::/48")
    return st.sampled_from((None, None, *given))


_SOUND_LINK: dict[str, st.SearchStrategy[object]] = {
    "mtu": st.sampled_from((None, None, 1500, 9000)),
    "bw": st.sampled_from((None, None, 10, 100, 0.5, 1000)),
    "delay": st.sampled_from((None, None, "5ms", "10us", "0.2s")),
    "loss": st.sampled_from((None, None, 0, 0.5, 30)),
}
_SOUND = _Choices(
    routers=("r1", "r2", "r11", "r1111", "b2"),
    others=("h12", "left", "n1", "pods", "z"),
    more_links=_between_two,
    loopbacks=_sound_loopbacks,
    ends=_sound_ends,
    member_ends=lambda _: st.just((None, None)),
    own=lambda _: st.none(),
    link={
        "igp_metric": st.sampled_from((None, 10, 1, 16777214)),
        **_SOUND_LINK,
        "te_delay": st.sampled_from((None, "5ms")),
        "capacity": st.sampled_from((None, 10)),
        "affinity": st.sampled_from((None, "gold", ["gold", "red"])),
        "srlg": st.sampled_from((None, 7, ["duct-1", 7])),
    },
    edge_link=_SOUND_LINK,
    lan_link={"igp_metric": st.sampled_from((None, 10))},
    member_link={},
    sid_pool=_sound_sid_pool,
    sids=st.none(),
    pods_v4=st.sampled_from(("172.16.0.0/16", "172.16.0.0/20", None)),
    pods_v6=st.sampled_from(("fdfb:af47:32af::/48", "fdfb:af47:32af::/112")),
)


def _options(**given: object) -> str:
    return "".join(f", {name}={value!r}" for name, value in given.items() if value is not None)


@st.composite
def _link(
    draw: st.DrawFn,
    options: dict[str, st.SearchStrategy[object]],
    ends: _Ends,
    one: str,
    other: str,
) -> str:
    given = zip(("params1", "params2"), draw(ends), strict=True)
    params = {name: {"ip": ip} for name, ip in given if ip is not None}
    told = {name: draw(values) for name, values in options.items()}
    return f"self.addLink({one!r}, {other!r}{_options(**told, **params)})"


def _of_one_end(
    both: tuple[list[str] | None, list[str] | None],
) -> tuple[list[str] | None, list[str] | None]:
    """A switch's port has no address."""
    return both[0], None


@st.composite
def _topologies(draw: st.DrawFn, choices: _Choices) -> str:
    """The text of a topology file, each call on a line of its own."""
    numbers = count(1)
    routers = draw(st.lists(st.sampled_from(choices.routers), min_size=1, max_size=4, unique=True))
    lines = []
    for router in routers:
        loopbacks = draw(choices.loopbacks(next(numbers)))
        lines.append(f"self.addRouter({router!r}{_options(lo_addresses=loopbacks)})")
    pairs = [*pairwise(routers), *draw(choices.more_links(routers))]
    for one, other in pairs:
        lines.append(draw(_link(choices.link, choices.ends(next(numbers)), one, other)))
    points = [*routers]
    others = draw(st.lists(st.sampled_from(choices.others), max_size=4, unique=True))
    if draw(st.booleans()) and others:
        points.append(LAN)
        lines.append(f"self.addSwitch({LAN!r})")
        ends = choices.ends(next(numbers)).map(_of_one_end)
        lines.append(draw(_link(choices.lan_link, ends, draw(st.sampled_from(routers)), LAN)))
    for name in others:
        method = draw(st.sampled_from(("addHost", "addClusterNode", "addInjector")))
        number = next(numbers)
        given: dict[str, object] = {"ip": draw(choices.own(number))}
        if method == "addClusterNode":
            sids = {"local_sids": draw(choices.sids), "binding_sids": draw(choices.sids)}
            given |= {"sid_pool": draw(choices.sid_pool(number)), **sids}
        lines.append(f"self.{method}({name!r}{_options(**given)})")
        point = draw(st.sampled_from(points))
        options = choices.member_link if point == LAN else choices.edge_link
        ends = choices.member_ends(number) if point == LAN else choices.ends(number)
        lines.append(draw(_link(options, ends, point, name)))
    return (
        HEAD.format(draw(choices.pods_v4), draw(choices.pods_v6))
        + "".join(f"        {line}\n" for line in lines)
        + TAIL
    )


def topologies() -> st.SearchStrategy[str]:
    """Files of which about one in a hundred is valid: each choice may be a wrong one."""
    return _topologies(_ANY)


def sound_topologies() -> st.SearchStrategy[str]:
    """Files of which most are valid: what is wrong in them is how choices meet."""
    return _topologies(_SOUND)


def read(directory: Path, text: str) -> tuple[Plan | None, list[Problem]]:
    """What `validate` finds, in this process."""
    file = directory / "mine.py"
    file.write_text(text)
    found = evaluate(file, "fast", {})
    problems = found["problems"]
    assert isinstance(problems, list)
    plan = Plan.model_validate(found["plan"]) if found["plan"] else None
    return plan, [Problem.model_validate(problem) for problem in problems]
