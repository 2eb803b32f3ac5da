"""What `capture` takes for nodes, and what for tcpdump's filter."""

from __future__ import annotations

import pytest

from testbed.errors import TestbedError
from testbed.lab.access.taps import Tap, find_taps, split_words

NODES = {"r3", "r6", "worker1", "pod-a", "host", "ip6"}


@pytest.mark.parametrize(
    ("words", "nodes", "filter_"),
    [
        ([], [], []),
        (["icmp6"], [], ["icmp6"]),
        (["tcp", "port", "80"], [], ["tcp", "port", "80"]),
        (["tcp port 80"], [], ["tcp port 80"]),
        (["r6"], ["r6"], []),
        (["r6", "worker1", "pod-a"], ["r6", "worker1", "pod-a"], []),
        (["r6", "icmp6", "or", "host", "r3"], ["r6"], ["icmp6", "or", "host", "r3"]),
        (["r6", "not", "ip6"], ["r6"], ["not", "ip6"]),
        (["host", "r6"], [], ["host", "r6"]),  # though a node has that name
        (["r6:r6-r8", "r3"], ["r6:r6-r8", "r3"], []),
        (["nobody"], [], ["nobody"]),  # tcpdump says what it thinks of it
        (["(icmp6)"], [], ["(icmp6)"]),
        (["ip6[40]=128"], [], ["ip6[40]=128"]),
    ],
)
def test_nodes_stand_before_the_filter(
    words: list[str], nodes: list[str], filter_: list[str]
) -> None:
    assert split_words(words, NODES.__contains__) == (nodes, filter_)


def test_only_what_can_be_a_name_is_looked_up() -> None:
    asked: list[str] = []

    def is_node(name: str) -> bool:
        asked.append(name)
        return False

    for word in ("tcp port 80", "(icmp6)", "host", "tcp", "ip6[40]=128"):
        split_words([word], is_node)
    assert asked == []


def test_an_interface_is_named_once() -> None:
    assert find_taps(["r3", "r6:r6-r8", "r3"], "any") == [Tap("r3", "any"), Tap("r6", "r6-r8")]
    assert find_taps(["r3", "r6"], "eth0") == [Tap("r3", "eth0"), Tap("r6", "eth0")]
    with pytest.raises(TestbedError, match="which interface is meant"):
        find_taps(["r3:r3-r4"], "eth0")
    with pytest.raises(TestbedError, match="names no interface"):
        find_taps(["r3:"], "any")
