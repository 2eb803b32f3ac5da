"""From policies, namespaces and pods to the table of one node."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testbed.agent.desired.inputs import FAMILIES, Inputs
from testbed.agent.desired.netpol.blocks import networks_of
from testbed.agent.desired.netpol.table import (
    Addresses,
    Allow,
    ElementSet,
    PodChain,
    PodPorts,
    PolicyChain,
    Ranges,
    Table,
    pod_chain_name,
)
from testbed.agent.desired.netpol.workload import Workload, workloads
from testbed.agent.desired.remembered import remember_last
from testbed.agent.model.network_policy import (
    EGRESS,
    INGRESS,
    IpBlock,
    Namespace,
    NetworkPolicy,
    PodPeer,
    Port,
    Rule,
)
from testbed.api_objects import NAMESPACE_NAME

DIRECTIONS = (INGRESS, EGRESS)
_PEERS = {INGRESS: "from", EGRESS: "to"}


def wanted_table(inputs: Inputs) -> Table:
    """What is to be enforced on this node."""
    known = inputs.isolation
    pods = workloads(known.pods, inputs.known_pods, inputs.attachments)
    attached = frozenset(one.host_interface for one in inputs.attachments)
    return compile_table(known.policies, known.namespaces, pods, attached)


@remember_last
def compile_table(
    policies: tuple[NetworkPolicy, ...],
    namespaces: tuple[Namespace, ...],
    pods: tuple[Workload, ...],
    attached: frozenset[str],
) -> Table:
    """What is to be enforced for those of `pods` that have an interface here.

    `attached`: the interfaces of all that is attached, pods or not.
    """
    if not policies:
        return Table()
    compiler = _Compiler(pods, {one.name: one.label_map for one in namespaces})
    chains: dict[str, PodChain] = {}
    for pod in pods:
        for direction in DIRECTIONS if pod.interface else ():
            names = [compiler.chain(p, direction) for p in _selecting(policies, pod, direction)]
            if names:
                name = pod_chain_name(pod.interface, direction)
                chains[name] = PodChain(pod.title, pod.interface, direction, tuple(names))
    return Table(compiler.sets, compiler.policies, chains, attached, wanted=True)


def _selecting(
    policies: Iterable[NetworkPolicy], pod: Workload, direction: str
) -> Iterator[NetworkPolicy]:
    for policy in policies:
        is_here = policy.namespace == pod.namespace and policy.rules(direction) is not None
        if is_here and policy.pods.selects(pod.labels):
            yield policy


@dataclass(frozen=True)
class _Peers:
    """Other ends: the set that holds them (empty: any), its families, and where it is asked for."""

    name: str = ""
    families: tuple[int, ...] = FAMILIES
    says: str = ""


@dataclass
class _Compiler:
    """Makes the chains of policies, each once, and the sets that they look into."""

    pods: Sequence[Workload]
    namespaces: Mapping[str, Mapping[str, str]]
    sets: dict[str, ElementSet] = field(default_factory=dict)
    policies: dict[str, PolicyChain] = field(default_factory=dict)

    def chain(self, policy: NetworkPolicy, direction: str) -> str:
        """The name of a policy's chain, which is made if it is not there yet."""
        name = f"{direction}-{_digest(policy.title)}"
        if name not in self.policies:
            allows = tuple(self._allows(policy, direction))
            self.policies[name] = PolicyChain(policy.title, direction, allows)
        return name

    def _allows(self, policy: NetworkPolicy, direction: str) -> Iterator[Allow]:
        for number, rule in enumerate(policy.rules(direction) or ()):
            for peers in self._peers(policy, rule, _PEERS[direction]):
                yield from self._ports(rule, peers, f"{direction}[{number}]{peers.says}")

    def _peers(self, policy: NetworkPolicy, rule: Rule, word: str) -> Iterator[_Peers]:
        if not rule.peers:
            yield _Peers()
        for number, peer in enumerate(rule.peers):
            if isinstance(peer, PodPeer):
                yield from self._pods_of(policy, peer, f".{word}[{number}]")
        yield from self._blocks([p for p in rule.peers if isinstance(p, IpBlock)], word)

    def _pods_of(self, policy: NetworkPolicy, peer: PodPeer, says: str) -> Iterator[_Peers]:
        where = policy.namespace if peer.namespaces is None else f"in {peer.namespaces}"
        digest = _digest(f"{where}; {peer.pods}")
        if f"pods4-{digest}" not in self.sets:
            found = [pod for pod in self.pods if self._is_peer(policy, peer, pod)]
            for family in FAMILIES:
                addresses = {a for pod in found for a in pod.addresses if a.version == family}
                self.sets[f"pods{family}-{digest}"] = Addresses(family, frozenset(addresses))
        for family in FAMILIES:
            yield _Peers(f"pods{family}-{digest}", (family,), says)

    def _is_peer(self, policy: NetworkPolicy, peer: PodPeer, pod: Workload) -> bool:
        if peer.namespaces is None:
            return pod.namespace == policy.namespace and peer.pods.selects(pod.labels)
        labels = {NAMESPACE_NAME: pod.namespace, **self.namespaces.get(pod.namespace, {})}
        return peer.namespaces.selects(labels) and peer.pods.selects(pod.labels)

    def _blocks(self, blocks: Sequence[IpBlock], word: str) -> Iterator[_Peers]:
        networks = networks_of(blocks)
        for family in FAMILIES:
            own = tuple(one for one in networks if one.version == family)
            if own:
                name = f"blocks{family}-{_digest(' '.join(map(str, own)))}"
                self.sets[name] = Ranges(family, own)
                yield _Peers(name, (family,), f".{word} ipBlock")

    def _ports(self, rule: Rule, peers: _Peers, says: str) -> Iterator[Allow]:
        if not rule.ports:
            yield Allow(says, peers.name)
        for port in rule.ports:
            if port.name:
                for family in peers.families:
                    name = self._pod_ports(port, family)
                    yield Allow(says, peers.name, port.protocol, pod_ports=name)
            else:
                numbers = (port.first, port.last) if port.first else None
                yield Allow(says, peers.name, port.protocol, numbers)

    def _pod_ports(self, port: Port, family: int) -> str:
        """The set of all pods' ports of that name: which pods, the rest of a rule says."""
        name = f"ports{family}-{_digest(f'{port.protocol} {port.name}')}"
        if name not in self.sets:
            members = {
                (address, own.number)
                for pod in self.pods
                for own in pod.ports
                if (own.protocol, own.name) == (port.protocol, port.name)
                for address in pod.addresses
                if address.version == family
            }
            self.sets[name] = PodPorts(family, frozenset(members))
        return name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
