"""What a scenario can do to a lab. Everything it changes is put back when it ends."""

from __future__ import annotations

from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.scenario.api.context import Context
from testbed.scenario.api.dns import Dns
from testbed.scenario.api.http import Http
from testbed.scenario.api.kube import Kube
from testbed.scenario.api.links import Links
from testbed.scenario.api.nodes import Nodes
from testbed.scenario.api.paths import Paths
from testbed.scenario.api.pods import Pods
from testbed.scenario.api.pools import Pools
from testbed.scenario.api.prefixes import Prefixes
from testbed.scenario.api.programs import Programs
from testbed.scenario.api.second_lab import SecondLabs
from testbed.scenario.api.steering import Steering
from testbed.scenario.api.usage import Usage

__all__ = ["Testbed"]


class Testbed:
    """A running lab, as a scenario sees it: one part for each thing that it can work on.

    Words that read well by themselves are here too, as `testbed.path(…)` for
    `testbed.paths.between(…)`.
    """

    __test__ = False

    def __init__(self, context: Context) -> None:
        self.context = context
        self.nodes = Nodes(context)
        self.programs = Programs(context)
        self.links = Links(context)
        self.pods = Pods(context)
        self.paths = Paths(context)
        self.te = Steering(context)
        self.pools = Pools(context)
        self.kube = Kube(context)
        self.http = Http(context)
        self.dns = Dns(context)
        self.prefixes = Prefixes(context)
        self.usage = Usage()
        self.second_labs = SecondLabs(context)
        self._delegate_to_context(context)
        self._delegate_to_nodes()
        self._delegate_to_pods_and_paths()
        self._delegate_to_steering()
        self._delegate_to_workloads()

    def _delegate_to_context(self, context: Context) -> None:
        self.plan, self.check, self.evidence = context.plan, context.check, context.evidence
        self.policy_file, self.api = context.policy_file, context.api
        self.restored = context.restored
        self.status = context.status
        self.address = context.address
        self.wait = context.wait
        self.wait_for = context.wait_for
        self.keep = context.keep

    def _delegate_to_nodes(self) -> None:
        self.join = self.nodes.join
        self.leave = self.nodes.leave
        self.configuration = self.nodes.configuration
        self.routes = self.nodes.routes
        self.stop = self.programs.stop
        self.start = self.programs.start
        self.kill = self.programs.kill
        self.cut = self.links.cut
        self.mend = self.links.mend
        self.set_seg6 = self.links.set_seg6
        self.neighbour = self.second_labs.bring_up

    def _delegate_to_pods_and_paths(self) -> None:
        self.pod = self.pods.create
        self.short_lived_pod = self.pods.short_lived
        self.pod_mtu = self.pods.mtu
        self.traffic = self.pods.traffic
        self.path = self.paths.between
        self.pool = self.pools.add

    def _delegate_to_steering(self) -> None:
        self.inject = self.te.inject
        self.withdraw = self.te.withdraw
        self.apply = self.te.apply
        self.unapply = self.te.unapply
        self.mode = self.te.mode
        self.chosen = self.te.chosen
        self.first_segment = self.te.first_segment
        self.wait_chosen = self.te.wait_chosen
        self.wait_policy = self.te.wait_policy

    def _delegate_to_workloads(self) -> None:
        self.api_answers = self.kube.api_answers
        self.families = self.kube.families
        self.deploy = self.kube.deploy
        self.roll = self.kube.roll
        self.wait_rolled_out = self.kube.wait_rolled_out
        self.servers = self.kube.servers
        self.serve = self.kube.serve
        self.service = self.kube.service
        self.kubectl = self.kube.kubectl
        self.run_in = self.kube.run_in
        self.logs = self.kube.logs
        self.drain = self.kube.drain
        self.blocks = self.kube.blocks
        self.containers = self.kube.containers
        self.ask = self.http.ask
        self.requests = self.http.requests
        self.resolve = self.dns.resolve
        self.wait_resolved = self.dns.wait_resolved
        self.dns_servers = self.dns.servers

    @property
    def kubernetes(self) -> KubernetesApi:
        """The API server. Raises TestbedError in a lab without one."""
        return self.kube.api
