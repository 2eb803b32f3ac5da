"""Lines of programs' logs as events: a pure parser per program, line → Event or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import cast, get_args

from testbed.agent.changes import LOGGER
from testbed.plan.model import Plan
from testbed.report.event import Event, Kind, read_iso, utc

Parser = Callable[[str], Event | None]

_ADJACENCY = re.compile(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ISIS: .*%ADJCHANGE: Adjacency to "
    r"(?P<peer>\S+) \((?P<interface>\S+)\)(?: for \S+)? changed from (?P<old>\w+) to "
    r"(?P<new>\w+), (?P<why>.*)"
)
_SESSION = re.compile(
    r'time=(?P<time>\S+) level=\w+ msg="Peer (?P<state>Up|Down)" .*?\bKey=(?P<key>\S+)'
    r'(?:.*?\bReason=(?P<why>"[^"]*"|\S+))?'
)
_AGENT = re.compile(r"(?P<time>\S+Z) (?P<level>[A-Z]+) (?P<logger>[\w.]+): (?P<what>.*)")
_ENDED = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+) WARN exited: (?P<program>\S+) \((?P<why>.*)\)"
)


def parser_of(plan: Plan, log: Path) -> Parser:
    """How the lines of a log are read; what cannot be read is no event."""
    parse = _choose_parser(plan, log)

    def lenient(line: str) -> Event | None:
        try:
            return parse(line)
        except ValueError:  # a time that is none
            return None

    return lenient


def _choose_parser(plan: Plan, log: Path) -> Parser:
    node, _, program = log.name.partition(".log")[0].rpartition(".")
    if program == "isisd":
        return partial(adjacency, plan, node)
    if program == "gobgpd":
        return partial(session, plan, node)
    if program in ("agent", "injector"):
        return partial(agent, node)
    return ended if program == "supervisord" else nothing


def adjacency(plan: Plan, node: str, line: str) -> Event | None:
    """isisd: an adjacency changed its state."""
    found = _ADJACENCY.match(line)
    if found is None:
        return None
    moment = datetime.fromisoformat(found["time"].replace("/", "-"))
    # isisd knows a neighbour's name only after the adjacency is up
    ends = {link.end(node).interface: link.peer(node).node for link in plan.links_of(node)}
    peer = ends.get(found["interface"], found["peer"])
    why = "" if found["why"] == "unspecified" else f", {found['why']}"
    change = f"{found['old']} → {found['new']}{why}"
    what = f"adjacency with {peer} on {found['interface']}: {change}"
    return Event(utc(moment), node, "isis", what)


def session(plan: Plan, node: str, line: str) -> Event | None:
    """gobgpd: a session came up or went down."""
    found = _SESSION.match(line)
    if found is None:
        return None
    peer = _name_of(plan, found["key"])
    why = f": {found['why'].strip(chr(34))}" if found["why"] else ""
    what = f"session with {peer} is {found['state'].lower()}{why}"
    return Event(utc(read_iso(found["time"])), node, "bgp", what)


def agent(node: str, line: str) -> Event | None:
    """The agent, or the injector: what it changed, and what it could not do."""
    found = _AGENT.match(line)
    if found is None:
        return None
    kind, _, what = found["what"].partition(": ")
    if found["logger"] != LOGGER or kind not in get_args(Kind):
        kind, what = "agent", found["what"]
    return Event(utc(read_iso(found["time"])), node, cast(Kind, kind), what)


def ended(line: str) -> Event | None:
    """supervisord: a program ended that should not."""
    found = _ENDED.match(line)
    if found is None:
        return None
    moment = datetime.fromisoformat(found["time"].replace(",", "."))
    what = f"{found['program']} ended: {found['why']}"
    return Event(utc(moment), found["program"].partition(".")[0], "program", what)


def nothing(_: str) -> Event | None:
    """Programs whose logs hold no events."""
    return None


def _name_of(plan: Plan, address: str) -> str:
    """The node that has an address, or the address."""
    try:
        return plan.owner(ip_address(address)) or address
    except ValueError:
        return address
