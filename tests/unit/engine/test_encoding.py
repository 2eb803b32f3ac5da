"""Lists of intents are compressed into micro SIDs where that is wanted (RFC 9800)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.engine.decide.decide import decide
from testbed.engine.decide.policies import policies_of
from testbed.engine.decide.setting import setting_of
from testbed.engine.from_plan import network_of
from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.model import Intent, Resources
from testbed.engine.intents.read import read_intents
from testbed.plan.model import LocalSids, Plan
from testbed.srpolicy.model import SegmentList
from tests.shipped_plans import shipped_plan

# Four segments, of which one is an adjacency; three SIDs fit into the packets of the topology.
LONG = Resources(links=frozenset({"r1-r2", "r2-r7", "r4-r5"}))
ALONG = Resources(links=frozenset({"r2-r7"}))


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full", encoding="usid")


def intent(**more: object) -> Intent:
    return replace(Intent("one", ("worker1",), ("worker2",), (4,)), **more)  # type: ignore[arg-type]


def lists_of(
    plan: Plan, one: Intent, sids: dict[str, LocalSids] | None = None
) -> list[SegmentList]:
    found = decide([one], network_of(plan), setting_of(plan))
    now = {node.name: node.cluster.local_sids for node in plan.cluster if node.cluster}
    changes = policies_of(plan, found.decided, {"one": 7}, sids or now)
    return [change.candidate.segment_lists[0] for change in changes if change.candidate]


def sids_of(plan: Plan, one: Intent) -> list[str]:
    (found,) = lists_of(plan, one)
    assert found.family == 4
    return [str(sid) for sid in found.sids]


def test_the_plans_encoding_is_that_of_an_intent_that_names_none(full: Plan) -> None:
    assert sids_of(full, intent(require=ALONG)) == ["5f00:70:e034::"]
    assert sids_of(full, intent(require=ALONG, encoding="usid")) == ["5f00:70:e034::"]
    assert sids_of(full, intent(require=ALONG, encoding="srh")) == ["fcff:7::1", "5f00:e034::"]
    assert sids_of(shipped_plan("full"), intent(require=ALONG))[0] == "fcff:7::1"


def test_without_a_waypoint_it_is_the_endpoints_sid_alone(full: Plan) -> None:
    assert sids_of(full, intent()) in (["5f00:e034::"], ["5f00:40:e034::"])


def test_the_topologys_limit_is_one_of_addresses(full: Plan) -> None:
    long = intent(require=LONG)
    assert sids_of(full, long) == ["5f00:10:60:42:e034::"]
    assert sids_of(full, replace(long, max_segments=1)) == ["5f00:10:60:42:e034::"]
    assert not lists_of(full, replace(long, encoding="srh"))


def test_a_sid_of_the_endpoint_that_is_no_micro_sid_is_an_address_of_its_own(full: Plan) -> None:
    sids = shipped_plan("full").node("worker2").cluster
    assert sids is not None
    (found,) = lists_of(full, intent(require=ALONG), {"worker2": sids.local_sids})
    assert [str(sid) for sid in found.sids] == ["5f00:70::", str(sids.local_sids.dt4)]


def test_a_micro_sid_does_what_another_sid_does(full: Plan) -> None:
    for port, _ in full.adjacencies.values():
        assert port.micro_sid is not None
        assert full.same_in_full[port.micro_sid] == port.end_x
    for router in full.routers:
        assert router.micro_sid is not None
        assert full.same_in_full[router.micro_sid] == router.loopback_v6


@pytest.mark.parametrize(("encoding", "refused"), [("usid", False), ("srh", True)])
def test_an_intent_is_refused_where_routers_have_none(encoding: str, refused: bool) -> None:
    text = (
        "apiVersion: testbed/v1\nkind: Intent\nmetadata: {name: one}\n"
        "spec: {from: worker1, to: worker2, encoding: usid}\n"
    )
    written, _ = read_intents(text, "one.yaml")
    found = lint_intents(shipped_plan("full", encoding=encoding), written)
    assert [f.what for f in found if "micro" in f.what] == (
        ["routers have no micro SIDs (RFC 9800): full has encoding srh"] if refused else []
    )
