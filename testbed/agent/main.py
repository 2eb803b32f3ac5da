"""The agent process: sources, RIB and pods feed one queue; one thread reconciles."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from testbed.agent import config as agent_config
from testbed.agent.api.source import open_source
from testbed.agent.cni.attachments import AttachmentStore, write_atomically
from testbed.agent.cni.commands import Pods
from testbed.agent.cni.server import CniServer
from testbed.agent.config import AgentConfig
from testbed.agent.dataplane.linux import Linux
from testbed.agent.dataplane.route_watch import RouteWatch
from testbed.agent.desired import sessions
from testbed.agent.desired.decide import Inputs, OwnSid, Wanted, decide, remember
from testbed.agent.desired.overlays import tunnels
from testbed.agent.ipam.blocks import Blocks
from testbed.agent.model.objects import IpAddress, IPPool, Node, Objects
from testbed.agent.reconciler import Reconciler
from testbed.bgp.session import BgpDriver
from testbed.errors import TestbedError
from testbed.host.coalescing_worker import Latest

log = logging.getLogger(__name__)


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
        self._blocks = Blocks(self._source, node, self._used, self._poke, self._usable)
        self._claims = Latest("claims", self._ensure_blocks, self._claims_failed)
        self._claim_problem: str | None = None
        self._generation = _last_generation(config.status_file)
        self._sids_file = config.state_dir / "sids.json"
        self._replaced, self._current = _load_sids(self._sids_file)
        self.reconciler = Reconciler(self._round)
        self._bgp = BgpDriver(config.gobgp_socket, self._poke)
        self._read = threading.Event()  # once the source has told everything
        self._heard_peers = False
        self._troubled = False

    def run(self) -> None:
        """Work until stop() is called; the data plane stays as it is afterwards."""
        pods = Pods(
            self._store, self._blocks, self.config.pod_mtu, self._look, self.reconciler.settle
        )
        CniServer(self.config.cni_socket, pods.handle).start()
        self._bgp.start()
        self._claims.start()
        self._source.start(self._take)
        RouteWatch(self._poke, self._link_changed).start()
        self.reconciler.run()
        self._bgp.stop()

    def _poke(self) -> None:
        self.reconciler.poke()

    def _link_changed(self) -> None:
        """A link that came up may be what failed routes were waiting for."""
        if self._troubled:
            self.reconciler.poke()

    def _take(self, objects: Objects) -> None:
        """The source speaks; a node that the cluster does not know yet makes itself known."""
        first = objects.complete and not self._known()
        self._objects = objects
        self._blocks.see(objects, sessions.own_node(self.config, objects))
        if first and objects.node(self.config.node) is None:
            try:
                self._source.register()
            except TestbedError as error:
                log.error("%s", error)
        if objects.complete:
            self._read.set()
        self.reconciler.poke()

    def _known(self) -> bool:
        return self._objects is not None and self._objects.complete

    def _look(self, patience: float) -> Node | None:
        self._read.wait(patience)
        objects = self._objects
        known = objects is not None and objects.complete
        return sessions.own_node(self.config, objects) if objects and known else None

    def _used(self) -> list[IpAddress]:
        return [address for pod in self._store for address in pod.addresses]

    def _usable(self, pool: IPPool) -> bool:
        return not tunnels.obstacle(pool, self.config, self._capabilities.tunnels)

    def _ensure_blocks(self, _objects: Objects) -> float | None:
        """Claims go over the network, so they have a thread of their own."""
        before = self._blocks.owned()
        problems = self._blocks.ensure()
        if self._blocks.owned() != before:
            self._poke()
        if problems:
            raise TestbedError("; ".join(problems))
        return None

    def _claims_failed(self, problem: str | None) -> None:
        self._claim_problem = problem
        self._poke()

    def _round(self) -> bool:
        """Read everything, decide, apply the difference, report. True if all is as wanted."""
        objects = self._objects
        if objects is None:
            return True
        if not objects.complete:  # nothing may be taken away because it is not there yet
            known = Wanted(te_mode=self.config.te_mode, problems=list(objects.problems))
            self._report(self._inputs(objects), known, [])
            return True
        problems = self._linux.prepare()
        self._claims.put(objects)
        inputs = self._inputs(objects)
        wanted = decide(inputs)
        if wanted.own_sids and wanted.own_sids != self._current:
            problems += self._remember(wanted)
            inputs = self._inputs(objects)
            wanted = decide(inputs)
        problems += self._linux.apply(
            wanted.routes,
            wanted.pair,
            wanted.rules,
            wanted.tunnels,
            keep=not self._heard_peers,
        )
        assert wanted.bgp is not None
        try:
            self._bgp.set_desired(wanted.bgp)
        except TestbedError as error:
            problems.append(str(error))
        self._report(inputs, wanted, problems)
        self._troubled = bool(problems)
        return not problems

    def _inputs(self, objects: Objects) -> Inputs:
        """After a restart of ours, gobgpd is asked before any route of the predecessor goes."""
        bgp = self._bgp.status()  # before rib(): a status with peers has their paths behind it
        alone = objects.complete and bgp.settled and not sessions.wanted(self.config, objects)[0]
        self._heard_peers = self._heard_peers or bool(bgp.peers) or alone
        return Inputs(
            config=self.config,
            capabilities=self._capabilities,
            objects=objects,
            blocks=tuple(self._blocks.owned()),
            paths=tuple(self._bgp.rib()),
            peers=bgp.peers,
            attachments=tuple(self._store),
            replaced_sids=tuple(self._replaced),
        )

    def _remember(self, wanted: Wanted) -> list[str]:
        """Keep replaced local SIDs, durably if the disk lets us; returns the problem if not."""
        self._replaced = remember(self._replaced, self._current, wanted.own_sids)
        self._current = wanted.own_sids
        try:
            _save_sids(self._sids_file, self._replaced, self._current)
        except TestbedError as error:
            return [str(error)]
        return []

    def _report(self, inputs: Inputs, wanted: Wanted, problems: list[str]) -> None:
        """status.json; a full disk must not keep the data plane from being served."""
        bgp = self._bgp.status()
        claims = [self._claim_problem] if self._claim_problem else []
        everything = [*problems, *claims, *wanted.problems, *self._store.problems, *bgp.faults]
        self._generation += 1
        status: dict[str, Any] = {
            **wanted.status(inputs),
            "ready": bool(bgp.settled and inputs.blocks and wanted.own_sids and not problems),
            "problems": list(dict.fromkeys(everything)),
            "generation": self._generation,
        }
        try:
            write_atomically(self.config.status_file, json.dumps(status, indent=1) + "\n")
        except TestbedError as error:
            log.error("%s", error)
        self._source.report(status, wanted.refusals)


def _last_generation(path: Path) -> int:
    """Generations go on counting over restarts, so that "newer than" stays meaningful."""
    try:
        return int(json.loads(path.read_text())["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _load_sids(path: Path) -> tuple[list[OwnSid], tuple[OwnSid, ...]]:
    """(replaced, current) as an earlier agent left them; nothing if there was none."""
    try:
        data = json.loads(path.read_text())
        replaced, current = (
            [OwnSid(IPv6Address(sid), int(family)) for sid, family in data[key]]
            for key in ("replaced", "current")
        )
    except FileNotFoundError:
        return [], ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.error("%s is not readable, replaced SIDs are forgotten: %s", path, error)
        return [], ()
    return replaced, tuple(current)


def _save_sids(path: Path, replaced: Sequence[OwnSid], current: Sequence[OwnSid]) -> None:
    groups = {"replaced": replaced, "current": current}
    data = {key: [(str(s.sid), s.family) for s in group] for key, group in groups.items()}
    write_atomically(path, json.dumps(data) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `python -m testbed.agent`."""
    parser = argparse.ArgumentParser(prog="testbed-agent", description="SRv6 overlay agent")
    parser.add_argument("--config", type=Path, required=True, help="agent.json")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING"])
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=options.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
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
