"""The readers of policy files: the injector's YAML, our own form, ConfigMaps."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap, injector
from testbed.srpolicy.files.change import Lines
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.model import Candidate, ProtocolOrigin, SRPolicy
from testbed.srpolicy.validity import structure
from tests.repository import PAPER
from tests.unit.srpolicy import srpolicy_strategies as mine

INJECTOR = """\
nlri:
  distinguisher: 7
  color: 51
  endpoint: fd12::1000
iswithdraw: false
age:
  seconds: 1
  nanos: 2
sourceasn: 65000
family: {afi: 2, safi: 73}
neighborip: fd12::1000
segmentlist:
  weight: 0
  segments:
  - sid: fcff:6::1
    behavior: 18
  - sid: fcdd::12aa:1
    behavior: 19
bsid: cafe::4
priority: 0
nexthop: fd12::1000
"""

OWN = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: to-worker2}
spec:
  endpoint: worker2
  color: 51
  family: IPv4
  headEnds: [master, worker1]
  candidates:
  - preference: 200
    bindingSid: cafe::4
    segmentLists:
    - weight: 3
      segments: [r6, r8, worker2]
    - segments:
      - {sid: "fcff:2::1", behavior: 1}
      - fcdd::12aa:1
  - discriminator: 9
    priority: 7
    segmentLists:
    - segments: [worker2]
"""

CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: srv6-config-worker1
  namespace: calico-vpp-dataplane
data:
  srv6: |
    ---
    localsids:
      DT4: "fcdd::11aa:4"
      DT6: "fcdd::11aa:6"
    node: worker1
    policies:
      -
        bsid: "cafe::5"
        node: "fd12::1000"
        segment_list:
          - "fcff:6::1"
          - "fcdd::12aa:6"
        traffic: IPv6
"""

OLDER = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: srv6-config
data:
  master: |
    localsids:
      DT4: fcdd::aa:4
    policies: null
  worker1: |
    node: worker1
    localsids: {DT4: "fcdd::11aa:4", DT6: "fcdd::11aa:6"}
  worker2: |
    policies:
    - node: fd11::1000
      segment_list: ["fcff:4::1", "fcdd::11aa:4"]
      traffic: IPv4
"""


def resolve(name: str, family: int | None) -> IPv6Address | None:
    """A lab of three nodes."""
    known = {
        ("worker2", None): "fd12::1000",
        ("worker2", 4): "fcdd::12aa:1",
        ("r6", None): "fcff:6::1",
        ("r8", None): "fcff:8::1",
    }
    found = known.get((name, family))
    return IPv6Address(found) if found else None


def sids(candidate: Candidate) -> list[list[str]]:
    return [[str(sid) for sid in item.sids] for item in candidate.segment_lists]


def refused(text: str, source: str = "f.yaml") -> str:
    with pytest.raises(TestbedError) as caught:
        load_policies(text, source, resolve)
    assert caught.value.exit_code == 2
    return str(caught.value)


def refused_configmap(text: str) -> str:
    with pytest.raises(TestbedError) as caught:
        configmap.load_configmaps(text, "c.yaml")
    return str(caught.value)


# --- the injector's form


def test_reads_the_injectors_form() -> None:
    (change,) = load_policies(INJECTOR, "p.yaml")
    candidate = change.candidate
    assert candidate is not None
    assert change.policy == candidate.key == SRPolicy(7, 51, IPv6Address("fd12::1000"))
    assert candidate.family == 4, "the last segment counts, not the waypoint's behaviour"
    assert (candidate.preference, candidate.wire_priority) == (100, 100)
    assert candidate.segment_lists[0].weight == 1
    assert sids(candidate) == [["fcff:6::1", "fcdd::12aa:1"]]
    assert candidate.binding_sid == IPv6Address("cafe::4")
    assert not change.withdraw and change.next_hop == IPv6Address("fd12::1000")
    assert change.lines == Lines(1, 4, 19, ((15, 17),))
    assert structure(candidate) == []


@pytest.mark.parametrize(
    ("said", "preference", "priority"),
    [("", 100, 100), ("7", 7, 7), ("255", 255, 255), ("300", 300, 255)],
)
def test_the_injectors_priority_is_the_preference(
    said: str, preference: int, priority: int
) -> None:
    (change,) = load_policies(INJECTOR.replace("priority: 0", f"priority: {said}"), "p.yaml")
    assert change.candidate is not None
    assert change.candidate.preference == preference
    assert change.candidate.wire_priority == priority


def test_iswithdraw_takes_back_the_nlri() -> None:
    (change,) = load_policies(INJECTOR.replace("iswithdraw: false", "iswithdraw: true"), "p.yaml")
    assert change.withdraw and change.policy == SRPolicy(7, 51, IPv6Address("fd12::1000"))
    short = "nlri: {endpoint: 'fd12::1000', color: 51, distinguisher: 7}\niswithdraw: true\n"
    (bare,) = load_policies(short, "p.yaml")
    assert bare.withdraw and bare.policy == change.policy and bare.candidate is None


@given(mine.announced)
def test_the_injectors_form_round_trips(candidate: Candidate) -> None:
    try:
        text = injector.write(candidate)
    except TestbedError:
        assert (
            len(candidate.segment_lists) > 1
            or candidate.preference == 0
            or candidate.segment_lists[0].weight == 0
        )
        return
    (change,) = load_policies(text, "p.yaml")
    read = change.candidate
    assert read is not None and read.key == candidate.key
    assert (read.preference, read.binding_sid) == (candidate.preference, candidate.binding_sid)
    assert sids(read) == sids(candidate)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "bsid:",
            "bsit:",
            "f.yaml:19: the policy has no field 'bsit'\n  fix: did you mean 'bsid'?",
        ),
        ("color: 51", "colour: 51", "f.yaml:3: nlri has no field 'colour'\n  fix: did you mean"),
        ("fd12::1000\nis", "10.0.0.1\nis", "f.yaml:4: endpoint must be an IPv6 address\n  why: it"),
        ("safi: 73", "safi: 1", "f.yaml:10: only IPv6 SR Policy is carried here"),
        ("color: 51", "color: -1", "f.yaml:3: color must be a whole number from 0 to 4294967295"),
        ("color: 51", "color: x", "why: it is 'x'"),
        ("sid: fcff:6::1", "sid: fcff:6::g", "f.yaml:15: sid must be an IPv6 address"),
        ("sid: fcff:6::1", "sid: fcff:6::1/64", "f.yaml:15: sid must be an IPv6 address"),
        ("false", "perhaps", "f.yaml:5: iswithdraw must be true or false"),
        (
            "  color: 51",
            "  color: 51\n  color: 52",
            "f.yaml:4: key 'color' appears twice\n  why: f",
        ),
    ],
)
def test_faults_in_the_injectors_form(old: str, new: str, expected: str) -> None:
    assert expected in refused(INJECTOR.replace(old, new, 1))


# --- our own form


def test_reads_our_own_form() -> None:
    first, second = load_policies(OWN, "own.yaml", resolve)
    assert first.candidate is not None and second.candidate is not None
    assert first.name == second.name == "to-worker2"
    assert [c.policy.distinguisher for c in (first, second)] == [1, 9]
    assert first.candidate.head_ends == ("master", "worker1")
    assert first.candidate.family == second.candidate.family == 4
    assert (first.candidate.preference, second.candidate.preference) == (200, 100)
    assert (first.candidate.wire_priority, second.candidate.wire_priority) == (200, 7)
    assert [item.weight for item in first.candidate.segment_lists] == [3, 1]
    assert sids(first.candidate) == [
        ["fcff:6::1", "fcff:8::1", "fcdd::12aa:1"],
        ["fcff:2::1", "fcdd::12aa:1"],
    ]
    assert first.lines == Lines(10, 5, 11, ((14, 14, 14), (16, 17)))
    assert structure(first.candidate) == [] == structure(second.candidate)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "preference",
            "preferrence",
            "f.yaml:10: candidates[1] has no field 'preferrence'\n"
            "  fix: did you mean 'preference'?",
        ),
        (
            "IPv4",
            "ipv4",
            "f.yaml:7: family must be IPv4 or IPv6, it is 'ipv4'\n  fix: did you mean 'IPv4'?",
        ),
        ("testbed/v1", "testbed/v2", "f.yaml:1: apiVersion must be testbed/v1"),
        ("SRPolicy", "SrPolicy", "f.yaml:2: kind must be SRPolicy"),
        ("color: 51", "color: red", "f.yaml:6: color must be of type integer, it is 'red'"),
        ("  color: 51\n", "", "f.yaml:5: spec lacks color"),
        ("weight: 3", "weight: 0", "f.yaml:13: weight must be at least 1, it is 0"),
        ("priority: 7", "priority: 256", "f.yaml:19: priority must be at most 255"),
        ("[r6, r8, worker2]", "[]", "f.yaml:14: segments must not be empty"),
        ("[r6, r8, worker2]", "[[]]", "f.yaml:14: segments[1] must be a SID"),
        ("[r6, r8, worker2]", "[r6, r9, worker2]", "f.yaml:14: no node called 'r9' is known"),
        ("[r6, r8, worker2]", "[r6, r8]", "why: its local SID for IPv4 is needed here"),
        ("[master, worker1]", "[master, master]", "f.yaml:8: headEnds must not name anything tw"),
        ("cafe::4", "cafe::4:x", "f.yaml:11: bindingSid must be an IPv6 address"),
        ("discriminator: 9", "discriminator: 1", "f.yaml:18: two candidates have the same NLRI"),
        ("to-worker2", "To Worker", "f.yaml:3: name must be a lower-case name"),
    ],
)
def test_faults_in_our_own_form(old: str, new: str, expected: str) -> None:
    assert expected in refused(OWN.replace(old, new, 1))


def test_a_resolvers_own_words_reach_the_user() -> None:
    def helpful(name: str, _family: int | None) -> IPv6Address:
        raise TestbedError(f"no {name}", fix="did you mean 'r1'?")

    with pytest.raises(TestbedError, match=r"o.yaml:5: no worker2\n  fix: did you mean 'r1'"):
        load_policies(OWN, "o.yaml", helpful)


def test_both_forms_in_one_file() -> None:
    changes = load_policies(OWN + "---\n" + INJECTOR, "both.yaml", resolve)
    assert [c.policy.distinguisher for c in changes] == [1, 9, 7]
    assert changes[2].where == "both.yaml:23"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "f.yaml: the file holds no policy"),
        ("---\n---\n", "f.yaml: the file holds no policy"),
        ("hello", "f.yaml:1: this is no SR Policy"),
        ("- 1", "f.yaml:1: this is no SR Policy"),
        (CONFIGMAP, "fix: use `testbed apply -f` for it"),
        ("a: [", "not valid YAML"),
        ("nlri: !!python/object/apply:os.system [id]", "is not allowed here"),
        ("[" * 100_000, "nested deeper"),
        ("nlri: &a [*a]", "alias *a contains itself"),
        ("nlri: *a", "alias *a has no anchor"),
        ("#" * (1 << 20) + "#", "file is too large"),
        ("? {a: b}\n: c", "must be a plain word"),
        ("\x00", "not valid YAML"),
    ],
)
def test_hostile_and_empty_text(text: str, expected: str) -> None:
    assert expected in refused(text)


def test_a_billion_laughs_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "more than 50000 values" in refused("\n".join(lines))


def test_documents_together_are_limited() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: [" + "*a, " * 500 + "]\n"
    assert "more than 50000 values" in refused("---\n".join([bomb] * 20))


def test_deep_objects_are_refused() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TestbedError, match="nested deeper than 32 levels"):
        configmap.from_object({"data": deep}, "api")


def test_harmless_anchors_work() -> None:
    text = OWN.replace("segments: [r6, r8, worker2]", "segments: &path [r6, r8, worker2]")
    text = text.replace("segments: [worker2]", "segments: *path")
    changes = load_policies(text, "own.yaml", resolve)
    assert changes[1].candidate is not None
    assert sids(changes[1].candidate) == [["fcff:6::1", "fcff:8::1", "fcdd::12aa:1"]]


# --- ConfigMaps


def test_reads_a_configmap_with_the_outer_files_lines() -> None:
    (config,) = configmap.load_configmaps(CONFIGMAP, "c.yaml")
    assert (config.node, config.configmap) == ("worker1", "srv6-config-worker1")
    assert (config.dt4, config.dt6) == (IPv6Address("fcdd::11aa:4"), IPv6Address("fcdd::11aa:6"))
    assert (config.dt4_line, config.dt6_line) == (10, 11)
    (policy,) = config.policies
    assert policy.lines == Lines(15, 16, 15, ((18, 19),))
    candidate = policy.candidate
    assert candidate.protocol_origin is ProtocolOrigin.CONFIGURATION
    assert candidate.family == 6 and candidate.head_ends == ("worker1",)
    assert [s.behavior for s in candidate.segment_lists[0].segments] == [None, 18]
    assert structure(candidate) == []


def test_reads_the_older_form() -> None:
    master, worker1, worker2 = configmap.load_configmaps(OLDER, "c.yaml")
    assert (master.node, master.policies, master.dt6) == ("master", (), None)
    assert (worker1.node, worker1.policies) == ("worker1", ())
    (policy,) = worker2.policies
    assert policy.candidate.family == 4 and policy.lines.segments == ((16, 16),)


def test_reads_objects_of_an_api() -> None:
    text = CONFIGMAP.split("srv6: |\n")[1]
    text = "\n".join(line[4:] for line in text.splitlines())
    data = {
        "kind": "ConfigMap",
        "metadata": {"name": "srv6-config-worker1", "namespace": "calico-vpp-dataplane"},
        "data": {"srv6": text},
    }
    (config,) = configmap.from_object(data, "api")
    (from_file,) = configmap.load_configmaps(CONFIGMAP, "c.yaml")
    assert config.candidates == from_file.candidates


@pytest.mark.parametrize("value", ["null", '""', "|\n    ---\n", "{}"])
def test_an_empty_configuration_is_no_policy(value: str) -> None:
    (config,) = configmap.load_configmaps(CONFIGMAP.split("srv6:")[0] + f"srv6: {value}", "c.yaml")
    assert (config.node, config.candidates, config.dt4) == ("worker1", (), None)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("traffic: IPv6", "traffic: ipv6", "c.yaml:20: traffic must be IPv4 or IPv6\n  why: it is"),
        (
            "segment_list",
            "segmentlist",
            "c.yaml:17: a policy has no field 'segmentlist'\n  fix: di",
        ),
        ("DT4:", "DT5:", "c.yaml:10: localsids has no field 'DT5'"),
        ('"fcff:6::1"', '"r6"', "c.yaml:18: SID must be an IPv6 address\n  why: it is 'r6'"),
        ('"cafe::5"', '"10.0.0.1"', "c.yaml:15: bsid must be an IPv6 address"),
        ('"fd12::1000"', "[]", "c.yaml:16: node (the policy's endpoint) must be an IPv6 address"),
        ("node: worker1", "node: worker2", "c.yaml:12: ConfigMap srv6-config-worker1 is for worke"),
        ("  srv6:", "  srv7:", "c.yaml:7: data of ConfigMap srv6-config-worker1 has no field"),
        ("srv6-config-worker1", "other", "c.yaml:1: this is no TE ConfigMap"),
        ("calico-vpp-dataplane", "default", "c.yaml:5: ConfigMap srv6-config-worker1 is in the w"),
        ("    policies:", "    node: x\n    policies:", "c.yaml:13: key 'node' appears twice"),
        ("      DT4", "    - DT4", "c.yaml:10: localsids must be a mapping"),
        ("    policies:", "  \tpolicies", "c.yaml:13: not valid YAML"),
        ("kind: ConfigMap", "kind: ConfigMap\nkind: ConfigMap", "c.yaml:3: key 'kind' appears tw"),
    ],
)
def test_faults_in_a_configmap(old: str, new: str, expected: str) -> None:
    assert expected in refused_configmap(CONFIGMAP.replace(old, new, 1))


def test_a_node_is_configured_once() -> None:
    why = refused_configmap(CONFIGMAP + "---\n" + CONFIGMAP)
    assert why.startswith("c.yaml:28: node worker1 is configured twice\n  why: first on line 7")


# --- any text

_WORDS = r"""
nlri endpoint color segmentlist segments sid behavior bsid priority apiVersion testbed/v1 kind
SRPolicy ConfigMap metadata name srv6-config srv6-config-x data srv6 spec candidates segmentLists
policies node traffic IPv4 localsids DT4 fd11::1 fcff:6::1 10.0.0.1 18 19 0 -1 1.5 null true ~
*a &a [ ] { } , : - ? | > ! !!str !!int ' " # % @ ` --- ... << \ \t \udc80 \UFFFFFFFF
"""
_words = st.sampled_from([*_WORDS.split(), "\t"])
_glue = st.sampled_from(["", " ", "\n", "\n  ", ": ", "\n- ", "\n    "])
_yamlish = st.lists(st.tuples(_words, _glue), max_size=40).map(
    lambda parts: "".join(word + glue for word, glue in parts)
)
_leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_json = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4)
)


def _all_readers(text: str) -> None:
    for reader in (load_policies, configmap.load_configmaps):
        try:
            reader(text, "f.yaml")
        except TestbedError as error:
            str(error).encode()  # printable, whatever the text was


@given(st.text(max_size=200) | _yamlish)
def test_any_text_gives_a_value_or_an_error(text: str) -> None:
    _all_readers(text)


@given(st.data())
def test_damaged_files_give_a_value_or_an_error(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([INJECTOR, OWN, CONFIGMAP, OLDER]))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(_yamlish | st.text(max_size=5)) + text[end:]
    _all_readers(text)


@given(st.sampled_from(["srv6-config", "srv6-config-n"]), _json)
def test_any_object_gives_a_value_or_an_error(name: str, data: object) -> None:
    try:
        configmap.from_object({"metadata": {"name": name}, "data": data}, "api")
    except TestbedError as error:
        str(error).encode()


# --- the paper's own files

needs_originals = pytest.mark.skipif(not PAPER.is_dir(), reason="the paper's files are absent")


@needs_originals
def test_the_papers_injector_file() -> None:
    (change,) = load_policies((PAPER / "policyFile.yaml").read_text(), "policyFile.yaml")
    assert change.candidate is not None and structure(change.candidate, max_segments=3) == []
    assert change.policy == SRPolicy(4, 94, IPv6Address("fd11::1000"))
    assert change.candidate.family == 4 and change.candidate.preference == 100
    assert sids(change.candidate) == [["fcff:3::1", "fcdd::11aa:c11:b42f:f17e:a682"]]


@needs_originals
def test_the_papers_configmaps() -> None:
    """The paths of the paper's table, both families, from every head end."""
    text = (PAPER / "configMap.yaml").read_text()
    paths = {
        (config.node, str(c.endpoint), c.family): sids(c)[0][:-1]
        for config in configmap.load_configmaps(text, "configMap.yaml")
        for c in config.candidates
        if structure(c, max_segments=3) == []
    }
    master, worker1, worker2 = "fd10::1000", "fd11::1000", "fd12::1000"
    r = {n: f"fcff:{n}::1" for n in range(1, 9)}
    table = {
        ("master", worker1): [r[3]],
        ("master", worker2): [r[6], r[8]],
        ("worker1", master): [r[3]],
        ("worker1", worker2): [r[6], r[8]],
        ("worker2", master): [r[2], r[3]],
        ("worker2", worker1): [r[4], r[3]],
    }
    assert paths == {(*pair, family): path for pair, path in table.items() for family in (4, 6)}
