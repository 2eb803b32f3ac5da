"""What NetworkPolicies make of a connection between pods or addresses, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from testbed.agent.desired.netpol.compile import compile_table
from testbed.agent.desired.netpol.explain import Connection, judge
from testbed.agent.desired.netpol.workload import Workload, workloads
from testbed.agent.model import read_objects
from testbed.agent.model.network_policy import EGRESS, INGRESS, PROTOCOLS
from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.object_fields.tables import CORE, NETWORKING
from testbed.orchestrators.api import Api
from testbed.report.tables import Column

Address = IPv4Address | IPv6Address
COLUMNS = [*map(Column, ("family", "where", "verdict")), Column("because", prose=True)]
_KINDS = {"NetworkPolicy": NETWORKING, "Namespace": CORE, "Pod": CORE}


@dataclass(frozen=True)
class Judged:
    """What becomes of a connection at one pod: `because` names rules or policies."""

    family: int
    pod: str
    direction: str
    allowed: bool
    because: str

    def row(self) -> list[str]:
        """As a row of a table."""
        verdict = "allowed" if self.allowed else "dropped"
        return [f"IPv{self.family}", f"{self.pod}, {self.direction}", verdict, self.because]


@dataclass(frozen=True)
class End:
    """A pod, or nobody's address."""

    addresses: tuple[Address, ...]
    pod: Workload | None = None

    def of(self, family: int) -> Address | None:
        """Its address of a family."""
        return next((a for a in self.addresses if a.version == family), None)


def explain(api: Api, source: str, destination: str, port: str) -> list[Judged]:
    """The verdict at each pod, by family; raises TestbedError for ends that are not there."""
    number, protocol = read_port(port)
    documents = [
        (kind, {"kind": kind, **document})  # an item of an API server's list does not say it
        for kind, version in _KINDS.items()
        for document in api.all_of(version, kind)
    ]
    known = read_objects.read(documents, enforced=True).isolation
    found = workloads(known.pods, (), ())
    pods = tuple(replace(pod, interface=pod.title) for pod in found)
    table = compile_table(known.policies, known.namespaces, pods, frozenset())
    ends = _find_end(source, pods), _find_end(destination, pods)
    return [
        _judged(verdict.allowed, verdict.because, family, pod, direction)
        for family, asked in _connections(*ends, protocol, number)
        for pod, direction in ((ends[0].pod, EGRESS), (ends[1].pod, INGRESS))
        if pod is not None
        for verdict in [judge(table, pod.interface, direction, asked)]
    ]


def _judged(
    allowed: bool, because: tuple[str, ...], family: int, pod: Workload, direction: str
) -> Judged:
    if allowed:
        why = because[0] if because else "no policy isolates it"
    else:
        why = f"nothing in {', '.join(because)} allows it"
    return Judged(family, pod.title, direction, allowed, why)


def _connections(
    source: End, destination: End, protocol: str, port: int
) -> Iterator[tuple[int, Connection]]:
    families = [f for f in (4, 6) if source.of(f) and destination.of(f)]
    if not families:
        raise TestbedError("the two ends have no address family in common")
    for family in families:
        ends = source.of(family), destination.of(family)
        assert ends[0] and ends[1]
        yield family, Connection(ends[0], ends[1], protocol, port)


def read_port(text: str) -> tuple[int, str]:
    """80, or 53/UDP; raises TestbedError."""
    number, _, protocol = text.partition("/")
    protocol = protocol.upper() or PROTOCOLS[0]
    if number.isdecimal() and 0 < int(number) < 2**16 and protocol in PROTOCOLS:
        return int(number), protocol
    raise TestbedError(f"{text[:60]!r} is no port", fix="write it as 80 or 53/UDP")


def _find_end(text: str, pods: tuple[Workload, ...]) -> End:
    """A pod by name (in namespace default) or namespace/name, or by its address."""
    try:
        address = ip_address(text)
    except ValueError:
        title = text if "/" in text else f"default/{text}"
        names = {pod.title: pod for pod in pods}
        if title not in names:
            raise _unknown(text, title, list(names)) from None
        return End(tuple(names[title].addresses), names[title])
    return End((address,), next((pod for pod in pods if address in pod.addresses), None))


def _unknown(text: str, title: str, names: list[str]) -> TestbedError:
    fix = did_you_mean(title, names) or "testbed kubectl get pods -A"
    return TestbedError(f"no pod {text!r} with an address", fix=fix)
