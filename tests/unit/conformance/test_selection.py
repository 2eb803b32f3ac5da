"""Which specs count, for which group, and which are not applicable."""

from __future__ import annotations

import re

from testbed.conformance.selection import FOCUS, GROUPS, SKIP, group_of, select

SERVICE = "[sig-network] Services should serve a basic endpoint from pods [Conformance]"
DUAL = "[sig-network] [Feature:IPv6DualStack] should create service with ipv6 cluster ip"
POLICY = "[sig-network] Netpol [LinuxOnly] should deny egress [Feature:NetworkPolicy]"
SCTP = "[sig-network] [Feature:IPv6DualStack] pod-Service: sctp [Feature:SCTPConnectivity]"


def test_the_focus_is_the_networks_conformance_dual_stack_and_policies() -> None:
    wanted = [SERVICE, DUAL, POLICY, SCTP]
    names = [*wanted, "[sig-node] Pods [Conformance]", "[sig-network] Netpol"]
    assert [name for name in names if re.search(FOCUS, name)] == wanted


def test_what_is_not_applicable_has_a_reason_and_is_not_run() -> None:
    selection = select([SCTP, SERVICE, DUAL])
    assert selection.wanted == (SERVICE, DUAL)
    assert selection.not_applicable == {SCTP: "it needs SCTP in the kernel"}
    assert [name for name in (SERVICE, DUAL, SCTP) if re.search(SKIP, name)] == [SCTP]


def test_each_spec_counts_once() -> None:
    conformance, dual, policies = GROUPS
    assert group_of(SERVICE) == conformance
    assert group_of(DUAL) == dual
    assert group_of(POLICY) == policies
    assert group_of(f"{DUAL} [Conformance]") == conformance
    assert select([SERVICE, DUAL]).of(dual) == [DUAL]
