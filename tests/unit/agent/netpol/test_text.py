"""The table's text, and how little of it changes with a pod or a policy."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from testbed.agent.desired.netpol.compile import compile_table
from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.netpol.text import TABLE, transaction
from testbed.agent.desired.netpol.workload import Workload
from testbed.agent.model.label_selector import LabelSelector, Requirement
from testbed.agent.model.network_policy import IpBlock, NetworkPolicy, PodPeer, Port, Rule

CLIENTS = LabelSelector((Requirement("app", "In", ("client",)),))
SERVERS = LabelSelector((Requirement("app", "In", ("server",)),))
WEB = Port("TCP", 80, 90)


def pod(name: str, address: str, app: str, interface: str = "") -> Workload:
    return Workload("d", name, {"app": app}, frozenset([ip_address(address)]), (), interface)


SERVER = pod("s", "10.0.0.1", "server", "cali1")


def table(*pods: Workload, ports: tuple[Port, ...] = (WEB,)) -> Table:
    policy = NetworkPolicy("d", "np", SERVERS, ingress=(Rule((PodPeer(CLIENTS),), ports),))
    return compile_table((policy,), (), (SERVER, *pods), frozenset(["cali1"]))


def test_the_whole_table() -> None:
    lines = transaction(None, table(pod("c", "fd00::2", "client"))).splitlines()
    assert lines[:3] == [f"add table {TABLE}", f"delete table {TABLE}", f"table {TABLE} {{"]
    text = "\n".join(lines)
    assert "    type ipv6_addr;\n    elements = { fd00::2 }\n" in text
    assert 'map ingress {\n    type ifname : verdict;\n    elements = { "cali1" : goto pod-' in text
    rule = next(line for line in lines if "ip6 saddr" in line)
    assert rule.startswith("    ct original ip6 saddr @pods6-")
    assert "meta l4proto tcp ct reply proto-src 80-90 counter accept" in rule
    assert rule.endswith('comment "ingress[0].from[0] of d/np"')
    assert '    counter drop comment "d/s, ingress"' in lines
    assert text == transaction(None, table(pod("c", "fd00::2", "client"))).rstrip()


def test_nothing_is_to_be_done_for_the_same() -> None:
    assert transaction(table(), table()) == ""
    assert transaction(Table(), Table()) == ""


def test_a_pod_more_is_an_element_more() -> None:
    more = table(pod("c", "10.0.0.2", "client"), pod("x", "10.0.0.3", "other"))
    (line,) = transaction(table(), more).splitlines()
    assert line.startswith(f"add element {TABLE} pods4-") and line.endswith("{ 10.0.0.2 }")
    (line,) = transaction(more, table()).splitlines()
    assert line.startswith(f"delete element {TABLE} pods4-")


def test_a_policy_that_changes_is_its_chain_anew() -> None:
    changed = transaction(table(), table(ports=(Port("UDP"),))).splitlines()
    assert [line.split()[0] for line in changed] == ["flush", "add", "add"]
    assert all("chain" in line or "meta l4proto udp counter" in line for line in changed)


def test_what_nobody_needs_any_more_is_deleted_after_what_referred_to_it() -> None:
    other = NetworkPolicy("other", "np")
    after = compile_table((other,), (), (SERVER,), frozenset(["cali1"]))
    words = [line.split()[:2] for line in transaction(table(), after).splitlines()]
    assert words == [
        *[["delete", "element"]] * 3,  # of the map, and of the sets of isolated pods
        *[["flush", "chain"]] * 2,
        *[["delete", "chain"]] * 2,
        *[["delete", "set"]] * 2,  # one per family
    ]


def test_while_there_is_a_policy_a_pod_that_is_not_known_yet_gets_nothing() -> None:
    elsewhere = NetworkPolicy("other", "np")
    text = transaction(None, compile_table((elsewhere,), (), (), frozenset(["cali1"])))
    assert 'iifname "cali*" iifname != @attached counter drop' in text
    assert 'set attached {\n    type ifname;\n    elements = { "cali1" }\n' in text


def test_without_policies_there_is_no_table() -> None:
    gone = f"add table {TABLE}\ndelete table {TABLE}\n"
    assert transaction(table(), Table()) == transaction(None, Table()) == gone
    assert transaction(Table(), table()) == transaction(None, table())


@pytest.mark.parametrize(
    ("blocks", "networks"),
    [
        ([("10.0.0.0/8", ["10.0.0.0/9"])], ["10.128.0.0/9"]),
        ([("10.0.0.0/8", ["10.0.0.0/8"])], []),
        ([("10.0.0.0/30", ["10.0.0.1/32", "10.0.0.0/31"])], ["10.0.0.2/31"]),
        ([("10.0.0.0/8", ["10.0.0.0/9"]), ("10.0.0.0/8", [])], ["10.0.0.0/8"]),
        ([("fd00::/127", []), ("10.0.0.0/8", [])], ["10.0.0.0/8", "fd00::/127"]),
    ],
)
def test_an_exception_takes_from_its_own_block_alone(
    blocks: list[tuple[str, list[str]]], networks: list[str]
) -> None:
    peers = tuple(IpBlock(ip_network(c), tuple(map(ip_network, e))) for c, e in blocks)
    policy = NetworkPolicy("d", "np", ingress=(Rule(peers),))
    found = compile_table((policy,), (), (SERVER,), frozenset()).sets.values()
    assert [text for one in found for text in one.texts] == networks
