"""`testbed.http`: requests to the servers of a scenario, from pods and nodes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from testbed.orchestrators.pod import Pod
from testbed.scenario.api.context import Context, netns_of
from testbed.scenario.api.manifests import PORT
from testbed.scenario.clients.web import Answer, Origin, Requests

ANSWER = 30.0  # seconds until a new Service answers
SOON = 0.5  # seconds after which nothing is expected to answer


class Http:
    """Requests, each over a connection of its own."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def ask(
        self,
        source: Pod | str,
        address: IPv4Address | IPv6Address | str,
        port: int = PORT,
        times: int = 5,
        patience: float = ANSWER,
    ) -> list[Answer]:
        """Requests from a pod or node, one after the other.

        The first is repeated for `patience` seconds, until a new Service answers; the others
        must be answered at once. Raises CheckFailed.
        """
        destination = ip_address(str(address))
        origin = Origin(self._context.plan, netns_of(source), destination, port)
        first = origin.first_answer(patience)
        return [first, *(origin.first_answer(0) for _ in range(times - 1))]

    def answers(
        self, source: Pod | str, address: IPv4Address | IPv6Address, port: int = PORT
    ) -> bool:
        """Is one request from a pod or node answered, within half a second?"""
        try:
            Origin(self._context.plan, netns_of(source), address, port).get(SOON)
        except (OSError, ValueError):
            return False
        return True

    def who_answers(
        self, callers: Iterable[Pod | str], address: IPv4Address | IPv6Address
    ) -> set[str]:
        """The pods that answer at a Service's address, asked by each of these pods and nodes."""
        return {str(answer.pod) for caller in callers for answer in self.ask(caller, address)}

    def requests(
        self,
        source: Pod | str,
        address: IPv4Address | IPv6Address,
        port: int = PORT,
        rate: int = 20,
    ) -> Requests:
        """Requests, `rate` per second, one after the other, for a `with` block."""
        return Requests(Origin(self._context.plan, netns_of(source), address, port), rate)
