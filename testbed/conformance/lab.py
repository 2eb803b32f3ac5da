"""Creates, steers and removes the lab that the conformance tests run on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from testbed.agent.desired.service_veth import INSIDE
from testbed.errors import TestbedError
from testbed.host.labs import lab_dir
from testbed.host.progress import Progress
from testbed.host.wait import wait_for
from testbed.images.build.conformance import recipes
from testbed.images.build.make import make_images
from testbed.lab.access.own_command import testbed
from testbed.lab.state import recorded_plan
from testbed.orchestrators.kubernetes.pki.x509 import new_authority
from testbed.paths import POLICIES
from testbed.render.kubernetes import CONTROL_PLANE_LABEL

TOPOLOGY = "full"
CONFIGMAPS = POLICIES / "configmaps.yaml"
_STEERING_LIMIT = 30.0  # seconds


@contextmanager
def lab_for_tests(name: str, keep: bool, progress: Progress) -> Iterator[None]:
    """A lab of this name for the time of the body, and longer if `keep`.

    Raises TestbedError if there is one already.
    """
    if lab_dir(name).init_pid() is not None:
        raise TestbedError(
            f"lab {name!r} is up already", fix=f"testbed down -n {name}, or another name with -n"
        )
    try:
        with progress.step(f"lab {name}: {TOPOLOGY}"):
            testbed("up", TOPOLOGY, "-n", name, "--no-pods", "--quiet")
            _untaint_control_plane(name)
        with progress.step("the images that the tests ask for, on every node"):
            _load_images(name)
        yield
    finally:
        if keep:
            progress.note(f"kept: lab {name} (testbed down -n {name})")
        else:
            with progress.step(f"lab {name} is down"):
                testbed("down", "-n", name, "--quiet")


def _untaint_control_plane(name: str) -> None:
    """Let the control plane's node run pods too, so that all of the overlay's paths are used."""
    untaint = ("kubectl", "taint", "nodes", "-l", CONTROL_PLANE_LABEL)
    testbed("in-network", "-n", name, *untaint, f"{CONTROL_PLANE_LABEL}:NoSchedule-")


def _load_images(name: str) -> None:
    pair = new_authority("agnhost", datetime.now(timezone.utc), timedelta(days=3650))
    for made in make_images(recipes(pair.certificate, pair.key)):
        testbed("image", "load", "-n", name, str(made.archive))


def steer(name: str) -> None:
    """Apply TE ConfigMaps equal to the paper's; returns when every head end uses them."""
    testbed("apply", "-n", name, "-f", str(CONFIGMAPS))
    testbed("mode", "-n", name, "configmap")
    wait_for(
        "every head end to use the ConfigMaps", lambda: _check_steering(name), _STEERING_LIMIT, 0.2
    )


def require_steered(name: str) -> None:
    """Raises CheckFailed if a head end uses something else than the ConfigMaps."""
    wait_for("every head end to use the ConfigMaps", lambda: _check_steering(name), 0)


def packets_into_srv6(name: str) -> int:
    """How many packets the lab's nodes have handed to the overlay so far."""
    total = 0
    for node in cluster_nodes(name):
        shown = testbed("exec", "-n", name, node, *("ip", "-s", "-j", "link", "show", INSIDE))
        total += int(json.loads(shown)[0]["stats64"]["tx"]["packets"])
    return total


def cluster_nodes(name: str) -> list[str]:
    """The nodes of the lab's cluster."""
    plan = recorded_plan(lab_dir(name))
    return [node.name for node in plan.cluster] if plan else []


def _check_steering(name: str) -> tuple[bool | None, str]:
    rows = json.loads(testbed("policy", "list", "-n", name, "-f", "json"))
    return steering(rows)


# Any: rows of `te list --format json`
def steering(policies: list[dict[str, Any]]) -> tuple[bool | None, str]:
    """True if all chosen policies are from ConfigMaps, else None; and which are not, in words."""
    chosen = [policy for policy in policies if policy["chosen"]]
    others = [
        f"{p['head_end']} → {p['endpoint']} IPv{p['family']}: {p['source']}"
        for p in chosen
        if p["source"] != "configmap"
    ]
    said = "; ".join(others) or f"{len(chosen)} policies from ConfigMaps"
    return (True if chosen and not others else None), said
