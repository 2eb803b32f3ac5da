"""The page says what the runs say, needs nothing else, and takes no markup from them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.records.store import Store
from testbed.report.graph.scene import Box
from testbed.run_report.contents import Contents
from testbed.run_report.source import find_all
from testbed.run_report.write import write
from tests.paper_plan import paper_plan
from tests.unit.records.recorded import going_on, outcome, record
from tests.unit.run_report.conftest import Made
from tests.unit.run_report.synthetic import SHORTEST, cases, evaluation, proof, scenario

VOID = {"meta", "link", "br", "wbr"}
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\x1b[31m\x00&\"'"


class _Reader(HTMLParser):
    """Tables as text, all links, elements that may not be there, and whether tags are closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.elements: set[str] = set()
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links += [v or "" for k, v in attrs if k in ("href", "src", "xlink:href", "data")]
        assert not any(k.startswith("on") for k, _ in attrs)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v or "" for k, v in attrs if k in ("href", "src", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def test_each_case_has_the_mean_and_the_interval_of_its_samples(made: Made) -> None:
    rows: dict[str, list[str]] = {}
    for row in _Reader(made.page).rows:
        if len(row) > 4:
            rows.setdefault(row[0], row)  # further quantities come later
    for summary in made.contents.summaries["paper"]:
        row = rows[summary.id]
        assert row[1] == "4 (1 marked)"
        goodput = summary.goodput
        assert goodput and goodput.interval
        low, high = goodput.interval.low, goodput.interval.high
        said = [float(number) for number in re.findall(r"[0-9.]+", row[2])]
        for number, value in zip(said, (goodput.mean, low, high), strict=True):
            assert abs(number - value / 1e9) < 0.006


def test_every_comparison_and_every_claim_is_there(made: Made) -> None:
    page = made.page
    assert made.contents.compared["paper"]
    for pair in made.contents.compared["paper"]:
        kind, words = pair.comparison.everything.kind, pair.comparison.words
        rest = re.escape(words.removeprefix(kind).lstrip(":; "))
        assert re.search(rf"{kind}</span> {rest}<", page)
    answers = {claim.id: claim.answer for claim in made.contents.claims}
    assert answers["C7"] == "reproduced"
    assert answers["C4"] == "deviates"
    assert answers["C1"] == "not run here"
    assert answers["C10"] in ("reproduced", "deviates", "not enough data")
    text = re.sub(r"<[^>]+>", " ", page)
    assert "te-bgp pass: namespace/none, 2026-01-02, 0123456, 20260102-030405" in text


def test_a_policy_has_its_paths_before_with_and_after_it(made: Made) -> None:
    pairs = made.contents.proofs["20260102-030405"]["te-bgp"]
    assert [pair.title for pair in pairs] == ["t1-worker1 → t2-worker2, IPv4"]
    assert [drawn.moment for drawn in pairs[0].proofs] == ["before", "then", "after"]
    assert [way.waypoints for d in pairs[0].proofs for way in d.proof.ways] == [(), ("r7",), ()]
    assert made.page.count("<b>before:</b>") == 3
    assert "t1-worker1 → worker1 → r3 → r2 → r7 → r8 → worker2 → t2-worker2" in made.page


def test_evidence_is_an_index_whose_links_lead_to_the_files(made: Made) -> None:
    links = [
        link for link in _Reader(made.page).links if "te-bgp" in link and "figures/" not in link
    ]
    assert any(link.endswith("te-bgp/result.json") for link in links)
    for link in links:
        assert (made.directory / link).is_file(), link
    assert "what it printed" in made.page


def test_it_needs_nothing_else(made: Made) -> None:
    reader = _Reader(made.page)
    assert not reader.elements & {"script", "img", "iframe", "object", "embed", "form", "video"}
    for link in reader.links:
        assert link.startswith(("#", "./", "data:")), link
    page = re.sub(r"base64,[A-Za-z0-9+/=]*|http://www.w3.org/2000/svg", "", made.page)
    outside = re.findall(r"(?:https?:)?//[^\s\"'<)]+", page)
    assert outside == []
    for link in reader.links:
        if link.startswith("./") and not link.endswith("/"):
            assert (made.directory / link).exists(), link


def test_each_drawing_is_an_xml_document_with_its_font(made: Made) -> None:
    files = sorted((made.directory / "figures").glob("*.svg"))
    assert len(files) == len(list(made.contents.figures())) > 10
    for file in files:
        root = ElementTree.fromstring(file.read_text())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "font/woff;base64," in file.read_text()
        assert file.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert made.page.count("<svg ") == len(files)


def test_a_figure_that_a_run_names_is_in_the_page_once(made: Made) -> None:
    names = [figure.name for figure in made.contents.figures()]
    assert len(names) == len(set(names))
    for name in ("throughput-tcp-1stream", "ratios-tcp-1stream", "segments-tcp-1stream",
                 "waterfall-ipv4-tcp-1stream", "outages", "topology-paper"):  # fmt: skip
        assert made.page.count(f'<figure id="{name}"') == 1


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run that says what nobody should."""
    base = tmp_path_factory.mktemp("hostile")
    store = Store(base / "runs")
    samples = evaluation(base / HOSTILE.replace("/", "").replace("\0", ""), cases("vxlan"), 3)
    directory = next(path for path in base.iterdir() if path != store.directory)
    changed = samples[-1].model_copy(update={"path": HOSTILE, "marks": (HOSTILE,)})
    with (directory / "samples.jsonl").open("a") as stream:
        stream.write(changed.model_dump_json() + "\n")
        stream.write(changed.model_copy(update={"case": HOSTILE}).model_dump_json() + "\n")
    with going_on(store, record(machine=HOSTILE, command=("testbed", HOSTILE))) as recorder:
        run = store.directory / record().run
        one = proof(SHORTEST, passed=False)
        assert isinstance(one, dict)
        text = json.dumps({**one, "expectation": HOSTILE, "source": HOSTILE})
        figures = {f"seconds without {HOSTILE}": [1.0, 2.0, 3.0]}
        scenario(
            run, "evil", verdict="fail", failure=HOSTILE, figures=figures, proofs=[json.loads(text)]
        )
        (run / "evil/output.txt").write_text(HOSTILE)
        recorder.add(outcome("evil", verdict="fail", failure=HOSTILE))
    sources = find_all([str(directory), "latest"], store, base)
    write(Contents(sources, {}), base / "out", HOSTILE, "")
    for file in (base / "out/figures").glob("*.svg"):
        ElementTree.fromstring(file.read_text())
    return (base / "out/index.html").read_text()


def test_what_runs_say_is_text_and_never_markup(hostile: str) -> None:
    assert "<script" not in _Reader(hostile).elements
    assert "<script" not in hostile
    assert hostile.count("&lt;script&gt;") > 8
    assert "49" not in re.findall(r"alert\(1\)&lt;/script&gt;(\S+)", hostile)
    assert "\x1b" not in hostile
    assert "\x00" not in hostile


def test_a_case_of_another_testbed_is_in_the_table(hostile: str) -> None:
    assert any("alert(1)" in row[0] for row in _Reader(hostile).rows if len(row) > 4)


def test_a_map_more_than_a_page_can_hold_is_a_file_only(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("testbed.run_report.page.MOST_MAPS", 2)
    write(made.contents, tmp_path, "few", "")
    page = (tmp_path / "index.html").read_text()
    assert page.count('class="map"') == 2
    assert len(list((tmp_path / "figures").glob("path-*.svg"))) == 9


def test_the_topology_of_an_evaluation_is_drawn_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        evaluation(tmp_path / name, cases("veth"), 1)
        (tmp_path / name / "plan.json").write_text(paper_plan().model_dump_json())
    sources = find_all([str(tmp_path / n) for n in ("a", "b")], Store(tmp_path / "runs"), tmp_path)
    contents = Contents(sources, {})
    assert [figure.name for figure in contents.topologies] == ["topology-paper"]
    names = [figure.name for figure in contents.figures()]
    assert {"a-throughput-tcp-1stream", "b-throughput-tcp-1stream"} <= set(names)


def test_bars_are_as_high_as_the_means_of_the_samples(made: Made) -> None:
    means = {s.id: s.goodput.mean for s in made.contents.summaries["paper"] if s.goodput}
    figure = next(f for f in made.contents.figures() if f.name == "throughput-tcp-1stream")
    bars = {
        shape.note.partition(":")[0]: shape.height
        for shape in figure.scene.shapes
        if isinstance(shape, Box) and shape.note
    }
    shortest = {case for case in means if ".2seg." not in case}
    assert bars.keys() == shortest
    scale = {round(height / means[case] * 1e9, 6) for case, height in bars.items()}
    assert len(scale) == 1
