"""Node and link options of Mininet's TCLink and IPMininet: applied or refused, never ignored."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from ipaddress import (
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
)
from typing import Any

from testbed.plan.model import Role, Shaping
from testbed.plan.problems import Problem

Interface = IPv6Interface | IPv4Interface
# Options as a user gave them, of any type; only what `usable_node` and `usable_link` leave is read.
Options = dict[str, Any]
Parsers = list[tuple[str, Callable[[Any], object]]]

_CLUSTER = {"sid_pool", "local_sids", "binding_sids", "control_plane", "joins_later"}
_ROUTER = {"isRouter", "lo_addresses"}
_HOST = {"ip", "data_centre", "advertised", "cluster", "injector"}
_LINK = {"bw", "delay", "loss", "igp_metric", "mtu", "params1", "params2"}
_LINK_INTERNAL = {"node1", "node2", "port1", "port2", "intf", "cls", "key"}
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
    problems = _unknown(name, info, known, where)
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name):
        problems.append(
            Problem(
                what=f"{name!r} is no DNS label (RFC 1123): lower-case letters, digits and '-'",
                subject=name,
                fix="rename it",
                where=where,
            )
        )
    values: Parsers = [
        ("ip", lambda x: addresses(x, [])),
        ("sid_pool", IPv6Network),
        ("local_sids", _pair),
        ("binding_sids", _pair),
        ("lo_addresses", lambda xs: [ip_address(str(x).split("/")[0]) for x in xs]),
    ]
    return problems + _malformed(name, info, values, where)


def link_problems(name: str, info: Options, where: str | None) -> list[Problem]:
    """Unknown or malformed options of one link and its two ends."""
    given = {k: v for k, v in info.items() if k not in _LINK_INTERNAL}
    values: Parsers = [
        ("bw", _positive),
        ("delay", _delay),
        ("loss", _percentage),
        ("igp_metric", _metric),
        ("mtu", _mtu),
    ]
    problems = _unknown(name, given, _LINK, where) + _malformed(name, given, values, where)
    for params in (info.get("params1") or {}, info.get("params2") or {}):
        problems += _unknown(name, params, _END, where)
        problems += _malformed(
            name, params, [("ip", lambda x: addresses(x, [])), ("igp_metric", _metric)], where
        )
    metrics = {
        p["igp_metric"]
        for p in (info.get("params1"), info.get("params2"))
        if p and "igp_metric" in p
    }
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
    flags: Options = {k: info[k] for k in ("isRouter", "cluster", "injector") if k in info}
    return {k: v for k, v in info.items() if not node_problems("n", {**flags, k: v}, None)}


def usable_link(info: Options) -> Options:
    """The link's options without those that were refused."""
    return {k: v for k, v in info.items() if not link_problems("x", {k: v}, None)}


def addresses(given: str | Iterable[str] | None, default: list[Interface]) -> list[Interface]:
    """One address or several, as `ip=` takes them; `default` where nothing is given."""
    if given is None:
        return default
    items = [given] if isinstance(given, str) else list(given)
    return [ip_interface(x) for x in items]


def metric(info: Options) -> int:
    """The link's IS-IS metric, 10 unless given."""
    for source in (info, info.get("params1") or {}, info.get("params2") or {}):
        if "igp_metric" in source:
            return int(source["igp_metric"])
    return 10


def shaping(info: Options) -> Shaping:
    """bw (Mbit/s), delay and loss (per cent), as in TCLink."""
    return Shaping(bandwidth=info.get("bw"), delay=info.get("delay"), loss=info.get("loss"))


def _unknown(name: str, info: Options, known: set[str], where: str | None) -> list[Problem]:
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


def _malformed(
    name: str,
    info: Options,
    values: Parsers,
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


def _pair(value: Iterable[str]) -> tuple[IPv6Address, IPv6Address]:
    first, second = value
    return IPv6Address(first), IPv6Address(second)


def _positive(value: float | str) -> float:
    if isinstance(value, bool) or not float(value) > 0:
        raise ValueError("a number above 0 is needed (Mbit/s)")
    return float(value)


def _percentage(value: float | str) -> float:
    if isinstance(value, bool) or not 0 <= float(value) <= 100:
        raise ValueError("a number from 0 to 100 is needed (per cent)")
    return float(value)


def _delay(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)?(us|ms|s)", value):
        raise ValueError("a time with its unit is needed, e.g. '5ms'")
    return value


def _metric(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 0xFFFFFE:
        raise ValueError("a wide metric is a whole number from 1 to 16777214 (RFC 5305)")
    return value


def _mtu(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1280 <= value <= 65535:
        raise ValueError("a whole number of bytes from 1280 to 65535 is needed")
    return value
