"""A remembered result is given for equal arguments, and for no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.remembered import remember_last
from testbed.bgp.model import ReceivedPath
from testbed.srpolicy.model import Behavior, Candidate, Segment, SegmentList
from tests.unit.agent.decision_inputs import MODE, PATHS, SID4, W2, api, config


def test_only_the_last_call_is_remembered() -> None:
    calls: list[object] = []

    @remember_last
    def double(value: tuple[int, ...], more: int = 0) -> int:
        calls.append((value, more))
        return 2 * sum(value) + more

    assert [double((1, 2)), double((1, 2)), double((3,)), double((1, 2))] == [6, 6, 6, 6]
    assert double((1, 2), more=1) == 7
    assert calls == [((1, 2), 0), ((3,), 0), ((1, 2), 0), ((1, 2), 1)]


@given(st.lists(st.tuples(PATHS, st.booleans(), st.sampled_from([1, 3])), min_size=1, max_size=4))
def test_what_was_decided_before_does_not_matter(
    steps: list[tuple[list[ReceivedPath], bool, int]],
) -> None:
    """The last of several decisions is the one that is made of these inputs alone."""
    made = [
        Inputs(config(max_segments=most), objects=api(*([MODE] if by_map else [])), paths=tuple(p))
        for p, by_map, most in steps
    ]
    for inputs in made:
        decide(inputs)
    last = decide(made[-1])
    decide(Inputs(config(node="worker7"), objects=api()))
    fresh = decide(made[-1])
    assert fresh == last and node_status(made[-1], fresh) == node_status(made[-1], last)


def test_equal_candidates_have_equal_hashes() -> None:
    ways = (Segment(SID4, 19), Segment(SID4, Behavior.END_DT4))
    one, other = (Candidate(W2, (SegmentList((way,)),)) for way in ways)
    assert one == other and len({one, other}) == 1
