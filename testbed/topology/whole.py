"""Finds what a topology object asks for beyond nodes, links and the plan's options.

None of it is done in a lab, so each is refused, once per call, with its line.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from mininet.topo import Topo

from testbed.plan.problems import Problem
from testbed.topology.origins import Call, Origins, sets_options_only
from testbed.topology.plan_options import OPTIONS
from testbed.topology.upstream import IPTopo
from testbed.topology.vocabulary import LabTopo

BASES = (IPTopo, LabTopo, Topo)
CLOSE = 0.8  # difflib's similarity from which an attribute's name is a slip of the pen

# Methods that only this file calls, while it builds the topology, and those that are read by us.
# All others are Mininet's while it runs the network, which no lab does.
_OVERRIDABLE = {
    *("build", "addNode", "addHost", "addRouter", "addRouters", "addLink", "addLinks"),
    *("addSwitch", "addHub", "addDaemon", "addOverlay", "addPort", "capture_physical_interface"),
    *("addClusterNode", "addInjector", "getNodeInfo", "getLinkInfo", "OVERLAYS"),
    *("nodes", "links", "iterLinks", "nodeInfo", "linkInfo", "setNodeInfo", "setlinkInfo"),
    *OPTIONS,
}
_INSTEAD = {
    "post_build": "what it does to the network belongs into a policy, an option, or a scenario",
}
_OVERLAYS = {
    "AS": "routers run no BGP: all of them are in one IS-IS level-2 area",
    "iBGPFullMesh": "routers run no BGP: all of them are in one IS-IS level-2 area",
    "OSPFArea": "routers run one IS-IS level-2 area, not OSPF",
    "OpenrDomain": "routers run one IS-IS level-2 area, not Open/R",
    "DNSZone": "no host runs a DNS server",
}


def whole_problems(topo: object, origins: Origins) -> list[Problem]:
    """Every finding on the topology object as a whole."""
    return [
        *_overridden(topo),
        *_misspelt(topo, origins),
        *_overlays(topo, origins),
        *_refused(
            origins.daemons,
            "addDaemon({}): a lab runs zebra and isisd on every router, and nothing on hosts",
            "remove it",
        ),
        *_refused(origins.helpers, "{}() configures what no lab runs", "remove it"),
        *_refused(
            [call for call in origins.ports if call.name == "port"],
            "links have no {} numbers: interfaces are called NODE-NEIGHBOUR",
            "leave port1 and port2 out",
        ),
        *_refused(
            [call for call in origins.ports if call.name == "key"],
            "another link of the two nodes has this {}, and is lost",
            "leave key out",
        ),
        *_refused(
            [*origins.captured, *_captured_otherwise(topo, origins)],
            "interface {}: a lab has no physical interface",
            "remove it; `testbed exec NODE COMMAND` reaches a lab's nodes",
        ),
        *_repeated(origins),
    ]


def unknown_nodes(origins: Origins, names: Iterable[str]) -> list[Problem]:
    """Links to nodes that are not there when the link is added."""
    there = list(names)
    return [
        Problem(
            what=f"there is no node {call.name!r} to link",
            subject=call.subject,
            fix=_did_you_mean(call.name, there) or f"before that, self.addRouter({call.name!r})",
            where=call.where,
        )
        for call in origins.unknown
    ]


def _did_you_mean(name: str, among: Iterable[str]) -> str:
    known = {x.lower(): x for x in among if x != name}
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {known[near[0]]!r}?" if near else ""


def _overridden(topo: object) -> Iterator[Problem]:
    """Methods of Mininet's and IPMininet's that the file overrides, and nothing here calls."""
    # Python itself gives classes more and more names of the form __NAME__
    known = {n for base in BASES for n in vars(base) if not n.startswith("__")} - _OVERRIDABLE
    seen: set[str] = set()
    for base in type(topo).__mro__:
        if base in (*BASES, object):
            continue
        for name, member in vars(base).items():
            if name in known and name not in seen:
                seen.add(name)
                yield Problem(
                    what=f"{name}() is never called: a lab is not a Mininet network",
                    subject=base.__name__,
                    fix="remove it" + (f"; {_INSTEAD[name]}" if name in _INSTEAD else ""),
                    where=_defined(member),
                )


def _defined(member: object) -> str | None:
    code = getattr(inspect.unwrap(member), "__code__", None) if callable(member) else None
    if code is None:
        return None
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}"


def _misspelt(topo: object, origins: Origins) -> Iterator[Problem]:
    """Attributes whose names nearly are those of the plan's options."""
    given = {
        name
        for each in (*type(topo).__mro__, topo)
        if each not in (*BASES, object)
        for name in vars(each)
    }
    own = {n for n in given - OPTIONS if not callable(getattr(topo, n, None))}
    for name in sorted(own):
        near = [option for option in OPTIONS - given if _letters(option) == _letters(name)]
        near += difflib.get_close_matches(name, [x for x in OPTIONS if len(x) > 4], 1, CLOSE)
        if near:
            yield Problem(
                what=f"attribute {name!r} means nothing to the testbed",
                subject=type(topo).__name__,
                fix=f"did you mean {near[0]!r}? Otherwise rename it",
                where=origins.attribute(name),
            )


def _letters(name: str) -> str:
    """podsV4, PODS_V4 and pods_v4 are written alike."""
    return name.replace("_", "").lower()


def _overlays(topo: object, origins: Origins) -> Iterator[Problem]:
    calls = list(origins.overlays)
    known = {id(overlay) for overlay, _ in calls}
    for overlay in getattr(topo, "overlays", []):
        if id(overlay) not in known:
            calls.append((overlay, origins.attribute("overlays")))
    for overlay, where in calls:
        name = type(overlay).__name__
        if not sets_options_only(overlay):
            why = _OVERLAYS.get(name, "it configures daemons that no lab runs")
            yield Problem(what=f"overlay: {why}", subject=name, fix="remove it", where=where)
        elif not origins.overlays_applied:
            yield Problem(
                what="overlay: it is not applied, because build() does not call IPTopo's",
                subject=name,
                fix="end build() with super().build(*args, **kwargs)",
                where=where,
            )
        elif not overlay.check_consistency(topo):
            yield Problem(
                what="overlay: it cannot be applied: its nodes are not on one link, or a subnet "
                "has too few addresses",
                subject=name,
                fix="correct its nodes, links and subnets",
                where=where,
            )


def _captured_otherwise(topo: object, origins: Origins) -> Iterator[Call]:
    captured = getattr(topo, "phys_interface_capture", {})
    for interface, node in captured.items():
        yield Call(str(interface), str(node), origins.attribute("phys_interface_capture"))


def _repeated(origins: Origins) -> Iterator[Problem]:
    for call in origins.repeated:
        yield Problem(
            what=f"node is defined twice (first at {call.name})",
            subject=call.subject,
            fix="rename one",
            where=call.where,
        )


def _refused(calls: Iterable[Call], what: str, fix: str) -> Iterator[Problem]:
    for call in calls:
        yield Problem(what=what.format(call.name), subject=call.subject, fix=fix, where=call.where)
