"""What a pod asks of address management, by annotations of its own and of its namespace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from testbed.agent.model.network_policy import ApiPod
from testbed.agent.model.objects import IpAddress
from testbed.errors import TestbedError
from testbed.object_fields.pod_annotations import (
    IP_ADDRS,
    IPV4_POOLS,
    IPV6_POOLS,
    refusals,
)

_POOLS_OF_FAMILY = {4: IPV4_POOLS, 6: IPV6_POOLS}


class WishRefused(TestbedError):
    """A pod asks for what it cannot have."""


@dataclass(frozen=True)
class PodMetadata:
    """What the API says of a pod and of its namespace."""

    annotations: Mapping[str, str] = field(default_factory=dict)
    namespace_annotations: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    pod: ApiPod | None = None  # as NetworkPolicies see it; None: it is no object


@dataclass(frozen=True)
class PodWish:
    """Addresses, or pools by family (each by name or range), and the namespace's labels.

    A pod that names addresses gets these and no others.
    """

    addresses: tuple[IpAddress, ...] = ()
    pools: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)


def read_wish(metadata: PodMetadata) -> PodWish:
    """The pod's annotations come before its namespace's; raises WishRefused with the reason."""
    own, shared = metadata.annotations, metadata.namespace_annotations
    why = refusals(own) + refusals(shared)
    if IP_ADDRS in shared:
        why.append(f"annotation {IP_ADDRS} is one of pods, not of namespaces")
    if why:
        raise WishRefused("; ".join(why))
    addresses = tuple(map(_read_address, _read_list(own, IP_ADDRS)))
    if len({address.version for address in addresses}) < len(addresses):
        raise WishRefused(f"annotation {IP_ADDRS} has more than one address of a family")
    pools = {
        family: _read_list(own if name in own else shared, name)
        for family, name in _POOLS_OF_FAMILY.items()
    }
    return PodWish(addresses, pools, metadata.namespace_labels)


def _read_list(annotations: Mapping[str, str], name: str) -> tuple[str, ...]:
    if name not in annotations:
        return ()
    try:
        found = json.loads(annotations[name])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        text = annotations[name][:80]
        raise WishRefused(f"annotation {name} is not a JSON list of text: {text}")
    return tuple(found)


def _read_address(text: str) -> IpAddress:
    try:
        return ip_address(text)
    except ValueError:
        raise WishRefused(f"annotation {IP_ADDRS}: {text[:80]!r} is not an IP address") from None
