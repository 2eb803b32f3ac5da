"""Which cases words choose, and what is said of words that choose none."""

from __future__ import annotations

import pytest

from testbed.errors import TestbedError
from testbed.evaluate.cases import CASES, Case
from testbed.evaluate.selector import KEYS, select


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("overlay=srv6", lambda c: c.overlay == "srv6"),
        ("family=6", lambda c: c.family == 6),
        ("segments=3", lambda c: c.segments == 3),
        ("overlay=srv6,overlay=vxlan", lambda c: c.overlay in ("srv6", "vxlan")),
        ("overlay=srv6, protocol=udp", lambda c: c.overlay == "srv6" and c.protocol == "udp"),
        ("*.vxlan.*", lambda c: c.overlay == "vxlan"),
        ("*.vxlan.*,*.ipip.*", lambda c: c.overlay in ("vxlan", "ipip")),
        ("*.[12]seg.*,streams=4", lambda c: c.segments in (1, 2) and c.streams == 4),
        (CASES[7].id, lambda c: c is CASES[7]),
        ("*", lambda _: True),
    ],
)
def test_words_choose(text: str, chosen: object) -> None:
    assert callable(chosen)
    assert select(text) == tuple(case for case in CASES if chosen(case))


@pytest.mark.parametrize("case", CASES[::29], ids=lambda case: case.id)
def test_all_keys_together_choose_one_case(case: Case) -> None:
    assert select(",".join(f"{key}={getattr(case, key)}" for key in KEYS)) == (case,)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("srv6", "no case is called 'srv6'", "did you mean overlay=srv6?"),
        ("vxlna", "no case is called 'vxlna'", "did you mean overlay=vxlan?"),
        ("ipv4", "no case is called 'ipv4'", "did you mean family=4?"),
        ("4stream", "no case is called '4stream'", "did you mean streams=4?"),
        ("own", "no case is called 'own'", "did you mean mtu=own?"),
        (
            "pod-to-pod.tcp.ipv4.accross.srv6.1seg.1stream",
            "no case is called 'pod-to-pod.tcp.ipv4.accross.srv6.1seg.1stream'",
            "did you mean pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream?",
        ),
        ("*.geneve.*", "no case is called '*.geneve.*'", "a glob has to match a whole id"),
        ("overly=srv6", "cases have no 'overly'", "did you mean overlay?"),
        ("colour=red", "cases have no 'colour'", "the keys are traffic, protocol"),
        ("=", "cases have no ''", "the keys are traffic, protocol"),
        ("overlay=SRV", "no case has overlay='SRV'", "did you mean srv6?"),
        ("family=5", "no case has family='5'", "family is one of 4, 6"),
        ("overlay=", "no case has overlay=''", "overlay is one of srv6, vxlan"),
        ("", "a word is empty", "give KEY=VALUE"),
        ("overlay=srv6,", "a word is empty", "give KEY=VALUE"),
        ("segments=1,overlay=vxlan", "no case suits all of these", "leave out segments=1"),
        ("*.veth.*,traffic=pod-to-service", "no case suits", "leave out *.veth.*"),
        (
            "overlay=vxlan,segments=1,segments=2,placement=same-node",
            "no case suits all of these words together",
            "give overlay=vxlan alone",
        ),
    ],
)
def test_words_that_choose_nothing(text: str, what: str, fix: str) -> None:
    with pytest.raises(TestbedError) as refused:
        select(text)
    assert refused.value.where == "--cases"
    assert refused.value.what.startswith(what)
    assert (refused.value.fix or "").startswith(fix)


def test_a_long_word_is_cut_in_the_message() -> None:
    with pytest.raises(TestbedError) as refused:
        select("x" * 100_000)
    assert len(str(refused.value)) < 300
