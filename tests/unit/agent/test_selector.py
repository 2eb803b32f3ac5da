"""Label selectors: Calico's own examples, and nothing that is not understood is guessed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.model import selector

LABELS = {"kubernetes.io/hostname": "worker1", "zone": "a"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("all()", True),
        ("!all()", False),
        ("global()", True),
        ("kubernetes.io/hostname == 'worker1'", True),
        ('kubernetes.io/hostname == "worker2"', False),
        ("zone != 'b'", True),
        ("has(zone) && !has(rack)", True),
        ("zone in {'a', 'b'}", True),
        ("zone not in {'a'}", False),
        ("zone == 'b' || (zone == 'a' && all())", True),
    ],
)
def test_selects(text: str, expected: bool) -> None:
    assert selector.parse(text)(LABELS) is expected


@pytest.mark.parametrize("text", ["all(", "zone", "zone ==", "zone == a", "zone ~ 'a'", "() all()"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="selector"):
        selector.parse(text)


def test_deep_nesting_is_refused_not_fatal() -> None:
    with pytest.raises(ValueError, match="deeply"):
        selector.parse("(" * 4000)


@given(st.text(alphabet="al()!&|='{}, zinhs\"", max_size=40))
def test_any_text_parses_or_raises_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert selector.parse(text)(LABELS) in (True, False)
