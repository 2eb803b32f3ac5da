"""Reads how the links of a running lab are now, whatever its plan says."""

from __future__ import annotations

from testbed.backbone.build import links_down
from testbed.backbone.ports import port_end
from testbed.backbone.tc_output import limited, shaping_of
from testbed.host.run import run
from testbed.plan.model import Plan, Shaping


def as_shaped_now(plan: Plan) -> Plan:
    """The plan with the shaping that each link has at its first end. Raises TestbedError."""
    ends = {link.a: port_end(plan, link.a) for link in plan.links}
    qdiscs = {netns: _tc(netns, "qdisc", "show") for netns in {netns for netns, _ in ends.values()}}

    def shaping(netns: str | None, interface: str) -> Shaping:
        shown = qdiscs[netns]
        has_rate = interface in limited(shown)
        classes = _tc(netns, "class", "show", "dev", interface) if has_rate else ""
        return shaping_of(interface, shown, classes)

    links = [link.model_copy(update={"shaping": shaping(*ends[link.a])}) for link in plan.links]
    return plan.model_copy(update={"links": tuple(links)})


def as_they_are(plan: Plan) -> Plan:
    """The plan with links as they are shaped now, without those that are down."""
    down = {link.a for link in links_down(plan)}
    shaped = as_shaped_now(plan)
    links = tuple(link for link in shaped.links if link.a not in down)
    return shaped.model_copy(update={"links": links})


def _tc(netns: str | None, *words: str) -> str:
    inside = ["-n", netns] if netns else []
    return run(["tc", *inside, *words]).stdout
