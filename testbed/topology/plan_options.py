"""Reads the options of a whole plan from the attributes of the topology's class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar, get_args

from testbed.plan.address_rules import network_fault
from testbed.plan.limits import (
    LEAST_BFD_INTERVAL,
    LEAST_BFD_MULTIPLIER,
    MOST_BFD_INTERVAL,
    MOST_BFD_MULTIPLIER,
    MOST_SEGMENTS,
)
from testbed.plan.model import Bfd, Encoding, Plan, Pools, Repair, TeMode
from testbed.plan.problems import Problem

_Network = TypeVar("_Network", IPv4Network, IPv6Network)


def plan_options(
    topo: object, where: Callable[[str], str | None]
) -> tuple[dict[str, object], Pools, list[Problem]]:
    """Arguments of Plan, its pools, and a problem for every attribute that cannot be used.

    `where` gives file:line of an attribute, by name.
    """
    values: dict[str, object] = {}
    problems = []
    for name, (read, meaning) in _KNOWN.items():
        if not hasattr(topo, name):
            continue
        given = getattr(topo, name)
        try:
            values[name] = read(given)
        except (TypeError, ValueError) as error:
            problems.append(
                Problem(
                    what=f"{name}={given!r} is not usable: {error}",
                    subject=type(topo).__name__,
                    fix=f"{name} is {meaning}",
                    where=where(name),
                )
            )
    problems += _without_bfd(topo, values, where)
    wants_bfd = values.pop("bfd", False)
    bfd = {key: values.pop(name) for name, key in _OF_BFD.items() if name in values}
    if wants_bfd:
        values["bfd"] = Bfd.model_validate(bfd)
    pools = {key: values.pop(key) for key in ("pods_v4", "pods_v6") if key in values}
    lines = {"where_v4": where("pods_v4"), "where_v6": where("pods_v6")}
    default = Plan.model_fields["pools"].default
    return values, Pools.model_validate({**dict(default), **pools, **lines}), problems


def _without_bfd(
    topo: object, values: Mapping[str, object], where: Callable[[str], str | None]
) -> Iterator[Problem]:
    """What says how BFD is to be, where there is to be none."""
    if values.get("bfd", hasattr(topo, "bfd")):  # one that was refused is no second problem
        return
    for name in _OF_BFD:
        if name in values:
            yield Problem(
                what=f"{name}={values[name]} is of no use: bfd is off",
                subject=type(topo).__name__,
                fix=f"set bfd = True, or leave {name} out",
                where=where(name),
            )


def _integer_parser(least: int, most: int) -> Callable[[object], int]:
    def read(given: object) -> int:
        if isinstance(given, bool) or not isinstance(given, int):
            raise TypeError("not a whole number")
        if not least <= given <= most:
            raise ValueError(f"not between {least} and {most}")
        return given

    return read


def _read_te_mode(given: object) -> object:
    if given not in get_args(TeMode):
        raise ValueError("no such mode")
    return given


def _read_repair(given: object) -> object:
    if given not in get_args(Repair):
        raise ValueError("no such protection")
    return given


def _read_encoding(given: object) -> object:
    if given not in get_args(Encoding):
        raise ValueError("no such encoding")
    return given


def _read_switch(given: object) -> bool:
    if not isinstance(given, bool):
        raise TypeError("neither True nor False")
    return given


def _read_pool4(given: object) -> IPv4Network | None:
    return None if given is None else _checked(IPv4Network(_text(given)))


def _read_pool6(given: object) -> IPv6Network | None:
    return None if given is None else _checked(IPv6Network(_text(given)))


def _text(given: object) -> str:
    if not isinstance(given, (str, IPv4Network, IPv6Network)):
        raise TypeError("a text is needed")
    return str(given)  # IPv4Network and IPv6Network refuse what is no network


def _checked(pool: _Network) -> _Network:
    fault = network_fault(pool)
    if fault:
        raise ValueError(f"{pool.network_address}: {fault}")
    return pool


_KNOWN: dict[str, tuple[Callable[[object], object], str]] = {
    "asn": (_integer_parser(1, 2**32 - 1), "the AS number of all BGP speakers"),
    "te_mode": (_read_te_mode, " or ".join(map(repr, get_args(TeMode)))),
    "repair": (
        _read_repair,
        f"what routers protect against by themselves: {' or '.join(map(repr, get_args(Repair)))}",
    ),
    "bfd": (_read_switch, "True or False: do the ends of links between routers watch each other?"),
    "bfd_interval": (
        _integer_parser(LEAST_BFD_INTERVAL, MOST_BFD_INTERVAL),
        "the milliseconds between two BFD packets",
    ),
    "bfd_multiplier": (
        _integer_parser(LEAST_BFD_MULTIPLIER, MOST_BFD_MULTIPLIER),
        "how many BFD packets in a row have to be missing",
    ),
    "encoding": (
        _read_encoding,
        f"how segment lists of intents are written: {' or '.join(map(repr, get_args(Encoding)))}",
    ),
    "max_segments": (
        _integer_parser(1, MOST_SEGMENTS),
        "how many segments a policy may have at most",
    ),
    "pods_v4": (_read_pool4, "the pods' IPv4 network, or None for none"),
    "pods_v6": (_read_pool6, "the pods' IPv6 network, or None for none"),
}
_OF_BFD = {"bfd_interval": "interval", "bfd_multiplier": "multiplier"}
OPTIONS = frozenset(_KNOWN)
