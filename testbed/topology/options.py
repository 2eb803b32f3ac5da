"""Checks and reads the node and link options of a topology file; none is ignored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
)
from typing import SupportsFloat, cast

from testbed.plan.model import Role, Shaping
from testbed.plan.problems import Problem

Interface = IPv6Interface | IPv4Interface
Options = Mapping[str, object]  # as the topology file gives them: anything may be a value
Parser = Callable[[object], object]  # raises ValueError or TypeError for an unusable value

_CLUSTER = {"sid_pool", "local_sids", "binding_sids", "control_plane", "joins_later"}
_ROUTER = {"isRouter", "lo_addresses"}
_HOST = {"ip", "data_centre", "advertised", "cluster", "injector"}
_LINK = {"bw", "delay", "loss", "igp_metric", "mtu", "params1", "params2"}
_LINK_INTERNAL = {"node1", "node2", "port1", "port2", "intf", "cls", "key"}
_FLAGS = ("data_centre", "advertised", "control_plane", "joins_later")
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
    if info.get("isSwitch"):
        return [
            Problem(
                what="switches and hubs are not supported: links are point to point",
                subject=name,
                fix="link the nodes directly",
                where=where,
            )
        ]
    kind = role(info)
    known = _ROUTER if kind is Role.ROUTER else _HOST
    if kind is Role.CLUSTER:
        known = known | _CLUSTER
    problems = _find_unknown(name, info, known, where)
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name):
        problems.append(
            Problem(
                what=f"{name!r} is not a DNS label (RFC 1123): lower-case letters, digits and '-'",
                subject=name,
                fix="rename it",
                where=where,
            )
        )
    values: list[tuple[str, Parser]] = [
        ("ip", lambda x: addresses(x, [])),
        ("sid_pool", parse_network),
        ("local_sids", parse_sid_pair),
        ("binding_sids", parse_sid_pair),
        ("lo_addresses", loopbacks),
        *((flag, _parse_flag) for flag in _FLAGS),
    ]
    return problems + _find_malformed(name, info, values, where)


def link_problems(name: str, info: Options, where: str | None) -> list[Problem]:
    """Unknown or malformed options of one link and its two ends."""
    given = {k: v for k, v in info.items() if k not in _LINK_INTERNAL}
    values: list[tuple[str, Parser]] = [
        ("bw", _parse_bandwidth),
        ("delay", _parse_delay),
        ("loss", _parse_percentage),
        ("igp_metric", _parse_metric),
        ("mtu", _parse_mtu),
    ]
    problems = _find_unknown(name, given, _LINK, where) + _find_malformed(
        name, given, values, where
    )
    for params in end_options(info):
        problems += _find_unknown(name, params, _END, where)
        problems += _find_malformed(
            name, params, [("ip", lambda x: addresses(x, [])), ("igp_metric", _parse_metric)], where
        )
    given_metrics = [params.get("igp_metric") for params in end_options(info)]
    metrics = {value for value in given_metrics if isinstance(value, int)}
    if len(metrics) > 1:
        problems.append(
            Problem(
                what=f"different IS-IS metrics at the two ends {sorted(metrics)}",
                subject=name,
                fix="use one igp_metric for the link",
                where=where,
            )
        )
    return problems


def usable_node(info: Options) -> Options:
    """The node's options without those that were refused, so that checking can go on."""
    flags = {k: info[k] for k in ("isRouter", "cluster", "injector") if k in info}
    return {k: v for k, v in info.items() if not node_problems("n", {**flags, k: v}, None)}


def usable_link(info: Options) -> Options:
    """The link's options without those that were refused."""
    return {k: v for k, v in info.items() if not link_problems("x", {k: v}, None)}


def end_options(info: Options) -> tuple[Options, Options]:
    """The options of a link's first and second end."""
    first, second = info.get("params1") or {}, info.get("params2") or {}
    return cast(Options, first), cast(Options, second)  # Mininet itself makes them dictionaries


def addresses(given: object, default: Sequence[Interface]) -> list[Interface]:
    """The addresses of `ip=`, which takes one or several; `default` where nothing is given."""
    if given is None:
        return list(default)
    items = [given] if isinstance(given, str) else _require_items(given)
    # ip_interface itself refuses what is no address
    return [ip_interface(cast(str, item)) for item in items]


def loopbacks(given: object) -> list[IPv6Address | IPv4Address]:
    """The addresses of `lo_addresses=`, with or without a prefix length."""
    return [ip_address(str(item).split("/")[0]) for item in _require_items(given)]


def parse_network(given: object) -> IPv6Network:
    """The network of `sid_pool=`."""
    return IPv6Network(cast(str, given))  # refuses what is no network


def parse_sid_pair(given: object) -> tuple[IPv6Address, IPv6Address]:
    """The IPv4 and the IPv6 SID of `local_sids=` and `binding_sids=`."""
    first, second = _require_items(given)
    return IPv6Address(cast(str, first)), IPv6Address(cast(str, second))


def metric(info: Options) -> int:
    """The link's IS-IS metric, 10 unless given."""
    for source in (info, *end_options(info)):
        if source.get("igp_metric") is not None:
            return _parse_metric(source["igp_metric"])
    return 10


def shaping(info: Options) -> Shaping:
    """The link's shaping from bw (Mbit/s), delay and loss (per cent), as in TCLink."""
    return Shaping.model_validate(
        {"bandwidth": info.get("bw"), "delay": info.get("delay"), "loss": info.get("loss")}
    )


def _find_unknown(name: str, info: Options, known: set[str], where: str | None) -> list[Problem]:
    problems = []
    for key in sorted(set(info) - known):
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        problems.append(
            Problem(
                what=f"option {key!r} is unknown",
                subject=name,
                fix=f"{hint}known here: {', '.join(sorted(known))}",
                where=where,
            )
        )
    return problems


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


def _parse_number(value: object) -> float:
    if not isinstance(value, (str, SupportsFloat)):
        raise TypeError("a number is needed")
    return float(value)


def _parse_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("True or False is needed")
    return value


def _parse_bandwidth(value: object) -> float:
    if isinstance(value, bool) or not _parse_number(value) > 0:
        raise ValueError("a number above 0 is needed (Mbit/s)")
    return _parse_number(value)


def _parse_percentage(value: object) -> float:
    if isinstance(value, bool) or not 0 <= _parse_number(value) <= 100:
        raise ValueError("a number from 0 to 100 is needed (per cent)")
    return _parse_number(value)


def _parse_delay(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?(us|ms|s)", value):
        raise ValueError("a time with its unit is needed, e.g. '5ms'")
    return value


def _parse_metric(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 0xFFFFFE:
        raise ValueError("a wide metric is a whole number from 1 to 16777214 (RFC 5305)")
    return value


def _parse_mtu(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1280 <= value <= 65535:
        raise ValueError("a whole number of bytes from 1280 to 65535 is needed")
    return value
