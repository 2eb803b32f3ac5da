"""An IPPool is held against the pools that the lab has, and against those of its own file."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from testbed.object_fields.reserved import Network, Reserved
from testbed.plan.model import Plan
from testbed.render import cluster as render
from testbed.srpolicy.files.yaml_tree import read_documents
from testbed.te.lint.findings import Finding
from testbed.te.lint.free_networks import free_network
from testbed.te.load import load_objects
from tests.unit.te.lint.test_lint import selected

POOL = """\
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: %s}
spec: {cidr: "%s"}
"""


def pools_of(plan: Plan) -> dict[str, Network]:
    """The pools that `up` makes, by name."""
    documents = read_documents(render.ippools(plan), "plan")
    plain = [d.plain for d in documents]
    return {d["metadata"]["name"]: ip_network(d["spec"]["cidr"]) for d in plain}


def said(plan: Plan, directory: Path, *pools: tuple[str, str], **more: str) -> list[Finding]:
    """What is said of a file with these pools in a lab that has the plan's pools and `more`."""
    file = directory / "o.yaml"
    file.write_text("".join(POOL % pool for pool in pools))
    there = pools_of(plan) | {name: ip_network(cidr) for name, cidr in more.items()}
    return load_objects(plan, file, True, selected, there)[1]


@pytest.mark.parametrize(
    ("cidr", "other", "free"),
    [
        ("172.16.4.0/24", "default-ipv4-ippool (172.16.0.0/16)", "172.17.0.0/24"),
        ("172.16.0.0/12", "default-ipv4-ippool (172.16.0.0/16)", None),
        ("fdfb:af47:32af:7::/64", "default-ipv6-ippool (fdfb:af47:32af::/48)", None),
        ("172.18.8.0/24", "mine (172.18.0.0/16)", "172.17.0.0/24"),
        ("172.18.0.0/15", "mine (172.18.0.0/16)", None),
    ],
)
def test_a_pool_over_one_of_the_lab_is_refused_with_a_network_that_is_free(
    full: Plan, tmp_path: Path, cidr: str, other: str, free: str | None
) -> None:
    (finding,) = said(full, tmp_path, ("p", cidr), mine="172.18.0.0/16")
    assert finding.severity == "error" and finding.where == "o.yaml:5"
    assert finding.what == f"the pods' pool {cidr} overlaps IPPool {other}"
    assert finding.fix is not None and finding.fix.startswith("cidr: ")
    proposed = finding.fix.removeprefix("cidr: ")
    assert free in (None, proposed)
    assert said(full, tmp_path, ("p", proposed), mine="172.18.0.0/16") == []


def test_the_plans_own_pools_may_be_applied_again_and_changed(full: Plan, tmp_path: Path) -> None:
    everything = [(name, str(cidr)) for name, cidr in pools_of(full).items()]
    assert said(full, tmp_path, *everything) == []
    assert said(full, tmp_path, ("default-ipv4-ippool", "172.16.0.0/17")) == []
    assert said(full, tmp_path, ("mine", "172.18.0.0/17"), mine="172.18.0.0/16") == []


def test_a_range_that_the_file_gives_up_is_free(full: Plan, tmp_path: Path) -> None:
    half, other = ("default-ipv4-ippool", "172.16.0.0/17"), ("p", "172.16.128.0/17")
    for pools in ((half, other), (other, half)):
        assert said(full, tmp_path, *pools) == []


def test_of_two_pools_in_a_file_the_later_one_is_refused(full: Plan, tmp_path: Path) -> None:
    one, two, three = ("one", "172.18.0.0/16"), ("two", "172.18.1.0/24"), ("three", "172.17.0.0/24")
    (finding,) = said(full, tmp_path, one, two, three)
    assert finding.where == "o.yaml:10"
    assert finding.what.endswith("overlaps IPPool one (172.18.0.0/16)")
    assert finding.fix == "cidr: 172.17.1.0/24"  # three, below it, keeps its own


def test_a_pool_of_sids_keeps_its_place(full: Plan, tmp_path: Path) -> None:
    (finding,) = said(full, tmp_path, ("sr-policies-pool", "cafe::/118"), mine="cafe::/120")
    assert (finding.severity, finding.fix) == ("error", "first give IPPool mine another cidr")
    node = ("sr-localsids-pool-worker1", "fcdd:0:0:11aa::/64")
    (finding,) = said(full, tmp_path, node, mine="fcdd:0:0:11aa::/80")
    assert (finding.severity, finding.fix) == ("error", "first give IPPool mine another cidr")
    (finding,) = said(full, tmp_path, ("sr-policies-pool", "cafd::/118"), mine="cafd::/120")
    assert (finding.severity, finding.fix) == ("error", "did you mean cafe::/118?")
    assert "overlaps IPPool mine (cafd::/120)" in finding.what


def test_a_pool_outside_of_the_plans_range_is_no_surprise_where_that_is_taken(
    full: Plan, tmp_path: Path
) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(POOL % ("p", "172.18.0.0/16"))
    assert load_objects(full, file, selected=selected, pools_in_lab=pools_of(full))[1] == []
    (finding,) = load_objects(full, file, selected=selected)[1]
    assert finding.severity == "warning" and finding.fix is None


@pytest.mark.parametrize(
    ("wanted", "taken", "first", "found"),
    [
        ("172.16.0.0/24", ["172.16.0.0/16"], "172.16.0.0/16", "172.17.0.0/24"),
        ("172.16.0.0/24", ["172.16.0.0/24"], "172.16.0.0/16", "172.16.1.0/24"),
        ("8.0.0.0/8", ["172.16.0.0/16"], "172.16.0.0/16", "10.0.0.0/8"),
        ("8.0.0.0/8", ["10.1.0.0/16"], None, "10.128.0.0/9"),
        ("8.0.0.0/30", ["10.0.0.0/8", "172.16.0.0/12"], None, "192.168.0.0/30"),
        ("8.0.0.0/30", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], None, None),
        ("fd00::/64", ["fd00::/63", "fd00:0:0:3::1/128"], None, "fd00:0:0:2::/64"),
        ("fd00::/63", ["fd00::/63", "fd00:0:0:3::1/128"], None, "fd00:0:0:4::/63"),
        ("::/0", ["fd00::/9"], None, "fd80::/9"),
    ],
)
def test_the_first_network_that_is_free(
    wanted: str, taken: list[str], first: str | None, found: str | None
) -> None:
    reserved = [Reserved(ip_network(text), "somebody") for text in taken]
    start = ip_network(first) if first else None
    assert free_network(ip_network(wanted), reserved, start) == (
        ip_network(found) if found else None
    )
