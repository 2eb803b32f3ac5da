"""Where `testbed capture` listens, and what of its words is tcpdump's filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.orchestrators.registry import orchestrator_of
from testbed.plan.model import Plan

ANY = "any"
_NODE = re.compile(r"[\w.-]+(:\S+)?")
# Words with which a filter can begin (pcap-filter(7)): never a second node.
_FILTER_WORDS = frozenset(
    word
    for words in (
        "aarp ah arp atalk broadcast carp clnp csnp decnet dir dst es-is esis esp ether fddi",
        "gateway geneve greater host icmp icmp6 ifindex ifname igmp igrp iih inbound ip ip6 ipx",
        "is-is isis iso lat len less link llc lsp mopdl moprc mpls multicast net netbeui not on",
        "outbound pim port portrange pppoed pppoes proto protochain psnp rarp reason rnum rset sca",
        "sctp snp src srnr stp subrulenum subtype tcp tr type udp vlan vrrp wlan",
    )
    for word in words.split()
)


@dataclass(frozen=True)
class Tap:
    """Where one tcpdump listens."""

    node: str
    interface: str

    def __str__(self) -> str:
        return f"{self.node}:{self.interface}"


def tcpdump(interface: str, *options: str) -> list[str]:
    """The command that captures on an interface."""
    return ["tcpdump", "-Z", "root", "-n", "-i", interface, *options]


def split_words(
    words: Sequence[str], is_node: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Nodes, and the filter behind them, of the words that follow the first node."""
    count = 0
    for word in words:
        if word in _FILTER_WORDS or not _NODE.fullmatch(word) or not is_node(_node_of(word)):
            break
        count += 1
    return list(words[:count]), list(words[count:])


def find_taps(nodes: Iterable[str], interface: str) -> list[Tap]:
    """Where to listen, of words NODE or NODE:INTERFACE. Raises TestbedError.

    `interface`: that of the words that name none.
    """
    taps = []
    for word in nodes:
        node, colon, own = word.partition(":")
        if colon and interface != ANY:
            raise TestbedError(
                f"{word} and -i {interface}: which interface is meant?", fix="give one"
            )
        if colon and not own:
            raise TestbedError(f"{word!r} names no interface", fix=f"{node}, or {node}:INTERFACE")
        taps.append(Tap(node, own or interface))
    return list(dict.fromkeys(taps))


def node_test(plan: Plan) -> Callable[[str], bool]:
    """Whether a name is a node's or a pod's; pods are asked for only if a name is no node's."""

    def is_node(name: str) -> bool:
        if name in plan.by_name:
            return True
        with suppress(TestbedError):
            return name in {pod.name for pod in orchestrator_of(plan).pods(plan)}
        return False

    return is_node


def _node_of(word: str) -> str:
    return word.partition(":")[0]
