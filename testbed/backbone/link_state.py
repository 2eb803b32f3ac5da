"""The network of a running lab as one of its routers has it in its link-state database."""

from __future__ import annotations

from testbed.backbone.vty import ask
from testbed.engine.linkstate.lsp import read_database, read_hostnames, read_versions
from testbed.engine.linkstate.state import LinkState, link_state
from testbed.plan.model import Plan


def link_state_version(router: str) -> frozenset[tuple[str, ...]]:
    """Equal for two routers, or two moments, if their link states are. Raises CheckFailed."""
    return read_versions(_ask(router, "show isis database"))


def link_state_at(plan: Plan, router: str) -> LinkState:
    """What this router's isisd knows. Raises CheckFailed if it does not answer."""
    hostnames = read_hostnames(_ask(router, "show isis hostname"))
    return link_state(read_database(_ask(router, "show isis database detail"), hostnames), plan)


def _ask(router: str, command: str) -> str:
    return ask(router, "isisd", command)
