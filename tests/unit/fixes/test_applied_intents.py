"""What is said of an intent: its fix is followed at the line that it names, and nothing is left."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.read import read_intents
from testbed.plan.model import Plan
from tests.topology_strategies import read
from tests.unit.fixes.applied import edited, is_printed_by

FORM = "testbed/engine/intents/form.py: "
LINT = "testbed/engine/intents/lint.py: "
CONFLICTS = "testbed/engine/intents/conflicts.py: "

TOPOLOGY = """from testbed.topology import LabTopo
class Mine(LabTopo):
    pods_v4 = None
    def build(self, **options):
        self.addRouters("r1", "r2", "r3")
        self.addLink("r1", "r2", affinity="gold", te_delay="1ms")
        self.addLink("r2", "r3", affinity="sea")
        self.addLink("r1", "r3")
        for node, router in (("a", "r1"), ("b", "r3")):
            self.addClusterNode(node)
            self.addLink(node, router)
        super().build(**options)
"""


@dataclass(frozen=True)
class Mended:
    """Lines of a spec behind its ends; what of the line that is named becomes what."""

    fix: str
    more: str
    old: str
    new: str
    ends: str = "from: a\nto: b"
    second: str = ""  # the spec of a second intent
    elsewhere: bool = False  # the line to edit is not the one that is named
    name: str = "two"  # of the second

    @property
    def text(self) -> str:
        return self._document("one", f"{self.ends}\n{self.more}") + (
            "---\n" + self._document(self.name, self.second) if self.second else ""
        )

    def _document(self, name: str, spec: str) -> str:
        lines = "".join(f"  {line}\n" for line in spec.splitlines())
        return f"apiVersion: testbed/v1\nkind: Intent\nmetadata:\n  name: {name}\nspec:\n{lines}"


CASES = {
    "a misspelt field": Mended(
        FORM + "did you mean {by_lower[near[0]]}?", "optimize: igp", "optimize", "SUGGESTED"
    ),
    "a field of nobody": Mended(
        FORM + "the fields are {', '.join(known)}", "zzz: 1", "zzz: 1", "protect: true"
    ),
    "a field is missing": Mended(
        FORM + "add {key}", "", "spec:", "spec:\n  to: b", ends="from: a", elsewhere=True
    ),
    "no value": Mended(FORM + "leave it out", "family:\nprotect: true", "family:", ""),
    "nothing in a list": Mended(
        FORM + "leave {name} out", "avoid: {nodes: []}", "avoid: {nodes: []}", ""
    ),
    "twice": Mended(FORM + "name it once", "avoid: {nodes: [r2, r2]}", "r2, r2", "r2"),
    "itself": Mended(
        LINT + "name another node, e.g. {others[0]}", "", "to: a", "to: b", ends="from: a\nto: a"
    ),
    "a family": Mended(LINT + "family: {others[0]}", "family: IPv4", "family: IPv4", "FIX"),
    "no such": Mended(
        LINT + "{names.suggest(word, among)}", "avoid: {affinity: [glod]}", "glod", "SUGGESTED"
    ),
    "too many": Mended(
        LINT + "maxSegments: {plan.max_segments}, or leave it out", "maxSegments: 9", "9", "3"
    ),
    "micro SIDs": Mended(
        LINT + "leave encoding out, or give the topology encoding = 'usid'",
        "encoding: usid",
        "encoding: usid",
        "protect: true",
    ),
    "nothing to go by": Mended(
        LINT + "give links {lacking[1]} in the topology file",
        "optimise: spare-bandwidth",
        "spare-bandwidth",
        "igp",  # the other way: the file of this test stays
    ),
    "a name twice": Mended(
        LINT + "give one another name",
        "",
        "name: one",
        "name: two",
        second="from: b\nto: a",
        name="one",
    ),
    "one pair twice": Mended(
        LINT + "leave the pair out of one of them, or make them one intent",
        "",
        "name: two\nspec:\n  from: a\n  to: b",
        "name: two\nspec:\n  from: b\n  to: a",
        second="from: a\nto: b",
        elsewhere=True,
    ),
    "alone in a group": Mended(
        LINT + "give another intent the same group",
        "disjoint: {group: g}",
        "group: h",
        "group: g",
        second="from: b\nto: a\ndisjoint: {group: h}",
        elsewhere=True,
    ),
    "no groups of risk": Mended(
        LINT + "from: link; or give links srlg in the topology file",
        "disjoint: {group: g, from: srlg}",
        "from: srlg",
        "from: link",
        ends="from: all\nto: all",
    ),
    "avoided and required": Mended(
        CONFLICTS + "drop one of the two",
        "avoid: {affinity: [sea]}\nrequire: {affinity: [sea]}",
        "require: {affinity: [sea]}",
        "",
    ),
    "a router that is needed": Mended(
        CONFLICTS + "keep {word}", "avoid: {nodes: [r1, r2]}", "r1, r2", "r2"
    ),
    "a link that is needed": Mended(
        CONFLICTS + "keep {link.a.interface}", "avoid: {links: [a-r1, r1-r2]}", "a-r1, ", ""
    ),
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    found, problems = read(tmp_path_factory.mktemp("plan"), TOPOLOGY)
    assert found is not None, problems
    return found


def said_of(plan: Plan, text: str) -> list[tuple[str, str | None]]:
    intents, findings = read_intents(text, "mine.yaml")
    return [(f.where, f.fix) for f in (*findings, *lint_intents(plan, intents))]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_intent(plan: Plan, case: Mended) -> None:
    text = case.text
    said = said_of(plan, text)
    meant = [(where, fix) for where, fix in said if is_printed_by(case.fix, fix)]
    assert meant, said
    where, fix = meant[0]
    mended = edited(text, None if case.elsewhere else where, case.old, case.new, fix or "")
    assert said_of(plan, mended) == []
