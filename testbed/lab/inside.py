"""Reaching nodes, pods, links and logs from inside a lab."""

from __future__ import annotations

import difflib
import os
import subprocess
import time

from testbed.errors import TestbedError
from testbed.host import namespaces as ns
from testbed.host import sysfs
from testbed.host.environment import PATH
from testbed.lab import guest_shell, pods, state
from testbed.nodes import supervision
from testbed.nodes.containers import TOOLS
from testbed.nodes.handles import all_states
from testbed.plan.model import Link, Node, Plan, Role

MS_BIND = 0x1000


def netns_of(plan: Plan, name: str) -> str:
    """Name of the network namespace of a node or pod. Raises TestbedError."""
    if name in plan.by_name:
        return name
    by_name = {p.name: p for p in pods.listing(plan)}
    if name in by_name:
        return by_name[name].netns
    raise unknown("node or pod", name, [*plan.by_name, *by_name])


def unknown(kind: str, name: str, known: list[str]) -> TestbedError:
    """The error for a name that nobody has, with the closest one."""
    close = difflib.get_close_matches(name, known, n=1)
    there = f"there are: {', '.join(sorted(known))}" if known else "there is none"
    fix = f"did you mean {close[0]!r}?" if close else there
    return TestbedError(f"no {kind} {name!r}", fix=fix)


def cluster_node(plan: Plan, name: str) -> Node:
    """A cluster node of the plan. Raises TestbedError."""
    names = [n.name for n in plan.cluster]
    if name not in names:
        raise unknown("cluster node", name, names)
    return plan.node(name)


def find_link(plan: Plan, a: str, b: str) -> Link:
    """The link between two nodes. Raises TestbedError."""
    for link in plan.links:
        if {link.a.node, link.b.node} == {a, b}:
            return link
    raise unknown("link", f"{a}-{b}", [f"{x.a.node}-{x.b.node}" for x in plan.links])


def replace_process(
    plan: Plan,
    name: str,
    command: list[str],
    prompt: str | None = None,
    network_only: bool = False,
) -> None:
    """Become `command` on a node or in a pod, where the node's own tools just work.

    `network_only` keeps the caller's files in sight also on nodes that have a root of their own.
    """
    machine = guest_shell.machine_of(plan, name)
    if machine is not None:
        guest_shell.become(*machine, command, prompt)
    netns = netns_of(plan, name)
    init = None if network_only else supervision.init_pid(name)
    if init is None:
        fd = os.open(ns.NETNS_DIR / netns, os.O_RDONLY)
        ns.setns(fd, ns.CLONE_NEWNET)
        os.close(fd)
        sysfs.mount_own()
        _own_sockets(plan, name)
    else:
        ns.enter_process(init)
    environment = dict(os.environ, PATH=_path(), TESTBED_NODE=name)
    if prompt:
        environment["PS1"] = prompt
    try:
        os.execvpe(command[0], command, environment)
    except FileNotFoundError:
        raise TestbedError(f"{name}: no program {command[0]!r}", exit_code=127) from None
    except PermissionError:
        raise TestbedError(f"{name}: {command[0]!r} is no program", exit_code=126) from None


def _own_sockets(plan: Plan, name: str) -> None:
    """On a router, /run/frr is its own: a plain `vtysh` talks to its daemons.

    To be called with mounts of its own.
    """
    if name not in plan.by_name or plan.node(name).role is not Role.ROUTER:
        return
    ns.mount(f"/run/frr/{name}", "/run/frr", None, MS_BIND)


def _path() -> str:
    """The system's programs, and the lab's own gobgp before them."""
    own = [str(state.gobgpd().parent)] if state.GOBGPD.exists() else [TOOLS]
    return ":".join([*own, PATH])


def program_rows() -> list[list[str]]:
    """Name, state and start time of every program of the lab."""
    rows = []
    for name, info in sorted(all_states().items()):
        since = time.strftime("%H:%M:%S", time.localtime(info["start"]))
        rows.append([name, str(info["statename"]), since])
    return rows


def follow_log(program: str, follow: bool) -> None:
    """Print a program's log, and what is added to it if `follow`."""
    file = supervision.log_file(program)
    if not file.exists():
        raise unknown("program", program, list(all_states()))
    options = ["-n", "+1", "--follow=name"] if follow else ["-n", "+1"]
    subprocess.run(["tail", *options, str(file)], check=False)
