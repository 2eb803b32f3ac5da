"""Runs one scenario in one lab: `python -m testbed.scenario.run.execute_main`, as root.

Its own process: a scenario that hangs, crashes or enters a namespace harms no other. It leaves
result.json and the evidence in its directory.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from testbed.errors import CheckFailed, TestbedError
from testbed.host.labs import lab_dir
from testbed.lab.state import enter
from testbed.scenario.api.check import Check, NotApplicable
from testbed.scenario.api.testbed import Testbed
from testbed.scenario.clients.host_proxy import Outside
from testbed.scenario.run import registry
from testbed.scenario.run.evidence import keep_evidence


def main() -> None:
    """Exit code 0 when it passed, 1 when not; result.json says why."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lab", required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--topology", required=True)
    parser.add_argument("--evidence", type=Path, required=True)
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--settings", type=json.loads, default={})
    options = parser.parse_args()
    scenario = registry.find(options.scenario)
    outside = Outside()
    try:
        plan = enter(lab_dir(options.lab))
    except TestbedError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    check, clock = Check(), _Clock()
    testbed = Testbed(plan, check, options.evidence, options.policy)
    testbed.outside, testbed.lab, testbed.topology = outside, options.lab, options.topology
    outcome = _run(scenario, testbed, options.settings, clock)
    result = {
        "scenario": scenario.name,
        "sentence": scenario.sentence,
        "claims": list(scenario.claims),
        "profile": plan.profile,
        "topology": plan.topology,
        "cluster": plan.kind["cluster"],
        "seconds": round(clock.seconds, 3),
        "checks": [asdict(c) for c in check.done],
        "figures": check.figures,
        **outcome,
    }
    text = json.dumps(result, indent=1, default=str)
    (options.evidence / "result.json").write_text(text)
    sys.stdout.flush()
    os._exit(0 if outcome["failure"] is None else 1)  # a daemon thread must not hold it up


class _Clock:
    """How long a scenario took, without what the evidence took."""

    def __init__(self) -> None:
        self._begun, self._paused = time.monotonic(), 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._paused += time.monotonic() - begun

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun - self._paused


def _run(
    scenario: registry.Scenario, testbed: Testbed, settings: dict[str, Any], clock: _Clock
) -> dict[str, Any]:
    """The verdict, and what failed. The evidence shows the lab before anything is put back."""
    try:
        with testbed.restored():
            try:
                scenario.function(testbed, testbed.check, **settings)
            finally:
                with clock.paused():
                    keep_evidence(testbed.plan, testbed.evidence)
    except NotApplicable as error:
        reason = str(error)
        return {
            "verdict": "not applicable",
            "failure": None,
            "reason": reason,
            "declared": "kernel",
        }
    except CheckFailed as error:
        return {"verdict": "fail", "failure": str(error)}
    except TestbedError as error:
        return {"verdict": "error", "failure": str(error)}
    except Exception as error:
        return {"verdict": "error", "failure": f"{error!r}\n{traceback.format_exc()}"}
    if not testbed.check.done:
        return {"verdict": "error", "failure": "the scenario checked nothing"}
    return {"verdict": "pass", "failure": None}


if __name__ == "__main__":
    main()
