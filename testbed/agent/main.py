"""The agent process: it reads, decides and applies after every change of API, RIB or pods."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from testbed.agent import config as agent_config
from testbed.agent.api.known_pods import KnownPods
from testbed.agent.api.source import open_source
from testbed.agent.changes import LOGGER, changes
from testbed.agent.cni.attachments import AttachmentStore
from testbed.agent.cni.commands import Pods
from testbed.agent.cni.server import CniServer
from testbed.agent.config import AgentConfig
from testbed.agent.contract import NodeStatus
from testbed.agent.dataplane.linux import Linux
from testbed.agent.dataplane.policy_table import PolicyTable
from testbed.agent.dataplane.route_watch import RouteWatch
from testbed.agent.desired import sessions
from testbed.agent.desired.concern import Heard, concerns_node, only_blocks_of_others
from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.node_status import node_status
from testbed.agent.desired.overlays import registry
from testbed.agent.desired.pool_screen import screen
from testbed.agent.desired.underlay import Underlay
from testbed.agent.desired.wanted import Wanted
from testbed.agent.ipam.blocks import Blocks
from testbed.agent.model.objects import IpAddress, IPPool, Node, Objects
from testbed.agent.model.pod_wish import PodMetadata
from testbed.agent.reconciler import Reconciler
from testbed.agent.rhythm import Rhythm
from testbed.agent.sid_history import SidHistory
from testbed.agent.status_file import read_status, write_status
from testbed.bgp.model import BgpStatus
from testbed.bgp.session import BgpDriver
from testbed.errors import TestbedError
from testbed.host.coalescing_worker import CoalescingWorker
from testbed.host.utc_log import log_in_utc

log = logging.getLogger(__name__)
change_log = logging.getLogger(LOGGER)
_CHECK_SECONDS = 5.0  # until the kernel is compared with all that is wanted, after peers' paths
_REPORT_SECONDS = 0.25  # until the status tells what does not concern this node


class Agent:
    """One node's agent. Holds no truth of its own: files, gobgpd and the kernel do."""

    def __init__(self, config: AgentConfig) -> None:
        self.config = config
        config.state_dir.mkdir(parents=True, exist_ok=True)
        self._store = AttachmentStore(config.cni_dir)
        self._source = open_source(config)
        self._objects: Objects | None = None
        node = sessions.own_node(config, Objects())
        self._linux = Linux(config.uplink, config.address_v6)
        self._capabilities = self._linux.probe()
        self._blocks = Blocks(
            self._source, node, self._pod_addresses, self._notify, self._is_usable
        )
        self._claims = CoalescingWorker("claims", self._ensure_blocks, self._note_claim_problem)
        self._claim_problem: str | None = None
        self._generation = _last_generation(config.status_file)
        self._reported = _last_report(config.status_file)
        self._sids = SidHistory(config.state_dir / "sids.json")
        self.reconciler = Reconciler(self._do_round)
        self._bgp = BgpDriver(config.gobgp_socket, self._note_path_change)
        self._checks = Rhythm(_CHECK_SECONDS)
        self._heard: Heard = (BgpStatus(), {})
        self._api_read = threading.Event()
        self._has_heard_peers = False
        self._has_problems = False
        self._underlay: Underlay | None = None
        self._policies = PolicyTable()
        self._known_pods = KnownPods()
        self._routes_changed = threading.Event()
        self._routes_changed.set()

    def run(self) -> None:
        """Work until stop() is called; the data plane stays as it is afterwards."""
        pods = Pods(
            self._store,
            self._blocks,
            self.config.pod_mtu,
            self._get_node,
            self.reconciler.wait_synced,
            self._look_up,
            self._check_isolated,
        )
        CniServer(self.config.cni_socket, pods.handle).start()
        self._bgp.start()
        self._claims.start()
        self._source.start(self._update_objects)
        RouteWatch(self._notify, self._retry_after_link_change, self._note_route_change).start()
        self.reconciler.run()
        self._bgp.stop()

    def _notify(self) -> None:
        """Anything but the paths of peers has changed, or been changed by somebody."""
        self._checks.call()
        self.reconciler.notify()

    def _note_path_change(self) -> None:
        """What a peer says is applied at once if it is about this node; all is checked later."""
        before, self._heard = self._heard, (self._bgp.status(), self._bgp.rib_by_source())
        pools = self._objects.pools if self._objects else ()
        if concerns_node(self.config, pools, before, self._heard):
            self._checks.put_off()
            self.reconciler.notify()
        else:
            self.reconciler.notify_within(_REPORT_SECONDS)

    def _retry_after_link_change(self) -> None:
        """A link that came up may be what failed routes were waiting for."""
        if self._has_problems:
            self._notify()

    def _note_route_change(self) -> None:
        """A segment may have got a route, or lost it."""
        self._routes_changed.set()
        self._notify()

    def _read_underlay(self) -> Underlay | None:
        """What the node's own routes reach, read again after they changed; None: not known."""
        if self._routes_changed.is_set():
            self._routes_changed.clear()  # before reading: what changes meanwhile is read again
            try:
                self._underlay = self._linux.read_underlay()
            except TestbedError as error:
                log.error("%s", error)
                self._underlay = None
        return self._underlay

    def _update_objects(self, objects: Objects) -> None:
        """The API has changed; a node that the cluster does not know yet makes itself known."""
        objects = screen(objects, self.config.reserved)
        first = objects.complete and not self._has_read_api()
        before, self._objects = self._objects, objects
        self._blocks.update(objects, sessions.own_node(self.config, objects))
        if first and objects.node(self.config.node) is None:
            try:
                self._source.register()
            except TestbedError as error:
                log.error("%s", error)
        if objects.complete:
            self._api_read.set()
        if before is None:
            self._notify()
        else:
            self._note_object_change(before, objects)

    def _note_object_change(self, before: Objects, after: Objects) -> None:
        """What is not about this node is no reason to look at everything."""
        old, new = before.without_isolation, after.without_isolation
        if old != new and not only_blocks_of_others(self.config.node, old, new):
            self._notify()
            return
        if before.isolation.policies or after.isolation.policies:
            self._checks.put_off()
            self.reconciler.notify()
        elif old != new:
            self._checks.put_off()
            self.reconciler.notify_within(_REPORT_SECONDS)

    def _look_up(self, namespace: str, name: str) -> PodMetadata:
        """What the API says of a pod that is being attached; its policies hold from the start."""
        found = self._source.pod(namespace, name)
        self._known_pods.add(found.pod)
        return found

    def _check_isolated(self) -> None:
        """Raise TestbedError unless NetworkPolicies are in force on this node."""
        if self._policies.problem:
            raise TestbedError(self._policies.problem)

    def _has_read_api(self) -> bool:
        return self._objects is not None and self._objects.complete

    def _get_node(self, patience: float) -> Node | None:
        self._api_read.wait(patience)
        objects = self._objects
        if objects is None or not objects.complete:
            return None
        return sessions.own_node(self.config, objects)

    def _pod_addresses(self) -> list[IpAddress]:
        return [address for pod in self._store for address in pod.addresses]

    def _is_usable(self, pool: IPPool) -> bool:
        return not registry.obstacle(pool, self.config, self._capabilities.tunnels)

    def _ensure_blocks(self, _objects: Objects) -> float | None:
        """Claims go over the network, so they have a thread of their own."""
        before = self._blocks.owned()
        problems = self._blocks.ensure()
        if self._blocks.owned() != before:
            self._notify()
        if problems:
            raise TestbedError("; ".join(problems))
        return None

    def _note_claim_problem(self, problem: str | None) -> None:
        self._claim_problem = problem
        self._notify()

    def _do_round(self) -> bool:
        """A round, and the next one in time for what was put off."""
        try:
            return self._reconcile()
        finally:
            if (left := self._checks.left()) is not None:
                self.reconciler.notify_within(left)

    def _reconcile(self) -> bool:
        """Read everything, decide, apply the difference, report. True if all is as wanted."""
        objects = self._objects
        if objects is None:
            return True
        if not objects.complete:  # nothing may be taken away because it is not there yet
            unknown = Wanted(self.config.te_mode, problems=objects.problems)
            self._report_status(self._read_inputs(objects), unknown, [])
            return True
        whole = self._checks.take() or self._has_problems
        self._has_problems = True  # until this round has ended well
        problems = self._linux.prepare() if whole else []
        if whole:
            self._claims.put(objects)
        inputs = self._read_inputs(objects)
        wanted = decide(inputs)
        if wanted.own_sids and not self._sids.is_current(wanted.own_sids):
            problems += self._sids.update(wanted.own_sids)
            inputs = self._read_inputs(objects)
            wanted = decide(inputs)
        problems += self._apply(wanted, whole)
        self._report_status(inputs, wanted, problems)
        self._has_problems = bool(problems)
        return not problems

    def _apply(self, wanted: Wanted, whole: bool) -> list[str]:
        """Bring the kernel and gobgpd to the wanted state; returns what is not so."""
        problems = self._policies.apply(wanted.isolation, whole)  # before a pod can be reached
        try:
            problems += self._apply_to_kernel(wanted, whole)
        except TestbedError as error:  # e.g. what the kernel has cannot be read
            problems.append(str(error))
        assert wanted.bgp is not None
        try:
            self._bgp.set_desired(wanted.bgp)
        except TestbedError as error:
            problems.append(str(error))
        return problems

    def _apply_to_kernel(self, wanted: Wanted, whole: bool) -> list[str]:
        """Compare all with the kernel, or after peers' paths only apply what differs by them."""
        state = wanted.routes, wanted.service_veth, wanted.rules, wanted.tunnels
        if not whole and self._linux.apply_difference(*state):
            return []
        return self._linux.apply(*state, keep=not self._has_heard_peers)

    def _read_inputs(self, objects: Objects) -> Inputs:
        """After a restart of ours, gobgpd is asked before any route of the predecessor goes."""
        bgp = self._bgp.status()  # before rib(): a status with peers has their paths behind it
        without_peers = (
            objects.complete and bgp.settled and not sessions.wanted(self.config, objects)[0]
        )
        self._has_heard_peers = self._has_heard_peers or bool(bgp.peers) or without_peers
        attachments = tuple(self._store)
        return Inputs(
            config=self.config,
            capabilities=self._capabilities,
            objects=objects.without_isolation,
            blocks=tuple(self._blocks.owned()),
            paths=tuple(self._bgp.rib()),
            peers=bgp.peers,
            attachments=attachments,
            replaced_sids=tuple(self._sids.replaced),
            underlay=self._read_underlay(),
            isolation=objects.isolation,
            known_pods=self._known_pods.update(objects.isolation.pods, attachments),
        )

    def _report_status(self, inputs: Inputs, wanted: Wanted, problems: list[str]) -> None:
        """status.json; a full disk must not keep the data plane from being served."""
        bgp = self._bgp.status()
        claims = [self._claim_problem] if self._claim_problem else []
        everything = [*problems, *claims, *wanted.problems, *self._store.problems, *bgp.faults]
        self._generation += 1
        status = replace(
            node_status(inputs, wanted),
            ready=bool(bgp.settled and inputs.blocks and wanted.own_sids and not problems),
            problems=tuple(dict.fromkeys(everything)),
            generation=self._generation,
        )
        if inputs.objects.complete:  # else most of it is merely not known yet
            for change in changes(self._reported, status):
                change_log.info("%s", change)
            self._reported = status
        try:
            write_status(self.config.status_file, status)
        except TestbedError as error:
            log.error("%s", error)
        self._source.report(status, wanted.refusals)


def _last_generation(path: Path) -> int:
    """Generations go on counting over restarts, so that "newer than" stays meaningful."""
    try:
        return int(json.loads(path.read_text())["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _last_report(path: Path) -> NodeStatus | None:
    """What the predecessor reported, so that the log tells changes only."""
    try:
        return read_status(path)
    except TestbedError:  # of another version, or cut off
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `python -m testbed.agent`."""
    parser = argparse.ArgumentParser(prog="testbed-agent", description="SRv6 overlay agent")
    parser.add_argument("--config", type=Path, required=True, help="agent.json")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING"])
    options = parser.parse_args(arguments)
    log_in_utc(options.log_level)
    try:
        agent = Agent(agent_config.load(options.config))
        stop = threading.Thread(target=_wait_for_signal, args=(agent,), daemon=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        stop.start()
        agent.run()
    except TestbedError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _wait_for_signal(agent: Agent) -> None:
    got = signal.sigwait({signal.SIGTERM, signal.SIGINT})
    log.info("%s: leaving; routes and sessions stay", signal.Signals(got).name)
    agent.reconciler.stop()
