"""`testbed.programs`: programs of nodes that are stopped, started and killed."""

from __future__ import annotations

from testbed.orchestrators.kubernetes.api import connect
from testbed.orchestrators.kubernetes.wait import api_ready
from testbed.providers.registry import services_of
from testbed.scenario.api.context import Context


class Programs:
    """The programs of nodes, each named NODE.PROGRAM, e.g. "worker1.kubelet"."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def stop(self, *programs: str) -> None:
        """End programs, e.g. "master.etcd", until they are started or the scenario ends."""
        self._context.undo.callback(self.start, *programs)
        for program in programs:
            services_of(_node_of(program)).stop([program])

    def start(self, *programs: str) -> None:
        """Start programs that were stopped; returns when they run, and the API server answers."""
        for program in programs:
            services_of(_node_of(program)).start([program])
        if self._context.plan.orchestrator_traits.containers:
            api_ready(connect(self._context.plan))

    def kill(self, program: str) -> None:
        """kill -9 of a program, e.g. "worker1.agent"; returns when its successor runs."""
        supervisor = services_of(_node_of(program))
        before = supervisor.states()[program].pid
        supervisor.kill(program)

        def successor() -> bool:
            now = supervisor.states().get(program)  # a busy machine may not say
            return now is not None and now.statename == "RUNNING" and now.pid != before

        self._context.wait(f"{program} to run again", successor)


def _node_of(program: str) -> str:
    """worker1.kubelet is a program of worker1."""
    return program.partition(".")[0]
