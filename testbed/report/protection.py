"""What routers hold against failures of their own links and neighbours, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.backups import NOTHING_ELSE, Backup, How, Withstood
from testbed.plan.model import Repair
from testbed.report.tables import Column

LINK_COLUMNS = [
    Column("router"),
    Column("by"),
    Column("destinations"),
    Column("equal cost", rank=1),
    Column("next hop", rank=1),
    Column("repair list", rank=1),
    Column("none"),
    Column("link", rank=2),
    Column("node", rank=2),
    Column("srlg", rank=2),
]
BACKUP_COLUMNS = [
    Column("destination"),
    Column("by"),
    Column("against", rank=1),
    Column("backup"),
    Column("segments"),
    Column("prefixes", rank=2),
]
_WAYS: tuple[How, ...] = ("ecmp", "plain", "segments", "none")
_FAILURES: tuple[Withstood, ...] = ("link", "node", "srlg")


@dataclass(frozen=True)
class ProtectedDestination:
    """One destination of one router: a router, or the first of prefixes that several announce.

    `uses`: links of its next hops. `how`: by the other next hops (ecmp), another next hop (plain),
    a repair list (segments), or not at all (none; `why`). `against`: what may fail where the
    backup leads. `risks`: shared risk groups that all its next hops are in. `withstands`: whose
    failure it is protected against: its link's, its neighbour's (node), that of all links in these
    groups (srlg), or of those alone that its router has (local-srlg). `via`: the link of the
    backup. `installed`: the kernel has it for all prefixes.
    """

    router: str
    destination: str
    prefixes: tuple[str, ...]
    uses: tuple[str, ...]
    how: How
    against: str
    risks: tuple[str, ...]
    withstands: tuple[Withstood, ...]
    via: str
    segments: tuple[str, ...]
    why: str
    installed: bool


@dataclass(frozen=True)
class ProtectionReport:
    """Every router's protection. `coverage`: the part, from 0 to 1, of what the graph allows."""

    protects: Repair
    coverage: float
    destinations: tuple[ProtectedDestination, ...]

    def to_dict(self) -> dict[str, object]:
        """As a JSON object; its keys are stable."""
        return asdict(self)

    def by_link(self) -> list[list[str]]:
        """A row per router and the links that it uses, for LINK_COLUMNS."""
        alike: dict[tuple[str, str], list[ProtectedDestination]] = {}
        for one in self.destinations:
            alike.setdefault((one.router, " ".join(one.uses)), []).append(one)
        return [
            [*key, str(len(found)), *map(str, _counts(found))]
            for key, found in sorted(alike.items())
        ]

    def of_router(self, router: str) -> list[list[str]]:
        """A row per destination of one router, for BACKUP_COLUMNS."""
        return [
            [
                one.destination,
                " ".join(one.uses),
                one.against or "-",
                one.via or {"ecmp": "the others"}.get(one.how, f"none: {one.why}"),
                ", ".join(one.segments) or "-",
                str(len(one.prefixes)),
            ]
            for one in self.destinations
            if one.router == router
        ]

    @property
    def summary(self) -> str:
        """Two lines."""
        protected = sum(one.how != "none" for one in self.destinations)
        bare = sum(one.why == NOTHING_ELSE for one in self.destinations)
        possible = len(self.destinations) - bare
        return (
            f"protected: {protected} of {possible} destinations of routers, {self.coverage:.0%} of "
            f"what the graph allows; to {bare} there is no second way\n{self._by_failure()}"
        )

    def _by_failure(self) -> str:
        found = Counter(kind for one in self.destinations for kind in one.withstands)
        said = f"against the failure of a link: {found['link']}"
        said += f", of the node behind it: {found['node']}"
        depend = sum(bool(one.risks) for one in self.destinations)
        if depend:
            said += f", of a risk group: {found['srlg']} of {depend} that depend on one"
        if found["local-srlg"]:
            said += f", of its links at the router alone: {found['local-srlg']}"
        return said


def report(
    protects: Repair, backups: Iterable[Backup], installed: Mapping[str, Set[Prefix]]
) -> ProtectionReport:
    """`installed`: the prefixes of which each router's kernel has a backup."""
    found = list(backups)
    possible = [one for one in found if one.why != NOTHING_ELSE]
    protected = sum(one.how != "none" for one in possible)
    coverage = protected / len(possible) if possible else 1.0
    rows = (_row(one, installed.get(one.router, frozenset())) for one in found)
    return ProtectionReport(protects, coverage, tuple(rows))


def _counts(found: Sequence[ProtectedDestination]) -> Iterator[int]:
    """By how they are protected, then by what they withstand."""
    how = Counter(one.how for one in found)
    withstood = Counter(kind for one in found for kind in one.withstands)
    yield from (how[way] for way in _WAYS)
    yield from (withstood[kind] for kind in _FAILURES)


def _row(backup: Backup, installed: Set[Prefix]) -> ProtectedDestination:
    prefixes = backup.destination.prefixes
    return ProtectedDestination(
        router=backup.router,
        destination=backup.destination.node,
        prefixes=tuple(map(str, prefixes)),
        uses=tuple(adjacency.link for adjacency in backup.uses),
        how=backup.how,
        against=str(backup.against or ""),
        risks=backup.risks,
        withstands=backup.withstands,
        via=backup.first.link if backup.first else "",
        segments=tuple(map(str, backup.segments)),
        why=backup.why,
        installed=backup.first is not None and installed >= set(prefixes),
    )
