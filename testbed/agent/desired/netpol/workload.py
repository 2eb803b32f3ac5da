"""Pods with addresses, as policies see them: here or on another node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testbed.agent.desired.remembered import remember_last
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.network_policy import ApiPod, NamedPort
from testbed.agent.model.objects import IpAddress

PodName = tuple[str, str]  # namespace and name


@dataclass(frozen=True)
class Workload:
    """A pod of the cluster's network. `interface`: its end on this node; empty: on another."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    addresses: frozenset[IpAddress]
    ports: tuple[NamedPort, ...] = ()
    interface: str = ""

    @property
    def title(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"


@remember_last
def workloads(
    listed: tuple[ApiPod, ...], known: tuple[ApiPod, ...], attached: tuple[Attachment, ...]
) -> tuple[Workload, ...]:
    """All pods, by name; one that is attached twice, as while its sandbox is replaced, twice.

    `known`: pods of this node as they were last, of which the API's watch may not have told yet,
    or tells no longer. What is attached here has its addresses before the API knows them.
    """
    pods = {(pod.namespace, pod.name): pod for pod in listed}
    here = _by_name(attached)
    for pod in known:
        name = pod.namespace, pod.name
        if name in here and (name not in pods or pods[name].uid != pod.uid):
            pods[name] = pod
    found = (
        _workload(pods.get(name) or ApiPod(*name), attachment)
        for name in sorted({*pods, *here})
        for attachment in here.get(name, [None])
    )
    return tuple(one for one in found if one is not None)


def _by_name(attached: Iterable[Attachment]) -> dict[PodName, list[Attachment | None]]:
    """The attachments of pods that are objects."""
    found: dict[PodName, list[Attachment | None]] = {}
    for one in attached:
        if one.namespace:
            found.setdefault((one.namespace, one.name), []).append(one)
    return found


def _workload(pod: ApiPod, here: Attachment | None) -> Workload | None:
    if pod.host_network or (here is None and (pod.ended or not pod.addresses)):
        return None
    return Workload(
        pod.namespace,
        pod.name,
        labels=dict(pod.labels),
        addresses=frozenset((*pod.addresses, *(here.addresses if here else ()))),
        ports=pod.ports,
        interface=here.host_interface if here else "",
    )
