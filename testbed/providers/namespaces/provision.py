"""Starts and removes cluster nodes that are namespaces with an init of their own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from testbed.host.files import write_json
from testbed.host.supervisor import Program, Supervisor
from testbed.host.wait import wait_for
from testbed.interpreter import own_program
from testbed.paths import CONTAINER_RUNTIME, NODE_TOOLS, PACKAGE, ROOTS, SYSTEM_PATH
from testbed.providers.namespaces import services
from testbed.providers.namespaces.node_spec import NodeSpec
from testbed.providers.storage import on_disk

# What fills up stays on disk; everything else that a node writes lies in a tmpfs.
ON_DISK = ("/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd", "/var/log/pods")


def write_spec(
    node: str,
    data: Path,
    programs: Mapping[str, Path],
    files: Mapping[str, str],
    links: Mapping[str, str],
) -> None:
    """Say how a node is to be made.

    `data` is its directory on disk, `programs` what its PATH has besides the host's; `files` and
    `links` (path → content, path → target) are written into its root.
    """
    place = services.place(node)
    for directory in (place.programs, place.logs):
        directory.mkdir(parents=True, exist_ok=True)
    conf = place.directory / "supervisord.conf"
    conf.write_text(place.conf)
    spec = _node_spec(node, data, programs, files, links)
    write_json(place.directory / services.SPEC, asdict(spec))


def _node_spec(
    node: str,
    data: Path,
    programs: Mapping[str, Path],
    files: Mapping[str, str],
    links: Mapping[str, str],
) -> NodeSpec:
    directory = services.place(node).directory
    return NodeSpec(
        name=node,
        directory=str(directory),
        scratch=str(ROOTS / node),
        read_only=_needed_directories(programs.values()),
        binds={
            str(directory): str(directory),
            str(directory / "kubernetes"): "/etc/kubernetes",
            **{str(on_disk(data, path)): path for path in ON_DISK},
        },
        files={**_identity_files(node), **files},
        runtime=CONTAINER_RUNTIME,
        links={**{f"{NODE_TOOLS}/{n}": str(p) for n, p in programs.items()}, **links},
        conf=str(directory / "supervisord.conf"),
        environment={
            "PATH": f"{NODE_TOOLS}:{SYSTEM_PATH}",
            "HOME": "/root",
            "TESTBED_NODE": node,
        },
    )


def _needed_directories(programs: Iterable[Path]) -> list[str]:
    """What daemons are started from, which may lie in a home directory that a node hides."""
    package = PACKAGE
    prefixes = {sys.prefix, sys.base_prefix, str(package)}
    paths = {str(p.parent) for p in programs} | {p for p in prefixes if not p.startswith("/usr")}
    return sorted(paths)


def _identity_files(node: str) -> dict[str, str]:
    return {
        "/etc/hostname": f"{node}\n",
        "/etc/machine-id": hashlib.md5(f"testbed {node}".encode()).hexdigest() + "\n",
    }


def program(node: str) -> Program:
    """The node itself, as a program of the lab's supervisor."""
    spec = services.place(node).directory / services.SPEC
    command = tuple(own_program("testbed.providers.namespaces.node_init_main", str(spec)))
    return Program(name=f"{node}.init", node=node, command=command)


def start(nodes: Sequence[str], lab: Supervisor) -> None:
    """Start nodes whose specification is written; returns when their supervisors answer."""
    lab.add([program(node) for node in nodes])
    waiting = {node: services.supervisor_of(node) for node in nodes}

    def probe() -> tuple[bool | None, str]:
        for node in [n for n, supervisor in waiting.items() if supervisor.ready()]:
            del waiting[node]
        return (None if waiting else True), f"not yet: {', '.join(waiting)}"

    wait_for(
        "the nodes' supervisors",
        probe,
        timeout=30,
        fix=lambda: f"testbed logs {next(iter(waiting))}.init",
    )


def remove(node: str, lab: Supervisor) -> None:
    """End a node: everything of it ends with its init. Its data on disk stays."""
    lab.remove([f"{node}.init"])
    (services.place(node).directory / services.SPEC).unlink(missing_ok=True)
