"""By night: placement and a thousand intents on published topologies; prints figures of docs."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from dataclasses import replace
from time import process_time

import pytest

from testbed.engine.compute.placement import place
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.decide import Decision, Memory, decide, standing_of
from testbed.engine.decide.setting import Setting
from testbed.engine.decide.what_if import with_down
from testbed.engine.intents.model import Intent, Resources
from tests.published import published

INSTANCES = (
    *("abilene", "polska", "nobel-germany", "geant", "newyork", "janos-us", "norway", "cost266"),
    *("india35", "germany50", "ta2"),
)
FARTHEST = 1.1  # of the bound
MOST = 1000  # intents

pytestmark = pytest.mark.night


@pytest.mark.parametrize("name", INSTANCES)
def test_placement_of_an_instances_own_demands(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    network, demands = published(f"sndlib/{name}")
    begun = process_time()
    found = place(Routing(network), demands)
    took = process_time() - begun
    by_igp, placed = found.plain / found.bound, found.utilisation / found.bound
    size = f"{len(network.nodes)} | {len(network.adjacencies) // 2} | {len(demands)}"
    with capsys.disabled():
        print(f"\n| {name} | {size} | {by_igp:.2f} | {placed:.3f} | {took:.1f} |")
    assert 1 - 1e-6 <= placed <= min(FARTHEST, by_igp)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_a_thousand_intents(share: float, capsys: pytest.CaptureFixture[str]) -> None:
    """`share` of them with a bandwidth."""
    network, _ = published("topozoo/TataNld", 10_000.0)
    nodes = sorted(network.nodes)
    places = {name: place for place, name in enumerate(nodes)}
    links = sorted({a.link for a in network.adjacencies})
    setting = Setting(places, (4,), network.nodes, {name: name for name in links}, 6)
    intents = seeded(nodes, links, share)
    first, took = timed(lambda: decide(intents[:-1], network, setting))
    assert len(first.decided) == MOST
    stands = standing_of(first.decided)
    again, _ = timed(lambda: decide(intents[:-1], network, setting, stands))
    assert again == first
    memory = Memory()
    decide(intents[:-1], network, setting, stands, memory)
    quick, one_more = timed(lambda: decide(intents, network, setting, stands, memory, quick=True))
    assert len(quick.decided) == MOST + 1
    more, one_more_end = timed(lambda: decide(intents, network, setting, stands, memory))
    assert decide(intents, network, setting, standing_of(quick.decided), memory) == more
    taken = [a.link for one in first.decided if one.primary for a in one.primary.path]
    busiest = max(sorted(set(taken)), key=taken.count)
    cut = with_down(network, (), (busiest,))
    hurried, failure = timed(lambda: decide(intents[:-1], cut, setting, stands, quick=True))
    after, failure_end = timed(lambda: decide(intents[:-1], cut, setting, stands))
    assert decide(intents[:-1], cut, setting, standing_of(hurried.decided)) == after
    with capsys.disabled():
        print(
            f"\n| {share:.0%} | {took:.2f} | {failure:.2f} | {count_moved(first, hurried)}"
            f" | {failure_end:.2f} | {count_moved(first, after)}"
            f" | {one_more:.3f} | {one_more_end:.2f} | {count_moved(first, more)} |"
        )
    assert count_moved(first, quick) == 0
    assert count_moved(first, more) <= MOST // 10


def seeded(nodes: list[str], links: list[str], share: float) -> list[Intent]:
    """One more than a thousand, between different pairs."""
    pick = random.Random(14)
    pairs = [(a, b) for a in nodes for b in nodes if a != b]
    found = []
    for number, (source, target) in enumerate(pick.sample(pairs, MOST + 1)):
        one = Intent(f"i{number}", (source,), (target,), families=(4,))
        kind = pick.choice(("igp", "delay", "hops", "avoid"))
        if kind == "avoid":
            one = replace(one, avoid=Resources(links=frozenset(pick.sample(links, 2))))
        elif kind == "delay":
            one = replace(one, optimise="delay")
        elif kind == "hops":
            one = replace(one, optimise="hops")
        if pick.random() < share:
            one = replace(one, bandwidth_mbit=float(pick.choice((10, 20, 50))))
        found.append(replace(one, strict=False))
    return found


def timed(action: Callable[[], Decision]) -> tuple[Decision, float]:
    """What it gives, and its CPU time in seconds."""
    gc.collect()  # what others left behind is not its work
    begun = process_time()
    return action(), process_time() - begun


def count_moved(one: Decision, other: Decision) -> int:
    """Intents with other segment lists."""
    before, after = standing_of(one.decided), standing_of(other.decided)
    return sum(after.get(key) != waypoints for key, waypoints in before.items())
