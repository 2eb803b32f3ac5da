"""Lint before applying and the head end's own validity must not contradict each other."""

from __future__ import annotations

from ipaddress import IPv6Address

from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.plan.model import Plan
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import Candidate, Segment, SegmentList
from testbed.srpolicy.validity import problems
from testbed.te.explain import explain_all, explain_text
from testbed.te.lint.findings import errors
from testbed.te.lint.policies import lint_policies

KNOWN = [
    "fcff:6::1", "fcff:8::1", "fcf0:0:4:6::2", "fd00:0:31::2", "fd11::1000", "fd12::1000",
    "fcdd::11aa:c11:b42f:f17e:a682", "fcdd::11aa:c11:b42f:f17e:a683",
    "fcdd::12aa:d460:b250:45:b04", "fcdd::12aa:d460:b250:45:b05", "fcdd:0:0:12aa::9",
    "cafe::4", "cafe::5", "::", "::1", "ff02::1", "fe80::1",
]  # fmt: skip
addresses = st.sampled_from(KNOWN).map(IPv6Address) | st.ip_addresses(v=6)
behaviors = st.sampled_from([None, 0, 18, 19, 65535])
segments = st.builds(Segment, addresses, behaviors)
lists = st.builds(
    SegmentList, st.lists(segments, max_size=5).map(tuple), st.integers(min_value=0, max_value=9)
)
candidates = st.builds(
    Candidate,
    endpoint=addresses,
    segment_lists=st.lists(lists, max_size=3).map(tuple),
    binding_sid=st.none() | addresses,
    head_ends=st.lists(st.sampled_from(["master", "worker1", "r3", "who"]), max_size=2).map(tuple),
)


def announced(plan: Plan) -> dict[IPv6Address, dict[IPv6Address, int]]:
    return {
        plan.address_v6(n.name): {n.cluster.local_sids.dt4: 4, n.cluster.local_sids.dt6: 6}
        for n in plan.cluster
        if n.cluster
    }


@settings(deadline=None, max_examples=300)
@given(candidate=candidates)
def test_what_lint_passes_the_head_end_takes(full: Plan, candidate: Candidate) -> None:
    change = PolicyChange(candidate.key, candidate, "f.yaml", Lines(1, 1), "x")
    findings = lint_policies(full, [change])
    if not errors(findings):
        assert problems(candidate, announced(full), full.max_segments) == []
    for explanation in explain_all(full, candidate):
        assert explain_text(explanation)
