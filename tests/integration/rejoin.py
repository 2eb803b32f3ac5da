"""Takes a node of a lab away and brings it back: `python -m tests.integration.rejoin LAB NODE`."""

from __future__ import annotations

import sys

from testbed.host.labs import lab_dir
from testbed.lab import state, verify
from testbed.orchestrators.registry import orchestrator_of


def main() -> None:
    lab, name = sys.argv[1:]
    plan = state.enter(lab_dir(lab))
    orchestrator, node = orchestrator_of(plan), plan.node(name)
    orchestrator.leave(plan, node)
    orchestrator.join(plan, [node], state.gobgpd())
    verify.cluster_complete(plan)


if __name__ == "__main__":
    main()
