"""What VPP says of its local SIDs, read; and what is said where there is no VPP."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from testbed.orchestrators.kubernetes import vpp_check
from testbed.orchestrators.kubernetes.dry_run import Verdict
from tests.shipped_plans import shipped_plan

SAID = (
    "SRv6 - My LocalSID Table:\r\n=========================\r\n"
    "\tAddress: \tfcdd::1/128\r\n\tBehavior: \tDT4 (Endpoint with …)\r\n\tTable: \t0\r\n"
    "\tGood traffic: \t[0 packets : 0 bytes]\r\n--------------------\r\n"
    "\tAddress: \tfcdd::2/128\r\n\tBehavior: \tEnd [Endpoint]\r\n"
)


def test_local_sids_are_read_with_their_behaviour() -> None:
    assert vpp_check.local_sids(SAID) == {
        IPv6Address("fcdd::1"): "DT4",
        IPv6Address("fcdd::2"): "End",
    }
    assert vpp_check.local_sids("SRv6 - My LocalSID Table:\r\n") == {}


def test_without_vpp_its_files_are_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    verdict = vpp_check.judge(shipped_plan("full").node("worker1"))
    assert verdict == Verdict("vpp/worker1", "unchecked", "no vpp on this machine")
