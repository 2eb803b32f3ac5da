"""Intents are read as written, or refused at the line that is the cause, with what helps."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.load import load_intents
from testbed.engine.intents.model import Disjoint, Intent, Resources
from testbed.engine.intents.read import read_intents
from testbed.object_fields.intent import INTENT, intent_schema
from testbed.plan.model import Plan
from testbed.te.lint.findings import LintFailed
from tests.repository import ROOT
from tests.unit.topology.topology_file import plan_of

TOPOLOGY = """r1, r2, r3, r4 = self.addRouters("r1", "r2", "r3", "r4")
self.addLink(r1, r2, te_delay="2ms", affinity="gold", srlg=7, capacity=100)
self.addLink(r2, r3, te_delay="2ms", affinity=["gold", "sea"], srlg="duct", capacity=100)
self.addLink(r1, r4, te_delay="9ms")
self.addLink(r4, r3)
self.addLink(r3, r4)
for n, r in (("worker1", r1), ("worker2", r3), ("edge1", r2)):
    self.addLink(r, self.addHost(n, cluster=True))
self.addLink(r2, self.addHost("h"))"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(tmp_path_factory.mktemp("plan"), TOPOLOGY)


def document(spec: str, name: str = "one") -> str:
    """Its spec begins on line 6."""
    lines = "".join(f"  {line}\n" for line in spec.splitlines())
    return f"apiVersion: testbed/v1\nkind: Intent\nmetadata:\n  name: {name}\nspec:\n{lines}"


EVERYTHING = """from: [worker1, edge1]
to: worker2
family: IPv4
optimise: delay
avoid:
  nodes: [r4]
  links: [r1-r4, r4-r3.2]
  affinity: [sea]
  srlg: [duct]
require:
  nodes: [r2]
  links: [r1-r2]
  affinity: [gold]
  srlg: [7]
maxDelay: 1.5ms
maxSegments: 2
disjoint: {group: pair, from: srlg}
bandwidth: 40
mode: best-effort
protect: true
encoding: srh"""


def test_every_field_is_read() -> None:
    (written,), findings = read_intents(document(EVERYTHING), "mine.yaml")
    assert findings == []
    assert written.intent == Intent(
        name="one",
        sources=("worker1", "edge1"),
        targets=("worker2",),
        families=(4,),
        optimise="delay",
        avoid=Resources(
            frozenset({"r4"}),
            frozenset({"r1-r4", "r4-r3.2"}),
            frozenset({"sea"}),
            frozenset({"duct"}),
        ),
        require=Resources(
            frozenset({"r2"}), frozenset({"r1-r2"}), frozenset({"gold"}), frozenset({"7"})
        ),
        max_delay_us=1500,
        max_segments=2,
        disjoint=Disjoint("pair", "srlg"),
        bandwidth_mbit=40.0,
        strict=False,
        protect=True,
        encoding="srh",
    )


def test_what_is_absent_has_its_default() -> None:
    (written,), _ = read_intents(document("from: worker1\nto: worker2"), "mine.yaml")
    assert written.intent == Intent("one", ("worker1",), ("worker2",))


def test_names_patterns_and_all_mean_nodes(plan: Plan) -> None:
    nodes = {node.name: i for i, node in enumerate(plan.cluster)}
    intent = Intent("one", ("all",), ("worker*", "edge1"))
    assert list(intent.pairs(nodes)) == [
        ("worker1", "worker2"),
        ("worker1", "edge1"),
        ("worker2", "worker1"),
        ("worker2", "edge1"),
        ("edge1", "worker1"),
        ("edge1", "worker2"),
    ]


ENDS = "from: worker1\nto: worker2\n"
# spec, line, words, fix; where the form is wrong, nothing is held against the plan
FORM = {
    "a misspelt field": (ENDS + "optimize: delay", 8, "spec has no field 'optimize'", "optimise"),
    "a misspelt word": (ENDS + "optimise: dely", 8, "optimise must be igp or delay", "delay"),
    "no end": ("from: worker1", 6, "spec lacks to", "add to"),
    "an empty list": (
        ENDS + "avoid:\n  nodes: []",
        9,
        "nodes must not be empty",
        "leave nodes out",
    ),
    "twice": (ENDS + "avoid:\n  nodes: [r1, r1]", 9, "nodes names 'r1' twice", "name it once"),
    "a number": (ENDS + "maxDelay: 5", 8, "maxDelay must be text, it is 5", None),
    "no unit": (ENDS + 'maxDelay: "5"', 8, "maxDelay must look like 20ms", None),
    "no segments": (ENDS + "maxSegments: 0", 8, "maxSegments must be from 1 to 16", None),
    "true": (ENDS + "maxSegments: true", 8, "maxSegments must be a whole number", None),
    "negative": (ENDS + "bandwidth: -1", 8, "bandwidth must be from 0.001 to", None),
    "text": (ENDS + "protect: maybe", 8, "protect must be true or false", None),
    "nothing": (ENDS + "family:\nprotect: true", 8, "family has no value", "leave it out"),
    "no group": (ENDS + "disjoint: {from: link}", 8, "disjoint lacks group", "add group"),
    "nested": (ENDS + "avoid:\n  node: [r1]", 9, "avoid has no field 'node'", "nodes"),
    "a list of ends": ("from: [worker1, 5]\nto: worker2", 6, "from[2] must be text", None),
}
PLANNED = {
    "nobody": ("from: woker1\nto: worker2", 6, "from woker1 is no cluster node", "worker1"),
    "no such": ("from: x*\nto: worker2", 6, "from x* is no cluster node", "there are: edge1"),
    "a router": ("from: worker1\nto: r3", 7, "to r3 is a router", "there are: edge1"),
    "a host": ("from: [edge1, h]\nto: worker2", 6, "from h is a host", "there are: edge1"),
    "itself": ("from: worker1\nto: worker1", 7, "the same node, worker1", "e.g. worker2"),
    "no node": (
        ENDS + "avoid: {nodes: [r9]}",
        8,
        "avoid: there is no node r9",
        "there are: edge1, r1",
    ),
    "no link": (ENDS + "require:\n  links: [r1-r3]", 9, "there is no link r1-r3", "did you mean r"),
    "no affinity": (ENDS + "avoid:\n  affinity:\n  - glod", 10, "no affinity glod", "gold"),
    "no group of risk": (ENDS + "avoid: {srlg: [8]}", 8, "no shared risk link group 8", "7, duct"),
    "a host's": (ENDS + "avoid: {nodes: [h]}", 8, "no path crosses h, a host", "there are"),
    "a host's link": (ENDS + "avoid: {links: [r2-h]}", 8, "there is no link r2-h", "r2"),
    "too many": (ENDS + "maxSegments: 4", 8, "the plan has max_segments 3", "maxSegments: 3"),
    "micro": (
        ENDS + "encoding: usid",
        8,
        "no micro SIDs",
        "or give the topology encoding = 'usid'",
    ),
    "both": (
        ENDS + "avoid: {affinity: [sea]}\nrequire: {affinity: [gold, sea]}",
        9,
        "affinity: sea is to be avoided, and required",
        "drop one",
    ),
    "an end": (
        ENDS + "avoid: {nodes: [worker2]}",
        8,
        "worker2 is to be avoided, and is an end",
        "keep",
    ),
    "its router": (ENDS + "avoid: {nodes: [r1]}", 8, "and is worker1's only router", "keep r1"),
    "its link": (
        ENDS + "avoid: {links: [worker1-r1]}",
        8,
        "and is worker1's only link",
        "keep r1-w",
    ),
    "its affinity": (
        ENDS + "avoid: {affinity: [sea]}\nrequire: {links: [r2-r3]}",
        9,
        "it requires the link r2-r3, and avoids its affinity sea",
        "drop one",
    ),
    "its end": (
        ENDS + "avoid: {nodes: [r2]}\nrequire: {links: [r2-r1]}",
        9,
        "it requires the link r2-r1, and avoids its end r2",
        "drop one",
    ),
    "what it lacks": (
        ENDS + "require: {links: [r1-r4], affinity: [gold]}",
        8,
        "the link r1-r4, which lacks the affinity gold that it requires",
        "drop one",
    ),
}


@pytest.mark.parametrize("case", FORM.values(), ids=FORM)
def test_a_wrong_form_is_found_at_its_line(case: tuple[str, int, str, str | None]) -> None:
    spec, line, what, fix = case
    intents, (finding,) = read_intents(document(spec), "mine.yaml")
    assert intents == []
    assert (finding.severity, finding.where) == ("error", f"mine.yaml:{line}")
    assert what in finding.what
    assert (finding.fix is None) if fix is None else fix in (finding.fix or "")


@pytest.mark.parametrize("case", PLANNED.values(), ids=PLANNED)
def test_what_the_plan_cannot_is_found_at_its_line(
    plan: Plan, case: tuple[str, int, str, str]
) -> None:
    spec, line, what, fix = case
    intents, findings = read_intents(document(spec), "mine.yaml")
    assert findings == []
    (finding,) = lint_intents(plan, intents)
    assert (finding.severity, finding.where) == ("error", f"mine.yaml:{line}"), finding
    assert what in finding.what
    assert fix in (finding.fix or "")


@pytest.mark.parametrize("case", [*FORM.values(), ("from: worker1\nto: worker2", 0, "", "")])
def test_the_published_schema_agrees(case: tuple[str, int, str, str | None]) -> None:
    schema = intent_schema()
    Draft202012Validator.check_schema(schema)
    plain = YAML(typ="safe").load(document(case[0]))
    assert Draft202012Validator(schema).is_valid(plain) is (case[1] == 0)
    json.dumps(schema)


def test_a_family_without_pods_is_refused_if_it_is_asked_for(tmp_path: Path) -> None:
    body = TOPOLOGY.replace("addHost(n, cluster=True)", "addClusterNode(n)")
    lines = "self.pods_v4 = None\n" + body
    single = plan_of(tmp_path, lines, base="LabTopo")
    for family, count in (("IPv4", 1), ("both", 1), ("IPv6", 0)):
        intents, _ = read_intents(document(ENDS + f"family: {family}"), "mine.yaml")
        findings = lint_intents(single, intents)
        assert len(findings) == count
        assert all("mine has no IPv4 pods" in f.what and f.fix == "family: IPv6" for f in findings)
    intents, _ = read_intents(document(ENDS), "mine.yaml")
    assert lint_intents(single, intents) == []


def both(first: str, second: str, name: str = "two") -> str:
    return f"{document(first)}---\n{document(second, name)}"


def test_a_name_is_there_once(plan: Plan) -> None:
    text = both(ENDS, "from: worker2\nto: worker1", "one")
    intents, _ = read_intents(text, "mine.yaml")
    (finding,) = lint_intents(plan, intents)
    assert finding.where == "mine.yaml:12"
    assert finding.what == "two intents are called one: the first on line 4"


def test_of_two_intents_for_one_pair_one_has_to_be_closer(plan: Plan) -> None:
    intents, _ = read_intents(both("from: all\nto: all", ENDS), "mine.yaml")
    assert lint_intents(plan, intents) == []
    intents, _ = read_intents(both(ENDS, "from: [worker1, edge1]\nto: worker2"), "mine.yaml")
    (finding,) = lint_intents(plan, intents)
    assert finding.what == "IPv4 traffic from worker1 to worker2 is one's already (line 4)"
    intents, _ = read_intents(both(ENDS + "family: IPv4", ENDS + "family: IPv6"), "mine.yaml")
    assert lint_intents(plan, intents) == []


def test_groups_and_objectives_that_say_nothing_are_warned_of(tmp_path: Path) -> None:
    plain = plan_of(tmp_path, re.sub(r", (te_delay|affinity|srlg|capacity)=[^)]*\)", ")", TOPOLOGY))
    spec = ENDS + "optimise: spare-bandwidth\ndisjoint: {group: g, from: srlg}"
    intents, _ = read_intents(document(spec), "mine.yaml")
    assert [(f.severity, f.where, f.what) for f in lint_intents(plain, intents)] == [
        ("warning", "mine.yaml:8", "optimise: no link has a capacity, so that all paths are alike"),
        (
            "warning",
            "mine.yaml:9",
            "nothing else is in the group g, from which this would be disjoint",
        ),
        ("warning", "mine.yaml:9", "from srlg: no link is in a shared risk link group"),
    ]


def test_a_file_with_an_error_is_not_used(plan: Plan) -> None:
    with pytest.raises(LintFailed, match=r"mine\.yaml: 2 errors"):
        load_intents(plan, both("from: nobody\nto: worker2", "from: worker1"), "mine.yaml")
    with pytest.raises(LintFailed, match="the file holds no intent"):
        load_intents(plan, "# nothing\n", "mine.yaml")
    assert load_intents(plan, document(ENDS), "mine.yaml")[0][0].intent.name == "one"


def test_ten_thousand_intents_are_checked_at_once(plan: Plan) -> None:
    names = [f"n{i}" for i in range(250)]
    nodes = tuple(plan.node("worker1").model_copy(update={"name": name}) for name in names)
    links = tuple(
        plan.uplink("worker1").model_copy(
            update={"b": plan.uplink("worker1").end("worker1").model_copy(update={"node": name})}
        )
        for name in names
    )
    large = plan.model_copy(
        update={"nodes": (*plan.routers, *nodes), "links": (*plan.links[:5], *links)}
    )
    pairs = [(a, b) for a in names[:41] for b in names if a != b][:10_000]
    text = "---\n".join(
        document(f"from: {a}\nto: {b}\nmaxDelay: 20ms", f"i{number}")
        for number, (a, b) in enumerate(pairs)
    )
    begun = time.process_time()
    intents, findings = read_intents(text, "many.yaml")
    read = time.process_time()
    assert len(intents) == 10_000 and findings == []
    assert lint_intents(large, intents) == []
    print(f"read {read - begun:.1f} s, checked {time.process_time() - read:.1f} s")


def test_the_page_has_every_field() -> None:
    page = (ROOT / "docs" / "te.md").read_text()
    rows = "".join(f"| `{field.name}` | {field.words} |\n" for field in INTENT.fields)
    assert rows in page
