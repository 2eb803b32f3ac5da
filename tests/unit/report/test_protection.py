"""What `te protection` says of links, neighbours and shared risk groups."""

from __future__ import annotations

from ipaddress import ip_network

from testbed.engine.repair.backups import Repairs
from testbed.report.protection import BACKUP_COLUMNS, LINK_COLUMNS, ProtectionReport, report
from tests.engine_networks import both_ways, network

PREFIXES = {name: ip_network(f"10.0.{n}.0/24") for n, name in enumerate("abcd")}


def protected(*in_duct: str) -> ProtectionReport:
    """A ring a-b-c-d with a second, dear link a-b; these links share a duct."""

    def link(name: str, metric: int = 10) -> object:
        return both_ways(name[0], name[2], metric, link=name, srlg=["duct"] * (name in in_duct))

    ring = network(*map(link, ("a-b", "b-c", "c-d", "d-a")), link("a-b.2", 90))  # type: ignore[arg-type]
    announced = {name: {prefix: 0} for name, prefix in PREFIXES.items()}
    repairs = Repairs(ring, announced, most_segments=2)
    return report("link", repairs.of("a", "link"), {"a": {PREFIXES["b"]}})


def test_the_summary_counts_what_is_withstood() -> None:
    plain = protected().summary.splitlines()
    assert plain[0].startswith("protected: 3 of 3 destinations of routers, 100% of")
    assert plain[1] == "against the failure of a link: 3, of the node behind it: 1"
    risky = protected("a-b", "d-a").summary.splitlines()
    assert risky[1].endswith(", of a risk group: 3 of 3 that depend on one")
    near = protected("a-b", "a-b.2", "c-d").summary
    assert near.endswith(
        "of a risk group: 0 of 1 that depend on one, of its links at the router alone: 1"
    )


def test_rows_per_link_and_per_destination() -> None:
    found = protected("a-b", "d-a")
    titles = [column.title for column in LINK_COLUMNS]
    rows = {row[1]: dict(zip(titles, row, strict=True)) for row in found.by_link()}
    assert rows["a-b"] | {"link": "1", "node": "0", "srlg": "1", "none": "0"} == rows["a-b"]
    (to_b,) = (row for row in found.of_router("a") if row[0] == "b")
    assert to_b[[column.title for column in BACKUP_COLUMNS].index("against")] == (
        "link a-b, srlg duct"
    )
    assert {one.destination: one.installed for one in found.destinations}["b"]
