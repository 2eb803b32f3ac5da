"""RFC 9256 §2.9 decides among candidates, never the order of arrival."""

from itertools import permutations

from testbed.scenario import Check, Testbed, scenario

CANDIDATES = {
    "low": "priority-preference-50.yaml",
    "high": "priority-preference-200.yaml",
    "tie": "priority-preference-200-higher-discriminator.yaml",
}


@scenario(claims=["C5", "C8"])
def priority(testbed: Testbed, check: Check) -> None:
    """The highest preference wins, ties go to the higher discriminator, the invalid never win."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    for order in permutations(CANDIDATES):
        changes = [testbed.te.inject(CANDIDATES[name]) for name in order]
        chosen = testbed.te.chosen("worker1", "worker2", 4)
        check.that(chosen.distinguisher, f"discriminator chosen after {order}").equals(9)
        for change in changes:
            testbed.te.withdraw(change)
    testbed.te.inject(CANDIDATES["low"])
    testbed.te.inject("priority-invalid.yaml", force=True)
    chosen = testbed.te.chosen("worker1", "worker2", 4)
    check.that(chosen.preference, "preference beside an invalid candidate").equals(50)
    invalid = [p for p in testbed.nodes.status("worker1").policies if p.preference == 900]
    check.that([p.valid for p in invalid], "validity of the invalid candidate").equals([False])
    testbed.path(source, destination, family=4).uses_segments("r4")
