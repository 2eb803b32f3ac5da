"""A thousand policies and a thousand prefixes."""

from collections.abc import Iterator
from itertools import permutations
from time import monotonic

from testbed.scenario import Check, Testbed, scenario
from testbed.scenario.api.scale import percentile
from testbed.srpolicy.files.change import PolicyChange

NODES = 23  # each with a policy to each other, in both families: 1,012
PREFIXES = 22  # of each node and family: 1,012
PATIENCE = 300.0  # seconds until one more is in use, on a machine with other work
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: {name}}}
spec:
  endpoint: {endpoint}
  color: {color}
  family: IPv{family}
  headEnds: [{head_end}]
  candidates:
    - preference: {preference}
      segmentLists: [{{segments: [{segments}]}}]
"""


@scenario(claims=["C5", "C8"], topology="star", params={"nodes": str(NODES)}, long=True)
def scale_policies(testbed: Testbed, check: Check, rounds: int = 10) -> None:
    """1,012 policies steer 1,012 prefixes; each is chosen, one more follows, and all go again."""
    names = [node.name for node in testbed.nodes()]
    source, destination = testbed.pod(names[0]), testbed.pod(names[-1])
    before = {name: testbed.nodes.routes(name) for name in names}
    alone = testbed.usage.agents()
    prefixes = {name: testbed.prefixes.of_node(name, PREFIXES) for name in names}
    begun = monotonic()
    testbed.prefixes.announce(prefixes)
    check.figure("1,012 prefixes are steered on all nodes after (s)", seconds_since(begun))
    many = testbed.evidence / "many.yaml"
    many.write_text("---\n".join(policies(names)))
    begun = monotonic()
    changes = testbed.te.inject_many(many)
    check.figure("1,012 policies are in use on all nodes after (s)", seconds_since(begun), 5)
    cpu = testbed.usage.agents().cpu - alone.cpu
    check.figure("CPU time of all agents until then (s)", round(cpu, 1))
    chosen = sum(testbed.te.chosen_count("bgp").values())
    check.that(chosen, "policies of BGP that are chosen").equals(len(changes))
    for family in (4, 6):
        testbed.path(source, destination, family).uses_segments("r2")
        testbed.path(destination, source, family).uses_segments("r2")
    one_more(testbed, check, names, rounds)
    now = testbed.usage.agents()
    check.figure("an agent's memory before (MiB)", alone.memory)
    check.figure("an agent's memory with all (MiB)", now.memory, 120)
    check.figure(
        f"CPU time of all agents, {rounds} more included (s)", round(now.cpu - alone.cpu, 1)
    )
    begun = monotonic()
    testbed.te.withdraw_many(changes)
    testbed.prefixes.withdraw(prefixes)
    check.figure("all are gone after (s)", seconds_since(begun))
    for family in (4, 6):
        testbed.path(source, destination, family).is_best_effort()
    after = {name: testbed.nodes.routes(name) for name in names}
    check.that([n for n in names if after[n] != before[n]], "nodes with other routes").is_empty()


def one_more(testbed: Testbed, check: Check, names: list[str], rounds: int) -> None:
    """Another policy of the first node to the last, again and again: each in use in turn."""
    file, times = testbed.evidence / "one-more.yaml", list[float]()
    changes: list[PolicyChange] = []
    for number in range(rounds):
        by = ("r1", "r2") if number % 2 == 0 else ("r2", "r1")
        file.write_text(policy("one-more", names[0], names[-1], 4, 5000, 200, by))
        begun = monotonic()
        changes = testbed.te.inject(file, patience=PATIENCE)
        times.append(round(1000 * (monotonic() - begun), 1))
        seen = testbed.te.first_segment(names[0], names[-1], 4)
        wanted = str(testbed.plan.node(by[0]).loopback_v6)
        check.that(seen, f"first segment of {names[0]} to {names[-1]}").equals(wanted)
    testbed.te.withdraw(changes)
    check.figure("one more policy is in use after (ms)", times)
    check.figure(f"one more policy, p95 of {rounds} (ms)", percentile(times, 95), 100)


def policies(names: list[str]) -> Iterator[str]:
    """By r2, from each to each other, in both families."""
    for number, (head_end, endpoint) in enumerate(permutations(names, 2)):
        for family in (4, 6):
            name = f"{head_end}-{endpoint}-ipv{family}"
            color = 10000 + 10 * number + family
            yield policy(name, head_end, endpoint, family, color, 100, ("r2",))


def policy(
    name: str,
    head_end: str,
    endpoint: str,
    family: int,
    color: int,
    preference: int,
    by: tuple[str, ...],
) -> str:
    """The text of one."""
    return POLICY.format(
        name=name,
        head_end=head_end,
        endpoint=endpoint,
        family=family,
        color=color,
        preference=preference,
        segments=", ".join([*by, endpoint]),
    )


def seconds_since(begun: float) -> float:
    """For a figure."""
    return round(monotonic() - begun, 2)
