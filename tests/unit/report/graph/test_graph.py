"""Drawings: nothing missing, nothing overlapping, the same every time."""

from __future__ import annotations

import struct
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.errors import MachineUnfit, TestbedError
from testbed.plan.model import Link, Plan, Role, Shaping
from testbed.report.graph import png
from testbed.report.graph.canvas import BRAILLE, Canvas
from testbed.report.graph.drawing import (
    Highlight,
    LinksNow,
    graph_dot,
    graph_png,
    graph_svg,
    graph_text,
)
from testbed.report.graph.layout import PAPER, router_positions
from testbed.report.graph.placement import place
from testbed.report.graph.png import png_of
from testbed.report.graph.scene import Box, Circle, Line, Scene, Text
from testbed.report.graph.scene_builder import build_scene
from testbed.report.graph.style import DARK, DOWN, PAGE, ROUTER_RADIUS, TE_PATHS
from tests.paper_plan import backbone_link, router

SVG = "{http://www.w3.org/2000/svg}"
GOLDEN = Path(__file__).parent / "golden"


def ring(size: int) -> Plan:
    links = [backbone_link(i + 1, i + 1, (i + 1) % size + 1) for i in range(size)]
    nodes = tuple(router(n + 1) for n in range(size))
    return Plan(topology="ring", nodes=nodes, links=tuple(links))


@pytest.mark.parametrize("name", ["full", "grid", "basic"])
def test_terminal_drawing_is_the_golden_one(name: str, request: pytest.FixtureRequest) -> None:
    text = graph_text(request.getfixturevalue(name))
    assert max(map(len, text.splitlines())) <= 80
    assert text + "\n" == (GOLDEN / f"{name}.txt").read_text()


def test_svg_is_well_formed_and_names_every_node(full: Plan) -> None:
    root = ElementTree.fromstring(graph_svg(full))
    texts = {t.text for t in root.iter(f"{SVG}text")}
    assert {n.name for n in full.nodes} <= texts
    assert {"fcff:3::1", "SID pool fcdd:0:0:12aa::/64", "fcf0:0:3:4::/64"} <= texts


def test_svg_is_the_same_every_time(full: Plan) -> None:
    assert graph_svg(full) == graph_svg(full)


def test_names_are_escaped() -> None:
    plan = ring(3).model_copy(update={"topology": 'a<b>&"c"'})
    assert ElementTree.fromstring(graph_svg(plan)).findtext(f"{SVG}title") is not None
    assert graph_dot(plan).startswith('graph "a<b>&\\"c\\"" {')


def test_highlighted_path_has_its_colour_rings_and_legend(full: Plan) -> None:
    path = Highlight.of_paths([["worker1", "r3", "r4", "r6", "r8", "worker2"]], ("r6", "r8"))
    plain, shown = graph_svg(full), graph_svg(full, [path])
    assert plain.count("#d55e00") == 0
    # five hops, each a line, an arrow's stub and its head; two rings; the legend's two
    assert shown.count("#d55e00") == 5 * 3 + 2 + 2
    assert "TE path worker1 → worker2 by r6, r8" in shown


def luminance(colour: str) -> float:
    """Of `#rrggbb`, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def behind(scene: Scene, text: Text) -> str:
    """What a text stands on: the last shape below its middle, or the page."""
    x, y = text.at
    fill = PAGE
    for shape in scene.shapes[: scene.shapes.index(text)]:
        if isinstance(shape, Box):
            inside = 0 <= x - shape.x <= shape.width and 0 <= y - shape.y <= shape.height
        else:
            inside = isinstance(shape, Circle) and (
                (x - shape.centre[0]) ** 2 + (y - shape.centre[1]) ** 2 <= shape.radius**2
            )
        if inside and not isinstance(shape, Line | Text) and shape.fill != "none":
            fill = shape.fill
    return fill


@pytest.mark.parametrize("page", [{}, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["full", "grid", "basic"])
def test_every_text_can_be_read(
    name: str, page: dict[str, str], request: pytest.FixtureRequest
) -> None:
    path = Highlight.of_paths([["r1", "r2"]], ("r2",))
    plan: Plan = request.getfixturevalue(name)
    scene = build_scene(plan, [path], LinksNow(plan.links))
    texts = [shape for shape in scene.shapes if isinstance(shape, Text)]
    assert {behind(scene, text) for text in texts} > {PAGE}
    for text in texts:
        ground = behind(scene, text)
        seen = contrast(page.get(text.colour, text.colour), page.get(ground, ground))
        assert seen >= 4.5, f"{text.text!r}: {seen:.1f}:1"


def test_every_colour_but_those_of_paths_has_one_for_dark_pages(full: Plan) -> None:
    style = ElementTree.fromstring(graph_svg(full)).findtext(f"{SVG}style") or ""
    assert style.startswith("@media (prefers-color-scheme: dark){")
    path = Highlight.of_paths([["r1", "r2"]], ("r2",))
    document = ElementTree.fromstring(graph_svg(full, [path], LinksNow(full.links[:1])))
    for kind in ("fill", "stroke"):
        for colour in {e.get(kind) for e in document.iter()} - {None, "none", *TE_PATHS}:
            assert f'[{kind}="{colour}"]{{{kind}:{DARK[str(colour)]}}}' in style


def between(plan: Plan, a: str, b: str) -> Link:
    return next(x for x in plan.links if {x.a.node, x.b.node} == {a, b})


def with_shaping(plan: Plan, *ends: tuple[str, str]) -> Plan:
    shaping = Shaping(bandwidth=10, delay="5ms", loss=1)
    wanted = [between(plan, a, b) for a, b in ends]
    links = [x.model_copy(update={"shaping": shaping}) if x in wanted else x for x in plan.links]
    return plan.model_copy(update={"links": tuple(links)})


@pytest.fixture
def changed(full: Plan) -> tuple[Plan, list[Link]]:
    """A backbone link and an attachment that are down, and one of each that is shaped."""
    plan = with_shaping(full, ("r5", "r6"), ("r3", "worker1"))
    return plan, [between(plan, "r3", "r4"), between(plan, "r8", "worker2")]


def test_links_that_are_down_or_shaped_are_seen_in_svg(changed: tuple[Plan, list[Link]]) -> None:
    plan, down = changed
    root = ElementTree.fromstring(graph_svg(plan, now=LinksNow(tuple(down))))
    dashed = [x for x in root.iter(f"{SVG}polyline") if x.get("stroke-dasharray")]
    assert len(dashed) == 2 + 1  # the legend's
    assert {x.get("stroke") for x in dashed} == {DOWN}
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert texts.count("down") == 1 and "link that is down" in texts  # read without any colour
    assert "10 Mbit/s · 5ms · 1 % loss" in texts
    states = next(t for t in texts if t and "worker2" in t and "down" in t)
    assert states == "r3-worker1: 10 Mbit/s · 5ms · 1 % loss, r8-worker2: down"


def test_a_plan_as_written_has_no_word_of_links_that_are_down(full: Plan) -> None:
    assert "dasharray" not in graph_svg(full) and ">link that is down<" not in graph_svg(full)
    assert "dashed" not in graph_dot(full) and "╌" not in graph_text(full)


def test_links_that_are_down_or_shaped_are_seen_in_dot(changed: tuple[Plan, list[Link]]) -> None:
    plan, down = changed
    dot = graph_dot(plan, now=LinksNow(tuple(down)))
    edges = {x.split(" [")[0].strip(): x for x in dot.splitlines() if " -- " in x}
    for ends in ('"r3" -- "r4"', '"r8" -- "worker2"'):
        assert "style=dashed" in edges[ends] and "down" in edges[ends]
    for ends in ('"r5" -- "r6"', '"r3" -- "worker1"'):
        assert "dashed" not in edges[ends]
        assert "10 Mbit/s\\n5ms\\n1 % loss" in edges[ends]


def test_links_that_are_down_or_shaped_are_seen_in_text(changed: tuple[Plan, list[Link]]) -> None:
    plan, down = changed
    text = graph_text(plan, LinksNow(tuple(down)))
    assert "r3 ╌╌" in text and max(map(len, text.splitlines())) <= 80
    lines = [line.split(maxsplit=1) for line in text.split("\n\n")[-1].splitlines()]
    assert lines == [
        ["r3-r4", "down"],
        ["r5-r6", "10 Mbit/s · 5ms · 1 % loss"],
        ["r3-worker1", "10 Mbit/s · 5ms · 1 % loss"],
        ["r8-worker2", "down"],
    ]


def test_what_links_carry_is_written_beside_them(full: Plan) -> None:
    busy, quiet = between(full, "r3", "r4"), between(full, "r5", "r6")
    now = LinksNow(traffic={busy.a: (12.345, 0.61), quiet.a: (0.01, 0.02)})
    assert "r3→r4 12.3, back 0.61 Mbit/s" in graph_svg(full, now=now)
    lines = graph_text(full, now).split("\n\n")[-1].splitlines()
    assert lines == ["r3-r4          r3→r4 12.3, back 0.61 Mbit/s"]


def test_of_parallel_links_one_that_is_up_is_enough_for_a_whole_line_in_text() -> None:
    links = (backbone_link(1, 1, 2), backbone_link(2, 1, 2, suffix="2"))
    twin = Plan(topology="twin", nodes=(router(1), router(2)), links=links)
    assert "╌" not in graph_text(twin, LinksNow(links[:1])) and "╌" in graph_text(
        twin, LinksNow(links)
    )
    assert graph_svg(twin, now=LinksNow(links[:1])).count("dasharray") == 1 + 1  # and the legend's


def test_a_slanted_link_that_is_down_has_gaps() -> None:
    dots = []
    for broken in (False, True):
        canvas = Canvas(20, 6)
        canvas.line((0, 0), (19, 5), broken)
        dots.append(sum((ord(c) - BRAILLE).bit_count() for c in "".join(canvas.lines()) if c > " "))
    assert 0 < dots[1] < 0.7 * dots[0]


def test_equal_cost_paths_share_their_common_hops() -> None:
    path = Highlight.of_paths([["a", "b", "d"], ["a", "c", "d"], ["a", "b", "d"]])
    assert path.hops == (("a", "b"), ("b", "d"), ("a", "c"), ("c", "d"))


@pytest.mark.parametrize("name", ["full", "grid", "basic"])
def test_nothing_overlaps_and_everything_is_on_the_page(
    name: str, request: pytest.FixtureRequest
) -> None:
    plan = request.getfixturevalue(name)
    routers, attached = place(plan)
    size = 2 * ROUTER_RADIUS
    boxes = [(x, y, size, size) for x, y in routers.values()]
    boxes += [(*p.centre, p.label.width, p.label.height) for p in attached]
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes, 2):
        assert abs(ax - bx) >= (aw + bw) / 2 or abs(ay - by) >= (ah + bh) / 2
    scene = build_scene(plan)
    for shape in scene.shapes:
        if isinstance(shape, Box):
            assert shape.x >= 0 and shape.x + shape.width <= scene.width
            assert shape.y >= 0 and shape.y + shape.height <= scene.height
        elif isinstance(shape, Circle):
            assert shape.centre[0] >= shape.radius and shape.centre[1] >= shape.radius


def test_the_papers_backbone_lies_as_in_its_figure(full: Plan) -> None:
    assert router_positions(full) == PAPER


def test_a_grid_is_drawn_as_a_grid(grid: Plan) -> None:
    at = router_positions(grid)
    assert at == {f"r{n + 1}": (float(n % 5), float(n // 5)) for n in range(20)}


@pytest.mark.parametrize("size", [3, 4, 5, 12])
def test_any_backbone_is_laid_out_with_routers_apart(size: int) -> None:
    at = router_positions(ring(size))
    assert len(at) == size
    for (ax, ay), (bx, by) in combinations(at.values(), 2):
        assert (ax - bx) ** 2 + (ay - by) ** 2 >= 0.7**2
    assert min(x for x, _ in at.values()) >= 0 and min(y for _, y in at.values()) >= 0


def test_one_router_and_two_parallel_links() -> None:
    alone = Plan(topology="one", nodes=(router(1),), links=())
    assert "r1" in graph_svg(alone) and graph_text(alone).startswith("one: 1 router, 0 links")
    links = (backbone_link(1, 1, 2), backbone_link(2, 1, 2, metric=20, suffix="2"))
    twin = Plan(topology="twin", nodes=(router(1), router(2)), links=links)
    svg = graph_svg(twin)
    assert "metric 10" in svg and "metric 20" in svg
    assert "to r2" in graph_text(twin)


def test_dot_has_every_node_and_link(full: Plan) -> None:
    dot = graph_dot(full)
    assert dot.count(" -- ") == len(full.links)
    assert dot.count("shape=circle") == len(full.of(Role.ROUTER))
    assert "fcff:3::1" in dot and '"r3" -- "r4"' in dot


def test_png_is_the_scene_at_twice_its_size(full: Plan, tmp_path: Path) -> None:
    file = tmp_path / "g.png"
    graph_png(full, file)
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    scene = build_scene(full)
    assert abs(width - 2 * scene.width) <= 2 and abs(height - 2 * scene.height) <= 2


def test_png_has_its_texts(tmp_path: Path) -> None:
    text = Text((20, 20), "r1", 14, "#000")
    for name, shapes in (("with", (text,)), ("without", ())):
        png_of(Scene("one", 60, 40, shapes), tmp_path / name)
    assert (tmp_path / "with").read_bytes() != (tmp_path / "without").read_bytes()


def test_png_without_its_font_is_refused(
    basic: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png, "FONTS", tmp_path)
    with pytest.raises(MachineUnfit, match="font") as caught:
        graph_png(basic, tmp_path / "g.png")
    assert caught.value.fix == "make deps" and not (tmp_path / "g.png").exists()


def test_png_that_cannot_be_written_is_one_clear_error(basic: Plan, tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="cannot write the drawing"):
        graph_png(basic, tmp_path / "none" / "g.png")
