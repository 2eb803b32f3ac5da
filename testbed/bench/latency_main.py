"""Measures how fast a policy reaches the data plane; runs inside a lab and prints JSON."""

from __future__ import annotations

import argparse
import json
import select
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from testbed.api_objects import TE_NAMESPACE
from testbed.errors import CheckFailed
from testbed.host.labs import lab_dir
from testbed.host.namespaces import in_netns
from testbed.lab import objects, policies
from testbed.lab.state import enter
from testbed.orchestrators.agents import write_te_mode
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import POLICIES
from testbed.plan.model import Plan
from testbed.te.load import load_policy_file

RTMGRP_IPV4_ROUTE = 0x40
HEAD_END, ENDPOINT = "worker1", "worker2"


class RouteChanges:
    """Tells when the kernel of a node's namespace changes an IPv4 route."""

    def __init__(self, netns: str) -> None:
        with in_netns(netns):
            self._socket = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
        self._socket.bind((0, RTMGRP_IPV4_ROUTE))

    def after(self, action: Callable[[], object]) -> float:
        """Seconds from the start of `action` to the first route change that follows."""
        while select.select([self._socket], [], [], 0)[0]:
            self._socket.recv(1 << 16)
        begun = time.monotonic()
        action()
        if not select.select([self._socket], [], [], 10)[0]:
            raise CheckFailed(f"no route changed on {HEAD_END} within 10 s")
        return time.monotonic() - begun


def by_bgp(plan: Plan, runs: int) -> list[float]:
    """Policy file written at the injector → route replaced at the head end."""
    changes = RouteChanges(HEAD_END)
    files = [
        load_policy_file(plan, POLICIES / name)[0]
        for name in ("worker2-via-r4.yaml", "worker2-via-r6-r8.yaml")
    ]
    samples = [
        changes.after(partial(policies.inject, plan, files[turn % 2])) for turn in range(runs)
    ]
    policies.withdraw(plan, [c.policy for c in files[0]])
    return samples


def by_configmap(plan: Plan, runs: int) -> list[float]:
    """ConfigMap written → route replaced at the head end.

    One policy changes, so that each change of the file is one change of one IPv4 route.
    """
    api = orchestrator_of(plan).api(plan)
    write_te_mode("configmap", api)
    documents = [_make_configmap(plan, waypoint) for waypoint in ("r4", "r6")]
    changes = RouteChanges(HEAD_END)
    samples = [
        changes.after(partial(objects.apply_objects, api, [documents[turn % 2]]))
        for turn in range(runs)
    ]
    objects.delete_objects(api, documents[:1])
    write_te_mode(plan.te_mode, api)
    return samples


# Any: an object of the API, as its documentation shows it
def _make_configmap(plan: Plan, waypoint: str) -> dict[str, Any]:
    """A TE ConfigMap with one policy towards ENDPOINT."""
    cluster = plan.node(ENDPOINT).cluster
    assert cluster is not None
    policy = {
        "node": str(plan.address_v6(ENDPOINT)),
        "traffic": "IPv4",
        "bsid": str(cluster.binding_sids.v4),
        "segment_list": [str(plan.address_v6(waypoint)), str(cluster.local_sids.dt4)],
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"srv6-config-{HEAD_END}", "namespace": TE_NAMESPACE},
        "data": {"srv6": json.dumps({"node": HEAD_END, "policies": [policy]})},
    }


def main() -> None:
    """Prints {"bgp": [...], "configmap": [...]} in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lab", required=True)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    plan = enter(lab_dir(options.lab))
    result = {"bgp": by_bgp(plan, options.runs), "configmap": by_configmap(plan, options.runs)}
    options.out.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
