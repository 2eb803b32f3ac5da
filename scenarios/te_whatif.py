"""What the TE engine foretells of a failure, and what then happens."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from testbed.scenario import Check, Testbed, scenario

# One lab for all scenarios with these parameters. By delay the best path from r3 to r8 is by r5,
# the next best by r2-r7; by metric those by r4-r6 and by r2-r7, which share a duct.
NETWORK = {
    "delays": "1ms r4-r6:30ms r2-r7:20ms",
    "srlgs": "r4-r6:duct r2-r7:duct",
    "bandwidths": "20",
}
INTENTS = """\
apiVersion: testbed/v1
kind: Intent
metadata: {name: quick}
spec: {from: worker1, to: worker2, family: IPv4, optimise: delay}
---
apiVersion: testbed/v1
kind: Intent
metadata: {name: strict}
spec: {from: worker1, to: worker2, family: IPv6, avoid: {links: [r2-r7, r4-r6]}}
---
apiVersion: testbed/v1
kind: Intent
metadata: {name: lenient}
spec: {from: master, to: worker2, family: IPv6, avoid: {nodes: [r7]}, mode: best-effort}
---
apiVersion: testbed/v1
kind: Intent
metadata: {name: heavy}
spec: {from: master, to: worker2, family: IPv4, bandwidth: 12}
---
apiVersion: testbed/v1
kind: Intent
metadata: {name: back}
spec: {from: worker2, to: [master, worker1], family: IPv4, bandwidth: 12, mode: best-effort}
"""
State = dict[str, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Failure:
    """What `te whatif --down` is asked of, how that is done, and put right again."""

    down: str
    cut: Callable[[], None]
    mend: Callable[[], None]


@scenario(claims=["C14"], params=NETWORK)
def te_whatif(testbed: Testbed, check: Check) -> None:
    """Links and a router fail as `te whatif` was asked: every intent goes where it said."""
    testbed.keep("intents.yaml", INTENTS)
    testbed.te.apply_intents(testbed.evidence / "intents.yaml")
    links = testbed.links
    failures = [
        Failure(f"{a}-{b}", partial(links.cut, a, b), partial(links.mend, a, b))
        for a, b in (("r5", "r6"), ("r2", "r7"))
    ]
    router = Failure("r6", partial(links.cut_router, "r6"), partial(links.mend_router, "r6"))
    for failure in (*failures, router):
        compare(testbed, check, failure)


def compare(testbed: Testbed, check: Check, failure: Failure) -> None:
    """Ask, do, look, and put right again."""
    before, down = wait_settled(testbed), failure.down
    foretold = testbed.te.what_if(down=[down])
    testbed.keep(f"{down}.json", foretold.to_json())
    predicted = {
        key(move.intent, move.head_end, move.endpoint, move.family): (
            move.status,
            move.after_segments,
        )
        for move in foretold.moves
    }
    check.that(sorted(predicted), "the intents that it tells of").equals(sorted(before))
    check.that(predicted != before, f"whether it matters that {down} is down").equals(True)
    failure.cut()
    testbed.wait(
        f"the intents to be as foretold for {down}",
        lambda: planned(testbed) == predicted,
        lambda: f"{planned(testbed)}, foretold {predicted}",
    )
    check.that(wait_settled(testbed), f"every intent with {down} down").equals(predicted)
    loads = {f"{one.tail} {one.head}": one.after for one in foretold.loads if one.after}
    carried = {f"{one.tail} {one.head}": one.mbit for one in testbed.te.loads().links}
    check.that(carried, f"the load of links with {down} down").equals(loads)
    failure.mend()
    testbed.wait("the intents to be as before", lambda: planned(testbed) == before)


def key(intent: str, head_end: str, endpoint: str, family: int) -> str:
    """Names one intent's traffic."""
    return f"{intent} {head_end} {endpoint} {family}"


def planned(testbed: Testbed) -> State:
    """What the engine decides on the network as it is."""
    return {
        key(row.intent, row.head_end, row.endpoint, family): (row.status, row.segments)
        for row in testbed.te.intents()
        for family in row.families
    }


def wait_settled(testbed: Testbed) -> State:
    """Until every head end uses what the engine decides; what they use."""

    def settled() -> tuple[State | None, str]:
        wanted = planned(testbed)
        used = {name: (status, in_use(testbed, name)) for name, (status, _) in wanted.items()}
        return (used if used == wanted else None), f"{used}, decided {wanted}"

    return testbed.wait_for("every head end to use what is decided", settled, 30, 0.05)


def in_use(testbed: Testbed, name: str) -> tuple[str, ...]:
    """Names of the list that a head end uses for this traffic; none if that is best effort."""
    _, head_end, endpoint, family = name.split()
    waypoints = testbed.te.in_use(head_end, endpoint, int(family))
    return () if waypoints is None else (*waypoints, endpoint)
