"""A cluster that grows from three nodes to twenty."""

from time import monotonic

from testbed.scenario import Check, Testbed, scenario
from testbed.scenario.api.scale import in_a_ring

PROVED = 3  # pairs whose path is proved, at each size
SIZES = (3, 5, 10, 15, 20)


@scenario(claims=["C2", "C4"], topology="star", params={"nodes": "20", "present": "3"}, long=True)
def scale_nodes(testbed: Testbed, check: Check) -> None:
    """Three nodes grow to twenty; at each of five sizes each node's pod reaches the next one's."""
    members = [node.name for node in testbed.nodes()]
    check.that(len(members), "nodes before").equals(SIZES[0])
    alone = testbed.usage.programs()
    for before, size in zip((SIZES[0], *SIZES), SIZES, strict=False):
        new = [node.name for node in testbed.plan.cluster[before:size]]
        begun = monotonic()
        if new:
            testbed.nodes.join(*new)
            joined = round(monotonic() - begun, 2)
            check.figure(f"seconds until {len(new)} more nodes had joined, {size} nodes", joined)
        every_node_reaches_the_next(testbed, check, size)
        programs = testbed.usage.programs()
        check.figure(f"memory of the lab's programs, {size} nodes (MiB)", programs)
        check.figure(f"an agent's memory, {size} nodes (MiB)", testbed.usage.agents().memory)
    grown = SIZES[-1] - SIZES[0]
    check.figure("memory per node (MiB)", round((testbed.usage.programs() - alone) / grown, 1))


def every_node_reaches_the_next(testbed: Testbed, check: Check, size: int) -> None:
    """Each node has a policy to each other; its pod reaches the next one's, some by proof."""
    names = [node.name for node in testbed.nodes()]
    check.that(len(names), "nodes").equals(size)
    chosen = set(testbed.te.chosen_count("best-effort").values())
    check.that(chosen, f"policies of each of {size} nodes to the others").equals({2 * (size - 1)})
    pairs = in_a_ring([testbed.pod(name) for name in names])
    for family in (4, 6):
        silent = [a.name for a, b in pairs if not testbed.pods.round_trips(a, b, family, 1)]
        check.that(silent, f"pods of {size} nodes that do not reach the next").is_empty()
        for source, destination in pairs[-PROVED:]:  # of those that joined last, the last to master
            testbed.path(source, destination, family).is_best_effort()
