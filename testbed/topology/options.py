"""Checks and reads the node and link options of a topology file; none is ignored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_interface,
)
from typing import TypeVar, cast

from testbed.plan import shaping_rules, te_rules
from testbed.plan.address_rules import Interface, address_fault, interface_fault, network_fault
from testbed.plan.model import Role, Shaping, TrafficEngineering
from testbed.plan.problems import Problem
from testbed.topology.dns_label import as_label, is_label

Options = Mapping[str, object]  # as the topology file gives them: anything may be a value
_Address = TypeVar("_Address", Interface, IPv6Address)
Parser = Callable[[object], object]  # raises ValueError or TypeError for an unusable value

_ROLES = ("isRouter", "cluster", "injector")
_NODE: dict[Role, set[str]] = {
    Role.ROUTER: {"isRouter", "lo_addresses"},
    Role.HOST: {"ip", "data_centre", "advertised", "cluster", "injector"},
    Role.INJECTOR: {"ip", "injector"},
    Role.CLUSTER: {
        *("ip", "cluster", "sid_pool", "local_sids", "binding_sids"),
        *("control_plane", "joins_later"),
    },
}
_LINK = {
    *("bw", "delay", "loss", "igp_metric", "mtu", "params1", "params2", "cls", "intf"),
    *("te_delay", "capacity", "affinity", "srlg"),
}
KNOWN_OPTIONS = frozenset(_LINK.union(*_NODE.values()))
_LINK_INTERNAL = {"node1", "node2", "port1", "port2", "key"}
# What options of Mininet and IPMininet would do there, and why not here.
_FAMILIES = "every link has IPv6, and IPv4 between routers"
_NAMES = "interfaces are called NODE-NEIGHBOUR"
_NOT_HERE = {
    "config": "a router runs zebra and isisd, a host nothing",
    "cls": "nodes are network namespaces, links veth pairs",
    "use_v4": _FAMILIES,
    "use_v6": _FAMILIES,
    "igp_area": "routers run one IS-IS level-2 area",
    "igp_passive": "IS-IS runs on every link between routers",
    "intfName1": _NAMES,
    "intfName2": _NAMES,
    "defaultRoute": "a host's default route goes to its router",
}
SID_POOL_MAX = 122  # a block of Calico's IPAM, which hands out SIDs
_RESERVED = re.compile("pod-.*")  # network namespaces of pods
_FLAGS = (*_ROLES, "data_centre", "advertised", "control_plane", "joins_later")
_END = {"ip", "igp_metric"}


def role(info: Options) -> Role:
    """What the node is for, from its options."""
    if info.get("isRouter"):
        return Role.ROUTER
    if info.get("cluster"):
        return Role.CLUSTER
    return Role.INJECTOR if info.get("injector") else Role.HOST


def node_problems(name: str, info: Options, where: str | None) -> list[Problem]:
    """Unknown or malformed options of one node."""
    if info.get("hub"):
        return [
            Problem(
                what="hubs are not supported",
                subject=name,
                fix=f"self.addSwitch({name!r})",
                where=where,
            )
        ]
    known = {"isSwitch"} if info.get("isSwitch") else _NODE[role(info)]
    problems = _find_unknown(name, info, known, where)
    if info.get("data_centre") is True and info.get("advertised") is False:
        problems.append(
            Problem(
                what="data_centre=True and advertised=False exclude each other",
                subject=name,
                fix="a data centre's prefix is always in IS-IS: leave advertised out",
                where=where,
            )
        )
    if not is_label(name):
        problems.append(
            Problem(
                what=f"{name!r} is not a DNS label (RFC 1035): at most 63 lower-case letters, "
                "digits and '-', a letter first, no '-' last",
                subject=name,
                fix=f"rename it, e.g. to {label!r}" if (label := as_label(name)) else "rename it",
                where=where,
            )
        )
    elif _RESERVED.fullmatch(name):
        problems.append(
            Problem(
                what=f"{name!r} is a name for pods",
                subject=name,
                fix="rename it: no node's name begins with 'pod-'",
                where=where,
            )
        )
    values: list[tuple[str, Parser]] = [
        ("ip", addresses),
        ("sid_pool", parse_network),
        ("local_sids", parse_sid_pair),
        ("binding_sids", parse_sid_pair),
        ("lo_addresses", loopbacks),
        *((flag, _parse_flag) for flag in _FLAGS),
    ]
    return problems + _find_malformed(name, info, values, where)


def link_problems(
    name: str, info: Options, where: str | None, ends: Sequence[str | None] = (None, None)
) -> list[Problem]:
    """What is wrong with the options of one link and its two ends.

    `ends`: file:line of each end's addParams, where that was called.
    """
    return _link_options(name, info, where, ends) + _metric_problems(name, info, where)


def _link_options(
    name: str, info: Options, where: str | None, ends: Sequence[str | None] = (None, None)
) -> list[Problem]:
    """Unknown or malformed options, each by itself."""
    given = {k: v for k, v in info.items() if k not in _LINK_INTERNAL}
    values: list[tuple[str, Parser]] = [
        ("bw", shaping_rules.bandwidth),
        ("delay", shaping_rules.delay),
        ("loss", shaping_rules.loss),
        ("te_delay", te_rules.delay_us),
        ("capacity", te_rules.capacity),
        ("affinity", te_rules.affinity),
        ("srlg", te_rules.srlg),
        ("igp_metric", _parse_metric),
        ("mtu", _parse_mtu),
        ("cls", _parse_class("Link", "TCLink", "IPLink")),
        ("intf", _parse_class("Intf", "TCIntf", "IPIntf")),
        ("params1", _parse_end),
        ("params2", _parse_end),
    ]
    problems = _find_unknown(name, given, _LINK, where) + _find_malformed(
        name, given, values, where
    )
    at_end: list[tuple[str, Parser]] = [("ip", addresses), ("igp_metric", _parse_metric)]
    for params, end in zip(end_options(info), ends, strict=True):
        problems += _find_unknown(name, params, _END, end or where, _LINK - _END)
        problems += _find_malformed(name, params, at_end, end or where)
    return problems


def _metric_problems(name: str, info: Options, where: str | None) -> list[Problem]:
    """A metric counts in both directions: the link's and its ends' must be one."""
    whole = info.get("igp_metric")
    ends = [params.get("igp_metric") for params in end_options(info)]
    metrics = [whole if end is None else end for end in ends]
    if all(each == metrics[0] for each in (*metrics, *([] if whole is None else [whole]))):
        return []
    return [
        Problem(
            what=f"different IS-IS metrics: link {whole}, ends {ends[0]} and {ends[1]}",
            subject=name,
            fix="give the link one igp_metric, and its ends (params1, params2) none",
            where=where,
        )
    ]


def usable_node(info: Options) -> Options:
    """The node's options without those that were refused, so that checking can go on."""
    flags = {k: info[k] for k in _ROLES if k in info}
    return {k: v for k, v in info.items() if not node_problems("n", {**flags, k: v}, None)}


def usable_link(info: Options) -> Options:
    """The link's options without those that were refused."""
    return {k: v for k, v in info.items() if not _link_options("x", {k: v}, None)}


def end_options(info: Options) -> tuple[Options, Options]:
    """The options of a link's first and second end."""
    return _end_options(info.get("params1")), _end_options(info.get("params2"))


def _end_options(given: object) -> Options:
    named = isinstance(given, Mapping) and all(isinstance(key, str) for key in given)
    return cast(Options, given) if named else {}


def addresses(given: object) -> list[Interface]:
    """The addresses of `ip=`, which takes one or several; each can be on an end of a link."""
    found = list(dict.fromkeys(_parse_interface(item) for item in _items(given)))
    for interface in found:
        fault = interface_fault(interface)
        if fault:
            raise ValueError(f"{interface.ip}: {fault}" if len(found) > 1 else fault)
    return found


def loopbacks(given: object) -> list[IPv6Address | IPv4Address]:
    """The addresses of `lo_addresses=`, which takes one or several, each a network of its own."""
    found = []
    for interface in (_parse_interface(item) for item in _items(given)):
        fault = address_fault(interface.ip)
        if interface.network.num_addresses > 1:
            length = interface.network.max_prefixlen
            fault = f"a router's loopback is one address: write {interface.ip}/{length}"
        if fault:
            raise ValueError(fault)
        found.append(interface.ip)
    return list(dict.fromkeys(found))


def _items(given: object) -> list[object]:
    """One value or several; None and empty strings are none."""
    if given is None or given == "":
        return []
    if isinstance(given, (str, IPv4Interface, IPv6Interface)):
        return [given]
    return _require_items(given)


def _parse_interface(item: object) -> Interface:
    if not isinstance(item, (str, IPv4Interface, IPv6Interface)):
        raise TypeError(f"{item!r} is no text such as '2001:db8::1/64'")
    return _without_zone(ip_interface(item))  # refuses what is no address


def parse_network(given: object) -> IPv6Network:
    """The network of `sid_pool=`."""
    if not isinstance(given, (str, IPv6Network)):
        raise TypeError("a network is needed, e.g. 'fcdd:0:0:aa::/64'")
    network = IPv6Network(str(given))  # refuses what is no network
    fault = network_fault(network)
    if network.prefixlen > SID_POOL_MAX:
        fault = f"/{SID_POOL_MAX} or a shorter prefix is needed"
    if fault:
        raise ValueError(fault)
    return network


def parse_sid_pair(given: object) -> tuple[IPv6Address, IPv6Address]:
    """The IPv4 and the IPv6 SID of `local_sids=` and `binding_sids=`."""
    items = _require_items(given)
    if isinstance(given, str) or len(items) != 2:
        raise ValueError("two addresses are needed: for IPv4 and for IPv6")
    first, second = (_parse_sid(item) for item in items)
    return first, second


def _without_zone(address: _Address) -> _Address:
    zone = getattr(address, "scope_id", None)
    if zone:
        raise ValueError(f"it has a zone, {zone!r}")
    return address


def _parse_sid(item: object) -> IPv6Address:
    if not isinstance(item, (str, IPv6Address)):
        raise TypeError(f"{item!r} is no text such as 'fcdd::aa:1'")
    sid = _without_zone(IPv6Address(str(item)))
    fault = address_fault(sid)
    if fault:
        raise ValueError(f"{sid}: {fault}")
    return sid


def metric(info: Options) -> int:
    """The link's IS-IS metric, 10 unless given."""
    for source in (info, *end_options(info)):
        if source.get("igp_metric") is not None:
            return _parse_metric(source["igp_metric"])
    return 10


def shaping(info: Options) -> Shaping:
    """The link's shaping from bw (Mbit/s), delay and loss (per cent), as in TCLink."""
    return shaping_rules.shaping(info.get("bw"), info.get("delay"), info.get("loss"))


def traffic_engineering(info: Options) -> TrafficEngineering:
    """What the options tell path computation about the link."""
    keys = ("te_delay", "capacity", "affinity", "srlg")
    return te_rules.traffic_engineering(*(info.get(key) for key in keys))


def _find_unknown(
    name: str,
    info: Options,
    known: Set[str],
    where: str | None,
    of_link: Set[str] = frozenset(),
) -> list[Problem]:
    """`of_link`: options that a link has, if these are those of its end."""
    return [
        Problem(
            what=f"option {key!r} is unknown" + (f": {_NOT_HERE[key]}" if key in _NOT_HERE else ""),
            subject=name,
            fix=_known_options(key, known, of_link),
            where=where,
        )
        for key in sorted(set(info) - known)
    ]


def _known_options(key: str, known: Set[str], of_link: Set[str]) -> str:
    listed = f"known here: {', '.join(sorted(known - {'isRouter', 'isSwitch'})) or 'none'}"
    if key in of_link:
        return f"give it to the link: it is for both directions; {listed}"
    if key in _NOT_HERE:
        return f"remove it; {listed}"
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}? {listed}" if close else listed


def _find_malformed(
    name: str,
    info: Options,
    values: list[tuple[str, Parser]],
    where: str | None,
) -> list[Problem]:
    problems = []
    for key, parse in values:
        if info.get(key) is None:
            continue
        try:
            parse(info[key])
        except (ValueError, TypeError) as error:
            problems.append(
                Problem(
                    what=f"{key}={info[key]!r} is not usable: {error}",
                    subject=name,
                    fix=f"correct {key}",
                    where=where,
                )
            )
    return problems


def _require_items(given: object) -> list[object]:
    if not isinstance(given, Iterable):
        raise TypeError("a list is needed")
    return list(given)


def _parse_class(*names: str) -> Parser:
    """A reader of Mininet's and IPMininet's classes that are a plain or a shaped veth pair."""

    def parse(given: object) -> object:
        module = getattr(given, "__module__", "")
        if (
            module not in ("mininet.link", "ipmininet.link")
            or getattr(given, "__name__", "") not in names
        ):
            raise ValueError(f"links are veth pairs: {', '.join(names)}")
        return given

    return parse


def _parse_end(given: object) -> object:
    if not isinstance(given, Mapping):
        raise TypeError("a dictionary is needed, e.g. {'ip': '2001:db8::1/64'}")
    if not all(isinstance(key, str) for key in given):
        raise TypeError("its keys are names of options, e.g. {'ip': '2001:db8::1/64'}")
    return given


def _parse_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False is needed")
    return value


def _parse_metric(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 0xFFFFFE:
        raise ValueError("a wide metric is a whole number from 1 to 16777214 (RFC 5305)")
    return value


def _parse_mtu(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1280 <= value <= 65535:
        raise ValueError("a whole number of bytes from 1280 to 65535 is needed")
    return value
