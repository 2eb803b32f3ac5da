"""What IS-IS says is read as isisd prints it, and differs from the plan where it really does."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from testbed.engine.from_plan import network_of
from testbed.engine.linkstate.compare import differences
from testbed.engine.linkstate.lsp import System, read_database, read_hostnames
from testbed.engine.linkstate.state import LinkState, link_state
from testbed.plan.identifiers import network_entity_title
from testbed.plan.model import Plan
from tests.shipped_plans import shipped_plan
from tests.unit.topology.topology_file import TWO, plan_of

HERE = Path(__file__).parent
WHOLE, CUT = ((HERE / f"frr-8.4-{name}.txt").read_text() for name in ("full", "cut"))


def system_id(number: int) -> str:
    return network_entity_title(number)[8:-3]


HOSTNAMES = "vrf     : default\nLevel  System ID      Dynamic Hostname\n" + "".join(
    f"2      {system_id(n)} r{n}             \n" if n != 4 else f"     * {system_id(n)} r{n}\n"
    for n in range(1, 9)
)
NAMES = read_hostnames(HOSTNAMES)


def full() -> Plan:
    return shipped_plan("full")


def state_of(text: str, plan: Plan | None = None) -> LinkState:
    return link_state(read_database(text, NAMES), plan or full())


def said(text: str, plan: Plan | None = None) -> list[str]:
    plan = plan or full()
    return [str(difference) for difference in differences(plan, state_of(text, plan))]


def test_hostnames_of_others_and_its_own() -> None:
    assert {system_id(n): f"r{n}" for n in range(1, 9)} == NAMES


def test_an_lsp_is_read_as_printed() -> None:
    lsp = read_database(WHOLE, NAMES)[System("r1")]
    assert (lsp.sequence, lsp.holdtime, lsp.age, lsp.overload) == (3, 995, 205, False)
    assert lsp.neighbours == ((System("r2"), 10),)
    assert lsp.prefixes[ip_network("5f00:0:1::/48")] == 0
    assert lsp.prefixes[ip_network("10.1.0.0/16")] == 10
    assert len(lsp.prefixes) == 8


def test_a_network_that_is_as_planned_is_the_plans() -> None:
    state, routers = state_of(WHOLE), full().router_names
    planned = {a for a in network_of(full()).adjacencies if {a.tail, a.head} <= routers}
    assert set(state.network.adjacencies) == planned
    assert state.network.nodes == routers
    assert said(WHOLE) == []


def test_a_link_that_was_cut_is_missing_by_what_its_ends_say() -> None:
    # r4's LSP has 1163 s left of at most 1200, r5's 1154
    assert said(CUT) == ["the plan has r4-r5, the network has not (by an LSP of the last 37 s)"]


def block(text: str, router: str) -> str:
    found = re.search(rf"^{router}\.00-00.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def test_an_adjacency_of_which_one_end_alone_tells_carries_nothing() -> None:
    line = f"  Extended Reachability: {system_id(5)}.00 (Metric: 10)\n"
    own = block(WHOLE, "r4")
    text = WHOLE.replace(own, own.replace(line, ""))
    assert said(text)[0].startswith("the plan has r4-r5, the network has not (by an LSP")
    assert said(text)[1:] == ["r5 tells of r4, but r4 does not tell of r5"]


def test_a_router_without_an_lsp_is_missing_with_its_links() -> None:
    purged = re.sub(r" (\d+)(?=    0/0/0)", r"( \1)", block(WHOLE, "r6"))
    for gone in ("", purged):
        found = said(WHOLE.replace(block(WHOLE, "r6"), gone))
        assert found[0] == "the plan has r6, the network has not"
        assert {line for line in found if "tells of r6" in line} == {
            f"r{n} tells of r6, but r6 does not tell of r{n}" for n in (4, 5, 7, 8)
        }


def test_a_stranger_metrics_overload_and_prefixes_are_told() -> None:
    own = block(WHOLE, "r6")
    text = WHOLE.replace(own, own.replace("0/0/0", "0/0/1"))
    four = block(text, "r4")
    dearer = four.replace(f"{system_id(6)}.00 (Metric: 10)", f"{system_id(6)}.00 (Metric: 77)")
    dearer = dearer.replace("  IPv6 Reachability: 5f00:0:4::/48 (Metric: 0)\n", "")
    text = text.replace(four, dearer)
    text += own.replace("r6.00-00", "9999.9999.9999.00-00")
    found = [line for line in said(text) if "tells of" not in line]
    assert found == [
        "the network has 9999.9999.9999, the plan has not",
        "r4-r6 has metric 77 from r4, in the plan 10",
        "r6 has set the overload bit: nothing passes through it",
        "r4 does not announce 5f00:0:4::/48 (by an LSP of the last 152 s)",
    ]
    assert state_of(text).network.overloaded == {"r6"}


def test_fragments_of_an_lsp_are_one() -> None:
    head, *lines = block(WHOLE, "r4").rstrip().splitlines()
    second = head.replace("r4.00-00", "r4.00-01")
    parts = "\n".join([head, *lines[:7], second, *lines[7:]])
    assert said(WHOLE.replace(block(WHOLE, "r4"), parts + "\n\n")) == []


def test_unknown_lines_and_a_second_topology_are_passed_over() -> None:
    """As FRR 10.3 prints them, with IPv6 in a topology of its own, and sub-TLVs."""
    text = WHOLE.replace("  IPv6 Reachability:", "  MT IPv6 Reachability:")
    text = re.sub(r"(MT IPv6 Reachability: .*)", r"\1 ipv6-unicast\n    Subtlvs: none", text)
    text = re.sub(
        r"  Extended (Reachability: .*)",
        r"  Extended \1\n    Administrative Group: 0x1\n    SRv6 End.X SID: 5f00::1\n"
        r"  MT \1 ipv6-unicast",
        text,
    )
    assert said(text.replace("  Hostname:", "  MT Router Info: ipv6-unicast\n  Hostname:")) == []


def test_routers_on_one_lan_have_an_adjacency_each(tmp_path: Path) -> None:
    """As circuits are under the paper's timers: each link is a LAN with a pseudonode."""
    plan = plan_of(tmp_path, TWO)
    subnets = "".join(f"  IPv6 Reachability: {x} (Metric: 10)\n" for x in _announced(plan, "r1"))
    text = "".join(
        f"r{n}.00-00  100   0x00000001  0x0000     900    0/0/0\n"
        f"  Extended Reachability: {system_id(1)}.02 (Metric: 10)\n"
        + "".join(f"  IPv6 Reachability: {x} (Metric: 10)\n" for x in _announced(plan, f"r{n}"))
        for n in (1, 2)
    )
    lan = (
        "r1.02-00  50   0x00000001  0x0000     900    0/0/0\n"
        f"  Extended Reachability: {system_id(1)}.00 (Metric: 0)\n"
        f"  Extended Reachability: {system_id(2)}.00 (Metric: 0)\n"
    )
    assert subnets and said(text + lan, plan) == []
    assert said(text, plan) == [
        "the plan has r1-r2, the network has not (by an LSP of the last 300 s)"
    ]


def _announced(plan: Plan, router: str) -> list[str]:
    node = plan.node(router)
    own = [f"{a}/{a.max_prefixlen}" for a in node.loopbacks] + [str(node.locator)]
    return own + [str(a.network) for port in plan.ports_of(router) for a in port.addresses]


def parallel(directory: Path, alive: int, with_prefixes: bool) -> list[str]:
    """Two parallel links, of which the first is gone."""
    plan = plan_of(directory, TWO + "self.addLink(r1, r2)")
    gone = [] if with_prefixes else [str(a.network) for a in plan.links[0].a.addresses]
    text = "".join(
        f"r{n}.00-00  100   0x00000001  0x0000     900    0/0/0\n"
        + f"  Extended Reachability: {system_id(3 - n)}.00 (Metric: 10)\n" * alive
        + "".join(
            f"  IPv6 Reachability: {x} (Metric: 10)\n"
            for x in _announced(plan, f"r{n}")
            if x not in gone
        )
        for n in (1, 2)
    )
    return said(text, plan)


def test_parallel_links_are_told_apart_by_their_subnets(tmp_path: Path) -> None:
    assert parallel(tmp_path, 2, with_prefixes=True) == []
    assert parallel(tmp_path, 1, with_prefixes=False) == [
        "the plan has r1-r2, the network has not (by an LSP of the last 300 s)"
    ]
    assert parallel(tmp_path, 1, with_prefixes=True) == [
        "the plan has r1-r2.2 (or a link beside it), the network has not (by an LSP of the last "
        "300 s)"
    ]


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=400), st.integers(0, 7000), st.integers(0, 200))
@example("", WHOLE.index("fcf0:0:3:4::/64") + len("fcf0"), 1)
def test_any_text_is_read(noise: str, at: int, lost: int) -> None:
    differences(full(), state_of(WHOLE[:at] + noise + WHOLE[at + lost :]))


@pytest.mark.parametrize("name", ["r1", "r8"])
def test_ages_are_of_each_router(name: str) -> None:
    database = read_database(WHOLE, NAMES)
    older = {**database, System(name): replace(database[System(name)], holdtime=7)}
    assert link_state(older, full()).ages[name] == 1193
