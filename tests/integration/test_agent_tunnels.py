"""Legacy overlays against the real kernel: pods of a VXLAN or IP-in-IP pool on two nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from testbed.agent.dataplane import overlay_devices
from testbed.agent.desired.overlays.registry import DEVICE_KINDS, TITLES
from tests.documents import Document
from tests.integration.agent_lab import MTU, Lab, ip
from tests.integration.programs import GOBGPD, needs_gobgpd

pytestmark = [pytest.mark.root, needs_gobgpd]
NODES = ("w1", "w2")
MODES = {"ipip": "ipipMode", "vxlan": "vxlanMode"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    assert GOBGPD is not None
    lab = Lab(tmp_path_factory.mktemp("lab"), GOBGPD)
    with lab.running(lambda status: _ways(status) == {"segments": 2}):
        yield lab


def _ways(status: Document) -> dict[str, int]:
    """How many remote prefixes are reached in which way; empty unless all is well."""
    if not status["ready"] or status["problems"]:
        return {}
    vias = [p["via"] for p in status["prefixes"] if p["via"] != "local"]
    return {via: vias.count(via) for via in vias}


@pytest.fixture(params=list(DEVICE_KINDS))
def pool(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A pool of that kind, from which new pods take their IPv4 addresses."""
    kind: str = request.param
    words = lab.status("w1")["overlays"]
    if kind not in words:
        pytest.skip(f"this kernel has no {TITLES[kind]} (modprobe {kind})")
    pools = (lab.api / "pools.yaml").read_text()
    lab.put("pools.yaml", pools.replace("natOutgoing: true", "natOutgoing: true, disabled: true"))
    spec = {"cidr": "172.20.0.0/16", MODES[kind]: "Always"}
    lab.put("legacy.json", json.dumps({"kind": "IPPool", "metadata": {"name": "l"}, "spec": spec}))
    try:
        for name in NODES:
            lab.wait(name, f"the {kind} pool on {name}", lambda s: _ways(s).get(kind) == 1)
        yield kind
    finally:
        (lab.api / "legacy.json").unlink()
        lab.put("pools.yaml", pools)
    for name in NODES:
        lab.wait(name, f"the end of the {kind} pool on {name}", lambda s: kind not in _ways(s))
        left = lab.attempt(name, "ip", "link", "show", DEVICE_KINDS[kind].interface)
        assert left.returncode, left.stdout


def repaired(pool: str, before: int) -> Callable[[Document], bool]:
    """The agent has decided anew since generation `before`, and the pool has its one way."""
    return lambda status: status["generation"] > before and _ways(status).get(pool) == 1


def test_pods_talk_a_repaired_device_included(lab: Lab, pool: str) -> None:
    one, other = lab.pod("w1", f"{pool}1"), lab.pod("w2", f"{pool}2")
    try:
        assert one[4].startswith("172.20.") and other[4].startswith("172.20.")
        assert lab.ping(f"{pool}1", other[4], "-M", "do", "-s", str(MTU - 96 - 28)).returncode == 0
        assert lab.ping(f"{pool}1", other[6]).returncode == 0  # by SRv6
        for damage in (
            ("ip", "link", "del", DEVICE_KINDS[pool].interface),
            ("ip", "link", "set", "dev", DEVICE_KINDS[pool].interface, "down"),
        ):
            before = lab.status("w1")["generation"]
            done = lab.attempt("w1", *damage)
            assert done.returncode == 0, done.stderr
            lab.wait(
                "w1",
                f"the repair after {' '.join(damage)}",
                repaired(pool, before),
            )
            assert lab.ping(f"{pool}1", other[4]).returncode == 0
    finally:
        for name, pod in zip(NODES, (f"{pool}1", f"{pool}2"), strict=True):
            lab.cni("DEL", name, pod)


def test_a_trial_leaves_no_device_behind() -> None:
    before = ip("-o", "link")
    assert overlay_devices.possible() <= set(DEVICE_KINDS)
    assert ip("-o", "link") == before
