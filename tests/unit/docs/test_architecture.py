"""Pages name only files, modules and functions that exist, so that they cannot rot."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "testbed"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

# What the recipes of CONTRIBUTING.md let their reader make.
OF_RECIPES = {
    "topologies/triangle.py",
    "scenarios/detour.py",
    "testbed/agent/desired/overlays/isolated.py",
    "testbed/providers/recorded/node.py",
    "testbed/providers/recorded/provider.py",
}
# A Python file below some folder, perhaps with what is defined there: `lab/up/up.py:bring_up`.
FILE = re.compile(r"(?<![\w/.~-])((?:[\w-]+/)+[\w-]+\.py)(?::([A-Za-z_][\w.]*))?")
# A module, perhaps with what is defined there: `testbed.host.wait`, `host.wait.wait_for`.
DOTTED = re.compile(r"(?<![\w/.~-])([a-z_]\w*(?:\.[A-Za-z_]\w*)+)")
ROOMS = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}


def file_of(name: str) -> Path | None:
    """The file that a page means; paths of the tour begin below testbed/."""
    return next((f for f in (ROOT / name, PACKAGE / name) if f.is_file()), None)


@cache
def names_in(file: Path) -> frozenset[str]:
    """What a file defines: functions, classes, methods as Class.method, constants, imports."""
    return frozenset(_names(ast.parse(file.read_text()).body, ""))


def _names(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{node.name}.")
        if isinstance(node, ast.Assign):
            yield from (prefix + t.id for t in node.targets if isinstance(t, ast.Name))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield prefix + node.target.id
        if isinstance(node, ast.ImportFrom):
            yield from (prefix + (alias.asname or alias.name) for alias in node.names)


def exists(dotted: str) -> bool:
    """True for a module of the package, or something that it defines."""
    parts = dotted.removeprefix("testbed.").split(".")
    for count in range(len(parts), 0, -1):
        place = PACKAGE.joinpath(*parts[:count])
        rest = ".".join(parts[count:])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return not rest or rest in names_in(file)
    return False


def is_word_of_scenarios(dotted: str) -> bool:
    """True for `testbed.inject` and its like: what the object `testbed` of a scenario can do."""
    text = (PACKAGE / "scenario" / "api" / "testbed.py").read_text()
    parts = dotted.split(".")
    return parts[0] == "testbed" and bool(re.search(rf"\b(def |self\.){parts[1]}\b", text))


def of_recipe(dotted: str) -> bool:
    """True for a module that a recipe makes, and for what is in it."""
    file, _, name = dotted.replace(".", "/").rpartition("/")
    return bool({f"{file}.py", f"{file}/{name}.py"} & OF_RECIPES)


def wrong_files(text: str) -> list[str]:
    """Files that a text names and that are not there, and names that they do not define."""
    wrong = []
    for name, inside in FILE.findall(text):
        file = file_of(name)
        if name in OF_RECIPES:
            continue
        if file is None:
            wrong.append(name)
        elif inside and inside.rstrip(".") not in names_in(file):
            wrong.append(f"{name}:{inside}")
    return wrong


def wrong_modules(text: str) -> list[str]:
    """Modules that a text names and that are not there, or do not define what it says."""
    return [
        dotted
        for span in re.findall(r"`([^`\n]+)`|^ {4}(.*)$", text, re.MULTILINE)
        for dotted in DOTTED.findall("".join(span))
        if dotted.split(".")[0] in {"testbed", *ROOMS} and dotted.count(".") >= 1
        if not re.search(r"\.(py|md|txt|toml|json|yaml|conf|lock|batch)$", dotted)
        if not exists(dotted) and not is_word_of_scenarios(dotted) and not of_recipe(dotted)
    ]


OF_OTHERS = {"coming-from.md"}  # its files are what people bring from elsewhere


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.name not in OF_OTHERS], ids=lambda page: page.name
)
def test_a_page_names_only_what_exists(page: Path) -> None:
    text = page.read_text()
    assert wrong_files(text) == []
    assert wrong_modules(text) == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#([^)\s]+))?\)", page.read_text())
    missing = [target for target, _ in links if not (page.parent / target).exists()]
    assert missing == []
    anchors = [(page.parent / target, anchor) for target, anchor in links if anchor]
    assert [anchor for file, anchor in anchors if anchor not in headings(file)] == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_what_is_not_there_is_found() -> None:
    assert wrong_files("`testbed/nodes/backend.py`, lab/up/up.py:bring_up") == [
        "testbed/nodes/backend.py"
    ]
    assert wrong_files("lab/up/up.py:bring_it_up") == ["lab/up/up.py:bring_it_up"]
    assert wrong_modules("`nodes.backend` and `host.wait.wait_for`, `host.wait.sleep`") == [
        "host.wait.sleep"
    ]
    assert wrong_modules("`testbed.host.follow`, `testbed.inject(file)`") == ["testbed.host.follow"]


def walks() -> dict[str, list[str]]:
    """The files of each walk of the newcomer's tour, in order."""
    tour = ARCHITECTURE.read_text().partition("\n## The newcomer's tour\n")[2].partition("\n## ")[0]
    parts = tour.split("\n### ")[1:]
    return {part.split("\n")[0]: [name for name, _ in FILE.findall(part)] for part in parts}


def test_every_walk_is_a_straight_line() -> None:
    found = walks()
    assert len(found) == 4
    for title, files in found.items():
        assert len(files) >= 8, title
        assert [file for file, times in Counter(files).items() if times > 2] == [], title


def test_the_table_of_rooms_stands_as_the_lint_contract_demands() -> None:
    """All rooms of the contract, each with those that it may import above it."""
    contract = re.search(
        r"rooms: an arrow .*?\nlayers = \[(.*?)\n\]",
        (ROOT / "pyproject.toml").read_text(),
        re.DOTALL,
    )
    assert contract is not None
    floors = [
        {room.removeprefix("testbed.") for room in line.split(" | ")}
        for line in re.findall(r'"([^"]+)"', contract[1])
    ]
    table = ARCHITECTURE.read_text().partition("\n## The rooms")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    at = {room: row for row, rooms in enumerate(rows) for room in re.findall(r"`(\w+)`", rooms)}
    assert set(at) == set().union(*floors)
    for higher, lower in pairwise(floors):  # in the page the lowest comes first
        assert max(at[room] for room in lower) < min(at[room] for room in higher), (lower, higher)
