"""Reaching nodes, pods, links and logs from inside a lab."""

from __future__ import annotations

import difflib
import os
import shlex

from testbed.errors import TestbedError
from testbed.host import namespaces as ns
from testbed.host import sysfs
from testbed.host.become import become
from testbed.host.labs import last_words
from testbed.host.namespaces import MS_BIND
from testbed.lab import state
from testbed.lab.access.locate import elsewhere
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import GOBGPD, NETNS, NODE_TOOLS, SYSTEM_PATH
from testbed.plan.model import Node, Plan, Role
from testbed.providers.namespaces import services
from testbed.providers.registry import all_states

FEW = 8  # names that an error lists


def netns_of(plan: Plan, name: str) -> str:
    """Name of the network namespace of a node or pod. Raises TestbedError."""
    if name in plan.by_name:
        return name
    by_name = {p.name: p for p in orchestrator_of(plan).pods(plan)}
    if name in by_name:
        return by_name[name].netns
    raise unknown("node or pod", name, [*plan.by_name, *by_name])


def unknown(kind: str, name: str, known: list[str]) -> TestbedError:
    """The error for a name that nobody has, with the closest one, or the first of all names."""
    close = difflib.get_close_matches(name, known, n=1)
    there = f"there are: {_first_few(sorted(known))}" if known else "there is none"
    fix = f"did you mean {close[0]!r}?" if close else there
    return TestbedError(f"no {kind} {name!r}", fix=fix)


def unknown_program(name: str, known: list[str]) -> TestbedError:
    """The same for a program; a node's name means the programs that run there."""
    there = sorted(program for program in known if program.startswith(f"{name}."))
    if not there:
        return unknown("program", name, known)
    others = f"; also there: {', '.join(there[1:])}" if there[1:] else ""
    return TestbedError(
        f"no program {name!r}, which is a node", fix=f"testbed logs {there[0]}{others}"
    )


def _first_few(names: list[str]) -> str:
    """A line of names: all of them, or the first ones and how many more there are."""
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{', '.join(names[:FEW])} and {len(names) - FEW} more"


def cluster_node(plan: Plan, name: str) -> Node:
    """A cluster node of the plan. Raises TestbedError."""
    names = [n.name for n in plan.cluster]
    if name not in names:
        raise unknown("cluster node", name, names)
    return plan.node(name)


def replace_process(
    plan: Plan,
    name: str,
    command: list[str],
    prompt: str | None = None,
    network_only: bool = False,
) -> None:
    """Become `command` on a node or in a pod.

    In a pod that has a container it runs there, as `kubectl exec` does; elsewhere the host's
    programs run, in the network of the node or pod. `network_only` asks for just that, with the
    caller's files in sight, also on nodes that have a root of their own.
    """
    if name not in plan.by_name and not network_only:
        terminal = os.isatty(0) and os.isatty(1)
        netns_of(plan, name)  # names the one that is meant, if it is not there
        inside = orchestrator_of(plan).container_command(plan, name, command, terminal)
        if inside is not None:
            become(inside, os.environ, where=name)
    there = elsewhere(plan, name)
    if there is not None:
        there.become(command, prompt)
    netns = netns_of(plan, name)
    init = None if network_only else services.init_pid(name)
    if init is None:
        fd = os.open(NETNS / netns, os.O_RDONLY)
        ns.setns(fd, ns.CLONE_NEWNET)
        os.close(fd)
        sysfs.mount_own()
        _own_sockets(plan, name)
    else:
        ns.enter_process(init, lambda: _node_ended(name))
    environment = dict(os.environ, PATH=_search_path(), TESTBED_NODE=name)
    if prompt:
        environment["PS1"] = prompt
    become(command, environment, where=name)


def _node_ended(name: str) -> TestbedError:
    return TestbedError(
        f"{name} has ended, and starts anew",
        why=last_words(services.log_file(f"{name}.init").read_bytes()) or "its init was killed",
        fix=f"testbed logs {name}.init",
        exit_code=1,
    )


def _own_sockets(plan: Plan, name: str) -> None:
    """On a router, /run/frr is its own: a plain `vtysh` talks to its daemons.

    To be called with mounts of its own.
    """
    if name not in plan.by_name or plan.node(name).role is not Role.ROUTER:
        return
    ns.mount(f"/run/frr/{name}", "/run/frr", None, MS_BIND)


def _search_path() -> str:
    """The system's programs, and the lab's own gobgp before them."""
    own = [str(state.gobgpd().parent)] if GOBGPD.exists() else [NODE_TOOLS]
    return ":".join([*own, SYSTEM_PATH])


def program_rows() -> list[list[str]]:
    """Name and state of every program of the lab, and since when."""
    return [[name, info.statename, info.since] for name, info in sorted(all_states().items())]


def shell_command(plan: Plan, name: str, network_only: bool) -> list[str]:
    """A shell that a node or pod has; a container may have no bash."""
    containers = plan.orchestrator_traits.containers
    if name in plan.by_name or network_only or not containers:
        return ["bash", "--norc"]
    prompt = shlex.quote(f"{name}# ")
    return [
        "sh",
        "-c",
        f"export PS1={prompt}; bash=$(command -v bash) && exec $bash --norc; exec sh",
    ]


def follow_log(program: str, follow: bool) -> None:
    """Print a program's log, and what is added to it if `follow`."""
    file = services.log_file(program)
    if not file.exists():
        raise unknown_program(program, list(all_states()))
    # a rotation takes the file away for a moment, after which tail alone would give up
    options = ["-n", "+1", "--follow=name", "--retry"] if follow else ["-n", "+1"]
    # no child: an interruption that comes while one is being started would leave it behind
    become(["tail", *options, str(file)], os.environ)
