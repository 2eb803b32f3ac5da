"""The IPPools that a lab has beside one that is applied: those that are there, and the file's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from testbed.object_fields.reserved import Network, Reserved, do_overlap
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import calico_objects


@dataclass(frozen=True)
class OtherPools:
    """Pools beside one of the file, each as the range that it takes.

    `earlier` keep their ranges: those that stay as they are in the lab, and those above it in the
    file. `every` has those below it too.
    """

    earlier: Sequence[Reserved]
    every: Sequence[Reserved]

    def overlapping(self, cidr: Network) -> Reserved | None:
        """The pool that has a part of a range already."""
        return next((p for p in self.earlier if do_overlap(p.network, cidr)), None)

    def has(self, cidr: Network) -> bool:
        """Is this the range of a pool?"""
        return any(pool.network == cidr for pool in self.every)


def other_pools(
    documents: Sequence[Value], index: int, in_lab: Mapping[str, Network]
) -> OtherPools:
    """Of the pool at `index`; the file's pools take the places of the lab's of their names."""
    below = _pools(documents[index:])
    later = {**in_lab, **_pools(documents)}
    return OtherPools(
        [_reserved(name, cidr) for name, cidr in later.items() if name not in below],
        [
            _reserved(name, cidr)
            for name, cidr in later.items()
            if name != calico_objects.name(documents[index])
        ],
    )


def _pools(documents: Iterable[Value]) -> dict[str, Network]:
    return {
        calico_objects.name(d): ip_network(calico_objects.text(d, "cidr"))
        for d in documents
        if calico_objects.kind(d) == "IPPool"
    }


def _reserved(name: str, cidr: Network) -> Reserved:
    return Reserved(cidr, f"IPPool {name}")
