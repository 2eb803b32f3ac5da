"""kubectl and its like on the host: only the network is the lab's, the rest is the user's."""

from __future__ import annotations

import os
import pwd
import shlex
from datetime import datetime, timezone
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import namespaces as ns
from testbed.host.become import become
from testbed.host.files import write_atomically
from testbed.host.labs import LabDir
from testbed.interpreter import own_program
from testbed.lab.state import foreign, recorded_plan
from testbed.orchestrators.kubernetes.users import ensure_administrator
from testbed.plan.kubernetes import API_PORT, api_url, control_plane

ADMIN = Path("run/testbed/kubernetes/admin.conf")  # from the lab's root
SHIMS = ("kubectl", "k9s", "helm")


def run_in_network(lab: LabDir, command: list[str]) -> None:
    """Become `command` in the API server's network, as the user who called. Raises TestbedError."""
    root, node = _reach_api(lab)
    environment = _environment(lab, root)
    fd = os.open(root / "run/netns" / node, os.O_RDONLY)
    ns.setns(fd, ns.CLONE_NEWNET)
    os.close(fd)
    _be_the_caller(environment)
    become(command, environment)


def kubectl() -> str:
    """The kubectl of the lab's Kubernetes."""
    from testbed.artefacts import program

    return str(program("kubectl"))


def exposed_lines(lab: LabDir) -> list[str]:
    """A KUBECONFIG for a loopback port of the host, which is opened: any program can use it."""
    from testbed.lab.access.expose import expose

    root, node = _reach_api(lab)
    plan = recorded_plan(lab)
    assert plan is not None
    address = str(plan.address_v6(control_plane(plan).name))
    port = expose(lab, node, address, API_PORT)
    text = (root / ADMIN).read_text().replace(api_url(plan), f"https://127.0.0.1:{port}")
    copy = _copy_kubeconfig(lab, text, "-exposed")
    return [f"export KUBECONFIG={shlex.quote(str(copy))}"]


def shell_lines(lab: LabDir) -> list[str]:
    """What `eval "$(testbed env)"` sets: a PATH with kubectl that joins the lab by itself."""
    root, _ = _reach_api(lab)
    environment = _environment(lab, root)
    shims = lab.path / "bin"
    shims.mkdir(mode=0o755, exist_ok=True)
    command = own_program("testbed")
    wanted = {name: [*command, "in-network", "-n", lab.name, name] for name in SHIMS}
    plan = recorded_plan(lab)
    for tool in plan.provider_traits.shims if plan else ():
        wanted[tool] = ["env", f"TESTBED_NAME={lab.name}", *command, tool]
    for name, arguments in wanted.items():
        write_atomically(shims / name, f'#!/bin/sh\nexec {shlex.join(arguments)} "$@"\n', 0o755)
    return [
        f"export TESTBED_NAME={shlex.quote(lab.name)}",
        f"export KUBECONFIG={shlex.quote(environment['KUBECONFIG'])}",
        f'export PATH={shlex.quote(str(shims))}:"$PATH"',
    ]


def _reach_api(lab: LabDir) -> tuple[Path, str]:
    """The lab's root, seen from the host, and the namespace that reaches its API server."""
    pid, plan = lab.init_pid(), recorded_plan(lab)
    if pid is None:
        raise TestbedError(f"lab {lab.name!r} is not up", fix=lab.up_command)
    if plan is None:
        raise foreign(lab, lab.up_command)
    root = Path(f"/proc/{pid}/root")
    if not (root / ADMIN).exists():
        containers = plan.orchestrator_traits.containers
        raise TestbedError(
            f"lab {lab.name!r} has no Kubernetes",
            why="not yet" if containers else "it was brought up with --cluster none",
            fix="testbed up" if containers else "testbed up --cluster kubernetes --recreate",
        )
    users = root / ADMIN.parent
    ensure_administrator(users, plan, lab.data / "keys", datetime.now(timezone.utc))
    return root, plan.vantage(control_plane(plan).name)


def _environment(lab: LabDir, root: Path) -> dict[str, str]:
    """The caller's environment with KUBECONFIG."""
    return {**os.environ, "KUBECONFIG": str(_copy_kubeconfig(lab, (root / ADMIN).read_text()))}


def _copy_kubeconfig(lab: LabDir, kubeconfig: str, suffix: str = "") -> Path:
    """A kubeconfig that only the caller can read."""
    uid = int(os.environ.get("SUDO_UID", os.geteuid()))
    copy = lab.path / f"kubeconfig-{uid}{suffix}"
    write_atomically(copy, kubeconfig, 0o600)
    os.chown(copy, uid, -1)
    return copy


def _be_the_caller(environment: dict[str, str]) -> None:
    """Under sudo: go on as who called it. What kubectl writes is then theirs."""
    uid = os.environ.get("SUDO_UID")
    if os.geteuid() != 0 or uid is None:
        return
    user = pwd.getpwuid(int(uid))
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    environment.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
