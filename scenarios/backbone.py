"""IS-IS computes what the plan demands."""

from itertools import combinations

from testbed.lab.verify import backbone_problems
from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C11"], topology="backbone")
def backbone(testbed: Testbed, check: Check) -> None:
    """Every router holds every demanded prefix over exactly the right set of next hops."""
    check.that(backbone_problems(testbed.plan), "differences from the plan's SPF").is_empty()
    for source, destination in combinations(["h11", "h51", "h81", "hdc2"], 2):
        testbed.path(source, destination, family=6).is_plain()
