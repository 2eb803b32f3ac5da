"""Cluster nodes as namespaces: gobgpd and the overlay agent on each; join and leave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from testbed.api_objects import TE_SWITCH_KEY, te_mode_object
from testbed.host.files import write_json
from testbed.host.supervisor import Program, Supervisor
from testbed.interpreter import own_program
from testbed.orchestrators.api import Api
from testbed.paths import KUBERNETES_USERS, NODES
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Node, Plan
from testbed.providers.members import agent_file, present
from testbed.providers.registry import handle, on_each
from testbed.render import cluster as render
from testbed.srpolicy.files.yaml_tree import read_documents


def prepare_api(plan: Plan, api: Api) -> None:
    """The objects of the lab that come from the plan."""
    for text in (render.ippools(plan), render.bgp(plan)):
        for document in read_documents(text, "templates/api"):
            if document.content is not None:
                api.apply(document.plain)
    write_te_mode(plan.te_mode, api)


def write_te_mode(mode: str, api: Api) -> None:
    """Switch between TE by BGP and TE by ConfigMap; every agent sees it at once."""
    api.apply(te_mode_object(mode))


def te_mode(api: Api) -> str:
    """The TE mode in force."""
    document = api.get(te_mode_object(""))
    return str(document["data"][TE_SWITCH_KEY]) if document else "bgp"


def join(plan: Plan, nodes: Iterable[Node], gobgpd: Path, api: Api | None = None) -> None:
    """Start gobgpd and agent on the nodes, and make them known to the injectors.

    With `api` their Node objects are made as well; a kubelet makes its own.
    """
    nodes = list(nodes)
    for node in nodes:
        if api:
            api.apply(render.node_object(plan, node))
    configure(plan, nodes)
    start(nodes, gobgpd)
    write_injector_peers(plan)


def configure(plan: Plan, nodes: Sequence[Node]) -> None:
    """Give nodes their agents' configuration: from then on they are members of the lab."""

    def give(node: Node) -> None:
        (NODES / node.name).mkdir(parents=True, exist_ok=True)
        config = json.dumps(render.agent_config(plan, node), indent=1) + "\n"
        handle(node.name).give(agent_file(node.name), config)

    on_each(give, nodes)


def recognise(plan: Plan, nodes: Sequence[Node]) -> None:
    """Make nodes that hold their agents' configuration already members of the lab."""
    for node in nodes:
        agent_file(node.name).parent.mkdir(parents=True, exist_ok=True)
        write_json(agent_file(node.name), render.agent_config(plan, node))


def start(nodes: Sequence[Node], gobgpd: Path) -> None:
    """Start gobgpd and agent on nodes that are configured."""

    def add(node: Node) -> None:
        there = handle(node.name)
        programs = [gobgpd_program(node.name, there.path_of(gobgpd)), agent_program(node.name)]
        there.services.add(programs)

    on_each(add, nodes)


def leave(plan: Plan, node: Node, api: Api | None = None) -> None:
    """Stop the node's daemons, and remove its Node object if that lies in `api`."""
    handle(node.name).services.remove([f"{node.name}.agent", f"{node.name}.gobgpd"])
    agent_file(node.name).unlink(missing_ok=True)
    if api:
        api.delete(render.node_object(plan, node))
    write_injector_peers(plan)


def start_injectors(plan: Plan, supervisor: Supervisor, gobgpd: Path) -> None:
    """gobgpd and the policy feeder on every injector's host; the TE engine on the first."""
    programs = []
    for injector in plan.injectors:
        (NODES / injector.name / "policies").mkdir(parents=True, exist_ok=True)
        programs += [gobgpd_program(injector.name, gobgpd), _feeder_program(injector.name)]
    programs += [_te_program(plan, injector.name) for injector in plan.injectors[:1]]
    write_injector_peers(plan)
    supervisor.add(programs)


def write_injector_peers(plan: Plan) -> None:
    """Tell every injector which nodes are there."""
    nodes = present(plan)
    for injector in plan.injectors:
        directory = NODES / injector.name
        directory.mkdir(parents=True, exist_ok=True)
        write_json(directory / "peers.json", render.injector_peers(plan, injector, nodes))


def gobgpd_program(node: str, gobgpd: Path) -> Program:
    """A gobgpd without configuration: who drives it holds its desired state."""
    socket = NODES / node / "gobgpd.sock"
    # 127.0.0.1 of the node's own namespace, so that a plain `gobgp` works there
    hosts = f"unix://{socket},127.0.0.1:50051"
    # a socket left by a killed gobgpd would keep the next one from listening
    script = 'rm -f "$1"; exec "$2" --api-hosts "$3" -l info --log-plain --pprof-disable'
    command = ("sh", "-c", script, "gobgpd", str(socket), str(gobgpd), hosts)
    return Program(name=f"{node}.gobgpd", node=node, command=command)


def agent_program(node: str) -> Program:
    """The overlay agent of one node."""
    config = NODES / node / "agent.json"
    python = handle(node).python
    command = (*python.command, "testbed.agent", "--config", str(config))
    return Program(f"{node}.agent", node, command, python.environment)


def _feeder_program(node: str) -> Program:
    directory = NODES / node
    return _module_program(
        f"{node}.injector",
        node,
        "testbed.bgp.injector_main",
        *("--socket", str(directory / "gobgpd.sock")),
        *("--policies", str(directory / "policies")),
        *("--peers", str(directory / "peers.json")),
    )


def _te_program(plan: Plan, node: str) -> Program:
    """The TE engine, whose intents lie with the policies of the first injector."""
    options = ["--intents", str(NODES / node / "policies" / "te")]
    if plan.takes_intent_objects:
        options += ["--kubeconfig", str(KUBERNETES_USERS / "te-engine.conf")]
        options += ["--api-from", plan.vantage(control_plane(plan).name)]
        options += ["--slowness", str(plan.slowness)]
    return _module_program(f"{node}.te", node, "testbed.lab.te.engine_main", *options)


def _module_program(name: str, node: str, module: str, *options: str) -> Program:
    return Program(name=name, node=node, command=tuple(own_program(module, *options)))
