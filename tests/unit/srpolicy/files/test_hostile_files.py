"""Policy files of both forms together, and text that is damaged or hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.load import load_policies
from tests.unit.srpolicy.files.policy_texts import (
    CONFIGMAP,
    INJECTOR,
    OLDER,
    OWN,
    refused,
    resolve,
    sids,
)


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
        (CONFIGMAP, "fix: testbed apply -f FILE"),
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
