"""Intents of a lab in its drawing: paths in colour, backups dashed, and sentences."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from testbed.errors import TestbedError
from testbed.lab.te.drawn import MOST, DrawnIntents, drawn_intents
from testbed.report.graph.drawing import graph_dot, graph_svg, graph_text
from testbed.report.graph.style import TE_PATHS
from tests.shipped_plans import shipped_plan
from tests.unit.lab.te.intents_in_lab import GOLD, PLAN, apply, on

__all__ = ["on"]

GUARDED = """apiVersion: testbed/v1
kind: Intent
metadata: {name: guarded}
spec: {from: worker1, to: worker2, family: IPv6, protect: true}
"""


@pytest.mark.usefixtures("on")
def test_a_lab_without_intents_has_nothing_to_draw() -> None:
    assert drawn_intents(PLAN, ()) == DrawnIntents()


def test_nor_has_a_lab_without_an_injector() -> None:
    plan = shipped_plan("grid")
    assert not plan.injectors and drawn_intents(plan, ()) == DrawnIntents()
    with pytest.raises(TestbedError, match="gold"):
        drawn_intents(plan, ("gold",))


@pytest.mark.usefixtures("on")
def test_each_intent_has_a_colour_its_waypoints_and_its_backup() -> None:
    apply(GOLD)
    apply(GUARDED)
    found = drawn_intents(PLAN, ())
    gold, guarded = found.highlights
    assert gold.label == "intent gold: worker1 → worker2"
    assert gold.waypoints == ("r7",) and not gold.backup
    assert ("r7", "r8") in gold.hops and ("r4", "r6") not in gold.hops
    assert guarded.backup and not set(guarded.backup) & set(guarded.hops) - {
        ("worker1", "r3"),
        ("r8", "worker2"),
    }
    svg = graph_svg(PLAN, found.highlights)
    dashed = [line for line in svg.splitlines() if TE_PATHS[1] in line and "dasharray" in line]
    assert len(dashed) == len(guarded.backup)
    assert not [x for x in svg.splitlines() if TE_PATHS[0] in x and "dasharray" in x]
    assert "; dashed: its backup" in svg
    dot = graph_dot(PLAN, found.highlights)
    assert dot.count("style=dashed") == len(guarded.backup)
    assert dot.count("style=bold") == len(gold.hops) + len(guarded.hops)


@pytest.mark.usefixtures("on")
def test_sentences_fit_a_terminal() -> None:
    apply(GUARDED)
    found = drawn_intents(PLAN, ())
    (sentence,) = found.sentences
    assert sentence.startswith("guarded: worker1 → worker2, IPv6: Satisfied, worker1 → r3")
    assert "; backup worker1 → r3" in sentence
    text = graph_text(PLAN, paths=found.sentences)
    assert max(map(len, text.splitlines())) <= 80
    assert "guarded: worker1 → worker2, IPv6" in text


@pytest.mark.usefixtures("on")
def test_the_first_are_drawn_or_those_that_are_named() -> None:
    pairs = list(product(permutations(("master", "worker1", "worker2"), 2), ("IPv4", "IPv6")))
    for number, ((source, target), family) in enumerate(pairs[: MOST + 2]):
        apply(
            f"apiVersion: testbed/v1\nkind: Intent\nmetadata: {{name: i{number}}}\n"
            f"spec: {{from: {source}, to: {target}, family: {family}}}\n"
        )
    assert drawn_intents(PLAN, ()).left_out == 2
    named = drawn_intents(PLAN, ("i6", "i6"))
    assert [one.label.split(":")[0] for one in named.highlights] == ["intent i6"]
    with pytest.raises(TestbedError, match="i9"):
        drawn_intents(PLAN, ("i9",))
