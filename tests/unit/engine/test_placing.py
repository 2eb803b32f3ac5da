"""Intents with a bandwidth are placed together, and stay where they are unless it is worth it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.engine.compute.spf import Routing
from testbed.engine.decide import placing
from testbed.engine.decide.decide import Decided, Decision, Memory, decide, standing_of
from testbed.engine.decide.placing import STEP
from testbed.engine.decide.setting import Setting
from testbed.engine.decide.what_if import with_down
from testbed.engine.intents.model import Intent, Resources
from testbed.engine.network import Network, key_of
from testbed.engine.segments.expand import expand
from tests.engine_networks import both_ways, network, networks

ENDS = ("a", "b", "c", "d")


def intent(name: str, mbit: float, source: str = "a", target: str = "b", **more: object) -> Intent:
    one = Intent(name, (source,), (target,), families=(4,), bandwidth_mbit=mbit)
    return replace(one, **more)  # type: ignore[arg-type]


def setting_for(net: Network, ends: tuple[str, ...] = ENDS, most: int = 3) -> Setting:
    names = {a.link: a.link for a in net.adjacencies}
    places = {name: place for place, name in enumerate(ends)}
    return Setting(places, (4, 6), net.nodes - set(ends), names, most)


def fish(upper: float = 100, lower: float = 100, more: float = 100) -> Network:
    """a and c on r1, b and d on r3; ways of metric 20 by r2, 30 by r4, 40 by r5."""
    ways = (("r2", 10, upper), ("r4", 15, lower), ("r5", 20, more))
    return network(
        *(both_ways(x, y) for x, y in (("a", "r1"), ("c", "r1"), ("r3", "b"), ("r3", "d"))),
        *(both_ways("r1", r, metric, capacity_mbit=mbit) for r, metric, mbit in ways),
        *(both_ways(r, "r3", metric, capacity_mbit=mbit) for r, metric, mbit in ways),
    )


def placed(
    net: Network,
    *intents: Intent,
    after: Decision | None = None,
    most: int = 3,
    quick: bool = False,
) -> Decision:
    standing = standing_of(after.decided) if after else {}
    return decide(intents, net, setting_for(net, most=most), standing, quick=quick)


def ways(decision: Decision) -> dict[str, str]:
    """By intent, the router of its way; - for none."""
    return {
        one.ask.intent.name: one.primary.nodes[2] if one.primary else "-"
        for one in decision.decided
    }


def utilisation(net: Network, decision: Decision) -> float:
    capacities = {(a.tail, a.head, a.link): a.capacity_mbit for a in net.adjacencies}
    used = (mbit / capacity for key, mbit in decision.load.items() if (capacity := capacities[key]))
    return max(used, default=0.0)


def reasons(decision: Decision) -> dict[str, str]:
    return {one.ask.intent.name: f"{one.status}: {one.reason}" for one in decision.decided}


def test_intents_are_placed_together_where_one_after_the_other_finds_no_place() -> None:
    """The largest first on the best path that has room: 40 by r2, 30 by r4, and no way for 30."""
    net = fish(upper=60, lower=40, more=10)
    found = placed(net, intent("x", 40), intent("y", 30, "c", "d"), intent("z", 30, "a", "d"))
    assert ways(found) == {"x": "r4", "y": "r2", "z": "r2"}
    assert {one.status for one in found.decided} == {"Satisfied"}


def test_nobody_moves_for_little() -> None:
    """By r4 beside r2 the fullest link would be at 2 %, not at 4 %."""
    found = placed(fish(), intent("x", 2), intent("y", 2, "c", "d"))
    assert ways(found) == {"x": "r2", "y": "r2"}
    assert utilisation(fish(), found) == pytest.approx(0.04)


def test_as_few_move_as_can_be() -> None:
    found = placed(
        fish(), *(intent(name, 30, *ENDS[n : n + 2]) for n, name in ((0, "x"), (2, "y")))
    )
    assert sorted(ways(found).values()) == ["r2", "r4"]
    assert ways(found)["x"] == "r2"


def test_what_was_decided_is_decided_again_and_a_new_intent_moves_no_other() -> None:
    net = fish()
    first = placed(net, intent("m", 50), intent("n", 50, "c", "d"))
    assert ways(first) == {"m": "r2", "n": "r4"}
    assert placed(net, intent("m", 50), intent("n", 50, "c", "d"), after=first) == first
    # without what stands, `a` (the first of three equal ones by name) would have r2
    three = [intent("m", 50), intent("n", 50, "c", "d"), intent("a", 50, "a", "d")]
    assert ways(placed(net, *three))["a"] == "r2"
    assert ways(placed(net, *three, after=first)) == {"m": "r2", "n": "r4", "a": "r5"}


def test_after_a_mend_intents_return_to_the_cheaper_way() -> None:
    net, wanted = fish(), [intent("m", 50), intent("n", 40, "c", "d")]
    cut = placed(with_down(net, (), ("r1-r2",)), *wanted, after=placed(net, *wanted))
    assert set(ways(cut).values()) == {"r4", "r5"}
    assert set(ways(placed(net, *wanted, after=cut)).values()) == {"r2", "r4"}


def test_constraints_are_kept_to() -> None:
    away = Resources(nodes=frozenset({"r4"}))
    found = placed(fish(), intent("m", 60), intent("n", 60, "c", "d", avoid=away))
    assert ways(found) == {"m": "r2", "n": "r5"}
    short = placed(fish(), intent("m", 60), intent("n", 60, "c", "d", max_segments=1))
    assert ways(short) == {"m": "r4", "n": "r2"}
    through = Resources(nodes=frozenset({"r2"}))
    required = placed(fish(), intent("m", 60, require=through), intent("n", 60, "c", "d"))
    assert ways(required) == {"m": "r2", "n": "r4"}
    late = fish()
    slow = (replace(a, delay_us=9000) if "r4" in (a.tail, a.head) else a for a in late.adjacencies)
    late = replace(late, adjacencies=tuple(slow))
    quick = placed(late, intent("m", 60), intent("n", 60, "c", "d", max_delay_us=5000))
    assert ways(quick)["n"] in ("r2", "r5")


def test_over_subscription_names_links_and_leaves_out_the_fewest() -> None:
    net = fish(upper=100, lower=10, more=10)
    found = placed(net, intent("x", 80), intent("y", 30, "c", "d"), intent("z", 5, "a", "d"))
    assert (ways(found)["x"], ways(found)["y"]) == ("r2", "-")
    assert reasons(found)["z"] == "Satisfied: "
    said = reasons(found)["y"]
    assert said.startswith(
        "Unsatisfiable: no path from c to d with: capacity of at least 30 Mbit/s"
    )
    assert "r1 → r2 has 20 Mbit/s left" in said or "r1 → r2 has 15 Mbit/s left" in said
    assert utilisation(net, found) <= 1


def test_best_effort_comes_after_strict_and_says_what_is_too_full() -> None:
    net = fish(upper=100, lower=10, more=10)
    found = placed(net, intent("x", 90, strict=False), intent("y", 60, "c", "d"))
    assert reasons(found) == {
        "x": "Degraded: r1 → r2 has 150 of 100 Mbit/s; r2 → r3 has 150 of 100 Mbit/s",
        "y": "Satisfied: ",
    }


def test_what_stands_by_keeps_off_what_is_placed() -> None:
    found = placed(fish(), intent("x", 60, protect=True), intent("y", 60, "c", "d"))
    one = next(one for one in found.decided if one.ask.intent.name == "x")
    assert one.backup is not None
    assert {one.primary.nodes[2] if one.primary else "", one.backup.nodes[2]} == {"r2", "r5"}
    assert one.status == "Satisfied"


def test_a_demand_of_more_than_a_link_divides_over_equal_paths() -> None:
    even = network(
        *(both_ways(x, y) for x, y in (("a", "r1"), ("r3", "b"))),
        *(both_ways("r1", r, capacity_mbit=10) for r in ("r2", "r4")),
        *(both_ways(r, "r3", capacity_mbit=10) for r in ("r2", "r4")),
    )
    (one,) = decide([intent("x", 16)], even, setting_for(even, ("a", "b"))).decided
    assert one.status == "Satisfied"
    assert {a.head for a in one.primary.adjacencies} == {"r1", "r2", "r4", "r3", "b"}  # type: ignore[union-attr]


@settings(max_examples=25, deadline=None)
@given(networks(most=6), st.data())
def test_decided_again_nothing_changes_and_lists_are_what_packets_do(
    net: Network, data: st.DataObject
) -> None:
    routing = Routing(net)
    pairs = [
        (a, b)
        for a, b in product(routing.nodes, routing.nodes)
        if a != b and routing.distance(a, b) is not None
    ]
    picked = data.draw(st.lists(st.sampled_from(pairs), max_size=5, unique=True))
    intents = [
        intent(
            f"i{number}",
            data.draw(st.sampled_from((1, 5, 8, 20))),
            source,
            target,
            strict=data.draw(st.booleans()),
        )
        for number, (source, target) in enumerate(picked)
    ]
    setting, memory = setting_for(net, routing.nodes), Memory()
    decide(intents[1:], net, setting, memory=memory)
    first = decide(intents, net, setting, memory=memory)
    assert first == decide(intents, net, setting), "what is remembered changes nothing"
    again = decide(list(reversed(intents)), net, setting, standing_of(first.decided))
    assert again == first
    for one in first.decided:
        assert one.primary is not None or one.ask.intent.strict
        if one.primary is not None:
            _judge(routing, one)
    strict = [one for one in first.decided if one.ask.intent.strict]
    if len(strict) == len(first.decided):
        assert utilisation(net, first) <= 1 + 1e-6


@settings(max_examples=40, deadline=None)
@given(networks(most=6), st.data())
def test_what_is_decided_quickly_changes_nothing_in_the_end(
    net: Network, data: st.DataObject
) -> None:
    """From any standing, whether all has room or not; also on a network that was changed."""
    routing = Routing(net)
    pairs = list(permutations(routing.nodes, 2))
    picked = data.draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=6, unique=True))
    mbits = [data.draw(st.sampled_from((1, 3, 8))) for _ in picked]
    intents = [
        intent(f"i{number}", mbit, *ends)
        for number, (ends, mbit) in enumerate(zip(picked, mbits, strict=True))
    ]
    setting = setting_for(net, routing.nodes)
    before = decide(intents[: data.draw(st.integers(0, len(intents)))], net, setting)
    links = sorted({a.link for a in net.adjacencies})
    now = with_down(net, (), data.draw(st.lists(st.sampled_from(links), max_size=1)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "_QUICK", 0)
        quick = decide(intents, now, setting, standing_of(before.decided), quick=True)
    in_the_end = decide(intents, now, setting, standing_of(quick.decided))
    assert in_the_end == decide(intents, now, setting, standing_of(before.decided))
    if any(one.placed for one in quick.decided):
        assert utilisation(now, quick) <= 1 + 1e-6
    for one in quick.decided:
        if one.primary is not None:
            _judge(in_the_end.routing, one)


def test_decided_quickly_only_what_is_new_or_has_lost_its_way_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "_QUICK", 0)
    net = fish()
    two = [intent("m", 30), intent("n", 30, "c", "d")]
    first = placed(net, *two)
    assert ways(first) == {"m": "r2", "n": "r4"}
    three = [*two, intent("a", 20, "a", "d")]
    assert ways(placed(net, *three, after=first, quick=True)) == {"m": "r2", "n": "r4", "a": "r5"}
    small = [*two, intent("a", 2, "a", "d")]
    assert ways(placed(net, *small, after=first, quick=True))["a"] == "r2", "its own way has room"
    cut = with_down(net, (), ("r1-r4",))
    assert ways(placed(cut, *two, after=first, quick=True)) == {"m": "r2", "n": "r5"}
    assert ways(placed(net, *two, quick=True)) == ways(first), "nothing stands yet"


def test_decided_quickly_all_are_placed_anew_where_there_is_no_room_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "_QUICK", 0)
    net = fish(upper=60, lower=40, more=10)
    first = placed(net, intent("y", 30, "c", "d"), intent("z", 30, "a", "d"))
    assert ways(first) == {"y": "r2", "z": "r4"}
    three = [intent("x", 40), intent("y", 30, "c", "d"), intent("z", 30, "a", "d")]
    assert ways(placed(net, *three, after=first, quick=True)) == {"x": "r4", "y": "r2", "z": "r2"}


def test_what_stands_is_not_left_out_where_no_better_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Moves of single demands do not find every placement that there is."""
    net = fish(upper=60, lower=40, more=10)
    three = [intent("x", 40), intent("y", 30, "c", "d"), intent("z", 30, "a", "d")]
    first = placed(net, *three)
    monkeypatch.setattr(placing, "fill", lambda filling, _: filling.start([None] * 3) + 2)
    assert placed(net, *three, after=first) == first


def _judge(routing: Routing, one: Decided) -> None:
    assert one.primary is not None
    found = expand(routing, one.ask.source, one.primary.segments)
    assert found.end == one.ask.target
    assert found.twice == ()
    assert set(map(key_of, found.adjacencies)) <= set(map(key_of, one.primary.adjacencies))


def test_the_step_is_what_docs_say() -> None:
    assert STEP == 0.05
