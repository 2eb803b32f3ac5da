"""Charts show their values where they are, and nothing of them is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest

from testbed.report.figures.axis import axis
from testbed.report.figures.bars import Bar, Group, grouped_bars
from testbed.report.figures.cdf import cdf
from testbed.report.figures.forest import Row, forest
from testbed.report.figures.keys import shortened
from testbed.report.figures.palette import DARK, OVERLAYS, SHADES, WIDTH
from testbed.report.figures.path_map import PROVED, Way, path_map
from testbed.report.figures.waterfall import Step, waterfall
from testbed.report.graph.scene import Box, Circle, Line, Scene, Text, text_width
from testbed.report.graph.style import DOWN
from tests.paper_plan import paper_plan


def boxes(scene: Scene, colour: str) -> list[Box]:
    return [s for s in scene.shapes if isinstance(s, Box) and s.fill == colour and s.width > 9]


def texts(scene: Scene) -> list[str]:
    return [s.text for s in scene.shapes if isinstance(s, Text)]


def reach(scene: Scene) -> tuple[float, float]:
    """The leftmost and the rightmost pixel of any text."""
    ends = []
    for shape in scene.shapes:
        if isinstance(shape, Text) and not shape.turn:
            width = text_width(shape.text, shape.size) * 0.9  # it is rounded up
            left = shape.at[0] - width * {"start": 0, "middle": 0.5, "end": 1}[shape.anchor]
            ends += [left, left + width]
    return min(ends), max(ends)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 12.1, ["0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 0.0011, ["0.00000", "0.00025", "0.00050", "0.00075", "0.00100", "0.00125"]),
        (0, 2400, ["0", "500", "1000", "1500", "2000", "2500"]),
        (0, 0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.83, 1.05, ["0.80", "0.85", "0.90", "0.95", "1.00", "1.05"]),
    ],
)
def test_ticks_are_round_and_told_apart(low: float, high: float, labels: list[str]) -> None:
    scale = axis(low, high, 0, 100)
    assert [scale.label(tick) for tick in scale.ticks] == labels
    assert scale.low <= low and scale.high >= high - 1e-9


def test_bars_are_as_high_as_their_values() -> None:
    groups = [
        Group(("pod→pod", "IPv4"), (Bar("vxlan", 12, 11, 13), Bar("srv6", 6))),
        Group(("pod→Service", "IPv6"), (Bar("srv6", 3),)),
    ]
    scene = grouped_bars("title", "Gbit/s", groups, OVERLAYS)
    (vxlan,), srv6 = boxes(scene, OVERLAYS["vxlan"].colour), boxes(scene, OVERLAYS["srv6"].colour)
    assert [round(vxlan.height / bar.height, 6) for bar in srv6] == [2, 4]
    assert {"VXLAN", "SRv6", "pod→pod", "IPv6", "Gbit/s"} <= set(texts(scene))
    assert "routed" not in texts(scene)
    middle = vxlan.x + vxlan.width / 2
    whisker = next(
        s for s in scene.shapes
        if isinstance(s, Line) and s.points[0][0] == s.points[1][0] == pytest.approx(middle)
    )  # fmt: skip
    heights = [vxlan.y + vxlan.height - y for _, y in whisker.points]
    assert [h / vxlan.height for h in heights] == pytest.approx([11 / 12, 13 / 12])


def test_a_paper_column_holds_four_groups_of_seven_bars() -> None:
    bars = tuple(Bar(name, 1 + number) for number, name in enumerate(OVERLAYS))
    groups = [Group(("pod→Service", f"IPv{n}"), bars) for n in range(4)]
    scene = grouped_bars("title", "Gbit/s", groups, OVERLAYS)
    assert scene.width <= WIDTH + 1
    left, right = reach(scene)
    assert left >= 0 and right <= scene.width


def test_a_distribution_steps_at_each_of_its_values() -> None:
    scene = cdf("title", "s", {"link-failure": [3.0, 1.0, 2.0, 4.0]})
    (line,) = [s for s in scene.shapes if isinstance(s, Line) and s.width == 1.8]
    rises = [a for a, b in pairwise(line.points) if a[0] == b[0]]
    assert len(rises) == 4
    steps = [b[0] - a[0] for a, b in pairwise(rises)]
    assert steps == pytest.approx([steps[0]] * 3)
    assert "link-failure (n = 4)" in texts(scene)


def test_a_waterfall_says_what_each_step_costs() -> None:
    steps = [
        Step("veth pair", "#111111", 20.0, cost=0.3),
        Step("no overlay", "#222222", 15.0, 20.0),
        Step("SRv6, 1 seg.", "#333333", 12.0, 15.0, 0.6),
    ]
    scene = waterfall("title", "Gbit/s", "s/GB", steps)
    assert {"20", "15 (−25.0 %)", "12 (−20.0 %)", "0.3", "0.6", "–"} <= set(texts(scene))
    widths = [boxes(scene, step.colour)[0].width for step in steps]
    assert [w / widths[0] for w in widths] == pytest.approx([1, 0.75, 0.6])
    dashed = [s for s in scene.shapes if isinstance(s, Line) and s.dashed]
    assert len(dashed) == 2
    assert scene.width <= WIDTH
    assert "0.3" not in texts(waterfall("title", "Gbit/s", "s/GB", [steps[1], steps[1]]))


def test_ratios_lie_on_one_scale_with_the_band() -> None:
    rows = [Row("SRv6 / VXLAN", "#111111", 1.0, 0.9, 1.1, "pod→pod"), Row("b", "#222222", 0.95)]
    scene = forest("title", "ratio", rows, 0.05)
    one, edge = (c.centre[0] for c in scene.shapes if isinstance(c, Circle))
    band = next(s for s in scene.shapes if isinstance(s, Box))
    assert band.x == pytest.approx(edge)
    assert band.x < one < band.x + band.width
    assert {"pod→pod", "SRv6 / VXLAN", "b"} <= set(texts(scene))


def test_an_interval_that_is_far_too_wide_ends_in_an_arrow() -> None:
    rows = [Row("a", "#111111", 1.0, 0.9, 1.1), Row("b", "#222222", 1.2, 0.1, 38.0)]
    scene = forest("title", "ratio", rows, 0.05)
    arrows = [s.colour for s in scene.shapes if isinstance(s, Line) and s.arrow]
    assert arrows == ["#222222"]
    assert "40" not in texts(scene)


def test_a_map_has_the_way_its_waypoints_and_where_it_was_lost() -> None:
    way = Way(("t1-worker1", "worker1", "r3", "r2", "r7"), ("r7",), delivered=False)
    scene = path_map("title", paper_plan(), [way])
    arrows = [s for s in scene.shapes if isinstance(s, Line) and s.arrow]
    assert len(arrows) == 3  # the pod is not on the map
    assert {s.colour for s in arrows} == {PROVED}
    assert "✗ lost" in texts(scene)
    assert {"master", "worker1", "worker2", "r1", "r8"} <= set(texts(scene))
    rings = [s for s in scene.shapes if isinstance(s, Circle) and s.width == 2.0]
    assert len(rings) == 1
    wrong = path_map("title", paper_plan(), [way], proved=False)
    assert {s.colour for s in wrong.shapes if isinstance(s, Line) and s.arrow} == {DOWN}


def test_no_two_overlays_look_alike_on_either_screen() -> None:
    for dark in ({}, DARK):
        colours = [dark.get(one.colour, one.colour) for one in OVERLAYS.values()]
        assert len(set(colours)) == len(colours)
        shades = [dark.get(colour, colour) for colour in SHADES]
        assert len(set(shades)) == len(shades)


def test_a_long_name_is_cut() -> None:
    assert shortened("SRv6", 100) == "SRv6"
    cut = shortened("control-plane-outage: until Services and names followed", 100)
    assert cut.endswith("…") and text_width(cut, 8.5) <= 100
