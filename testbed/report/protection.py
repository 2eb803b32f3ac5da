"""What routers hold against failures of their own links and neighbours, for people and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import asdict, dataclass

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.repair.backups import NOTHING_ELSE, Backup, How
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


@dataclass(frozen=True)
class ProtectedDestination:
    """One destination of one router: a router, or the first of prefixes that several announce.

    `uses`: links of its next hops. `how`: by the other next hops (ecmp), another next hop (plain),
    a repair list (segments), or not at all (none; `why`). `against`: the link or node whose failure
    it withstands. `via`: the link of the backup. `installed`: the kernel has it for all prefixes.
    """

    router: str
    destination: str
    prefixes: tuple[str, ...]
    uses: tuple[str, ...]
    how: How
    against: str
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
        counted: dict[tuple[str, str], Counter[How]] = {}
        for one in self.destinations:
            counted.setdefault((one.router, " ".join(one.uses)), Counter())[one.how] += 1
        return [
            [*key, str(found.total()), *(str(found[way]) for way in _WAYS)]
            for key, found in sorted(counted.items())
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
        """One sentence."""
        protected = sum(one.how != "none" for one in self.destinations)
        bare = sum(one.why == NOTHING_ELSE for one in self.destinations)
        possible = len(self.destinations) - bare
        return (
            f"protected: {protected} of {possible} destinations of routers, {self.coverage:.0%} of "
            f"what the graph allows; to {bare} there is no second way"
        )


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


def _row(backup: Backup, installed: Set[Prefix]) -> ProtectedDestination:
    prefixes = backup.destination.prefixes
    return ProtectedDestination(
        router=backup.router,
        destination=backup.destination.node,
        prefixes=tuple(map(str, prefixes)),
        uses=tuple(adjacency.link for adjacency in backup.uses),
        how=backup.how,
        against=str(backup.against or ""),
        via=backup.first.link if backup.first else "",
        segments=tuple(map(str, backup.segments)),
        why=backup.why,
        installed=backup.first is not None and installed >= set(prefixes),
    )
