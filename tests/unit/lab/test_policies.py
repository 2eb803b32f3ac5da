"""An edited policy file: what it no longer has is withdrawn, by name."""

from testbed.lab.policies import InjectedPolicy, left_out
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.load import load_policies
from testbed.te.resolve import resolver
from tests.paper_plan import paper_plan

FILE = """
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: spread}
spec:
  endpoint: worker2
  color: COLOR
  family: IPv6
  candidates:
    - segmentLists: [{segments: [r6, worker2]}]
"""
SECOND = "    - segmentLists: [{segments: [r7, worker2]}]\n"


def changes(color: int, second: bool = False) -> list[PolicyChange]:
    plan: Plan = paper_plan()
    text = FILE.replace("COLOR", str(color)) + (SECOND if second else "")
    return load_policies(text, "p.yaml", resolver(plan))


def injected(applied: list[PolicyChange]) -> list[InjectedPolicy]:
    return [
        InjectedPolicy(c.name, c.policy.distinguisher, c.policy.color, str(c.policy.endpoint), "p")
        for c in applied
    ]


def test_a_candidate_taken_out_of_a_file_is_left_out() -> None:
    before = changes(20, second=True)
    assert left_out(injected(before), changes(20)) == [before[1].policy]


def test_another_colour_leaves_the_earlier_one_out() -> None:
    before = changes(20)
    assert left_out(injected(before), changes(21)) == [before[0].policy]


def test_the_same_file_again_and_other_names_leave_nothing_out() -> None:
    before = changes(20, second=True)
    assert left_out(injected(before), before) == []
    others = [InjectedPolicy("other", 1, 30, "fd12::1000", "q")]
    assert left_out(others, before) == []
