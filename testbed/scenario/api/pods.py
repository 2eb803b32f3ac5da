"""`testbed.pods`: pods of a scenario, and streams of packets between them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from testbed.errors import CheckFailed
from testbed.lab.access.locate import run_in
from testbed.orchestrators.pod import Pod
from testbed.prove.in_lab import stream
from testbed.prove.stream import Stream
from testbed.scenario.api.context import Context
from testbed.scenario.clients import pings, throughput


class Pods:
    """Pods on nodes of the scenario's choice."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._numbers = itertools.count(1)

    def create(self, node: str) -> Pod:
        """A new pod on a cluster node, removed when the scenario ends."""
        pod = self._create_pod(node)
        self._context.undo.callback(self._delete_if_left, pod)
        return pod

    @contextmanager
    def short_lived(self, node: str) -> Iterator[Pod]:
        """A pod for a `with` block only."""
        pod = self._create_pod(node)
        try:
            yield pod
        finally:
            self._delete_pod(pod)

    def families(self) -> tuple[int, ...]:
        """The families of which this lab's pods have addresses: 4, 6 or both."""
        return self._context.pod_families()

    def mtu(self, pod: Pod) -> int:
        """MTU of the pod's interface, in bytes, as its kernel has it."""
        command = ["ip", "-j", "link", "show", "dev", "eth0"]
        return int(json.loads(run_in(self._context.plan, pod.netns, command).stdout)[0]["mtu"])

    def carries(self, source: Pod, destination: Pod, family: int, size: int) -> bool:
        """Does a packet of this many bytes get there, and its answer back, without fragments?"""
        return bool(self.round_trips(source, destination, family, 1, size))

    def round_trips(
        self, source: Pod, destination: Pod, family: int, count: int = 20, size: int = 0
    ) -> list[float]:
        """Milliseconds of each of so many echo requests that was answered.

        `size`: of their packets, in bytes, which are never fragmented; 0: of ping's choice.
        """
        address = self._context.address(destination, family)
        command = pings.command(address, count, size)
        said = run_in(self._context.plan, source.netns, command, check=False).stdout
        return pings.answered(said)

    def throughput(
        self, pairs: Sequence[tuple[Pod, Pod]], seconds: int = 3, family: int = 4
    ) -> list[float]:
        """Mbit/s of a TCP connection from each source to its destination, all at once (iperf3)."""
        ports = range(throughput.FIRST_PORT, throughput.FIRST_PORT + len(pairs))
        with ThreadPoolExecutor(2 * len(pairs)) as threads:
            for (_, destination), port in zip(pairs, ports, strict=True):
                command = throughput.server(port, seconds)
                threads.submit(run_in, self._context.plan, destination.netns, command, False)
            found = [
                threads.submit(self._transfer, *pair, port, seconds, family)
                for pair, port in zip(pairs, ports, strict=True)
            ]
            return [one.result() for one in found]

    def _transfer(
        self, source: Pod, destination: Pod, port: int, seconds: int, family: int
    ) -> float:
        address = self._context.address(destination, family)
        command = throughput.client(address, port, seconds)

        def probe() -> tuple[str | None, str]:
            done = run_in(self._context.plan, source.netns, command, check=False)
            said = done.stdout + done.stderr
            if throughput.is_complete(done.stdout):
                return done.stdout, ""
            if throughput.is_not_ready(said):
                return None, said.strip()[-200:]
            raise CheckFailed(f"iperf3 from {source.name} to {address} failed", why=said[-200:])

        return throughput.received_mbit(self._context.wait_for("iperf3's server", probe, 30, 0.05))

    def traffic(self, source: Pod, destination: Pod, rate: int = 1000, family: int = 4) -> Stream:
        """A numbered stream, `rate` packets per second, for a `with` block."""
        address = self._context.address(destination, family)
        return stream(self._context.plan, source, destination, address, rate)

    def _create_pod(self, node: str) -> Pod:
        name = f"t{next(self._numbers)}-{node}"
        return self._context.orchestrator.create_pod(self._context.plan, name, node)

    def _delete_pod(self, pod: Pod) -> None:
        self._context.orchestrator.delete_pod(self._context.plan, pod.name)

    def _delete_if_left(self, pod: Pod) -> None:
        """Its node may have left, or been drained."""
        if pod in self._context.orchestrator.pods(self._context.plan):
            self._delete_pod(pod)
