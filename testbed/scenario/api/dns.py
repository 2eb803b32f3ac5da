"""`testbed.dns`: questions to the cluster's DNS, from pods and nodes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from testbed.orchestrators.pod import Pod
from testbed.plan.kubernetes import dns_addresses
from testbed.scenario.api.context import Context, netns_of
from testbed.scenario.clients import dns

Address = IPv4Address | IPv6Address

ANSWER = 30.0  # seconds until the server answers, or a new name is known


class Dns:
    """The cluster's DNS, as its clients see it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def servers(self) -> list[Address]:
        """The addresses of the cluster's DNS Service, that of the primary family first."""
        return dns_addresses(self._context.plan)

    def resolve(
        self,
        source: Pod | str,
        name: str,
        kind: str = "A",
        server: Address | None = None,
        tcp: bool = False,
    ) -> dns.Reply:
        """Ask the cluster's DNS, from a pod or node, for a complete name.

        `server` is one of `servers()`. Raises CheckFailed if there is no answer.
        """
        resolver = server or self.servers()[0]

        def probe() -> tuple[dns.Reply | None, str]:
            try:
                netns = netns_of(source)
                return dns.ask(self._context.plan, netns, resolver, name, kind, tcp), ""
            except OSError as error:
                return None, str(error)

        who = source.name if isinstance(source, Pod) else source
        return self._context.wait_for(
            f"{resolver} to answer {who} about {name} {kind}", probe, ANSWER
        )

    def wait_resolved(
        self, source: Pod | str, name: str, address: Address, patience: float = ANSWER
    ) -> None:
        """Wait until the cluster's DNS knows a complete name by just this address."""
        kind = "A" if address.version == 4 else "AAAA"

        def probe() -> tuple[bool | None, str]:
            values = self.resolve(source, name, kind).values
            return (True if values == (str(address),) else None), f"{kind} {', '.join(values)}"

        self._context.wait_for(f"{name} to mean {address}", probe, patience)
