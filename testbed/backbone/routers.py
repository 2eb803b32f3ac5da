"""Runs the routers' FRR daemons, a set per router (testbed.host.frr says which)."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from testbed.errors import CheckFailed, MachineUnfit
from testbed.host import frr as installed_frr
from testbed.host.frr import Daemon
from testbed.host.supervisor import Program, Supervisor
from testbed.host.wait import wait_for
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.render import frr

RUN = Path("/run/frr")
SHOWN = 5  # programs that are named


def write_files(plan: Plan) -> None:
    """Write every router's configuration, and the directories of its sockets."""
    installed_frr.installed()
    try:
        uid, gid = pwd.getpwnam("frr").pw_uid, grp.getgrnam("frr").gr_gid
    except KeyError:
        raise MachineUnfit("FRR has no user `frr`", fix="make deps") from None
    RUN.mkdir(exist_ok=True)
    os.chown(RUN, uid, gid)
    for router in plan.routers:
        files, sockets = NODES / router.name, RUN / router.name
        for directory in (files, sockets):
            directory.mkdir(parents=True, exist_ok=True)
            os.chown(directory, uid, gid)
        (files / "zebra.conf").write_text(frr.zebra_conf(plan, router))
        (files / "isisd.conf").write_text(frr.isisd_conf(plan, router))
        if plan.bfd:
            (files / "bfdd.conf").write_text(frr.bfdd_conf(router, plan.bfd))
        if router in plan.edge_routers:
            (files / "bgpd.conf").write_text(frr.bgpd_conf(plan, router))


def start(plan: Plan, supervisor: Supervisor) -> None:
    """Start all daemons in order: isisd looks for zebra's socket only every 10 s."""
    for daemon in installed_frr.installed():
        routers = _running(plan, daemon)
        supervisor.add(daemon_program(router, daemon) for router in routers)
        _wait_sockets(routers, daemon, supervisor)


def _running(plan: Plan, daemon: Daemon) -> list[str]:
    """The routers that run a daemon."""
    by_need = {
        "always": plan.routers,
        "edge": plan.edge_routers,
        "bfd": plan.routers if plan.bfd else [],
    }
    return [router.name for router in by_need[daemon.runs]]


def _wait_sockets(routers: list[str], daemon: Daemon, supervisor: Supervisor) -> None:
    """Until every router's daemon has made its socket. Raises CheckFailed."""
    waiting = {router: RUN / router / daemon.socket for router in routers}

    def probe() -> tuple[bool | None, str]:
        for router in [r for r, socket in waiting.items() if socket.exists()]:
            del waiting[router]
        return (None if waiting else True), f"not yet: {', '.join(waiting)}"

    what = f"the sockets of {daemon.name}"
    try:
        wait_for(
            what, probe, timeout=30, fix=lambda: f"testbed logs {next(iter(waiting))}.{daemon.name}"
        )
    except CheckFailed as error:
        failing = "; ".join(supervisor.failing()[:SHOWN])
        why = f"{error.why}; {failing}" if failing else error.why
        raise CheckFailed(error.what, why=why, fix=error.fix) from None


def wait_running(plan: Plan, supervisor: Supervisor) -> None:
    """Wait until every daemon runs, and no isisd is older than its zebra.

    Before that the kernel may still hold routes which a dead daemon left.
    """
    daemons = [
        daemon_program(router, daemon)
        for daemon in installed_frr.installed()
        for router in _running(plan, daemon)
    ]

    waiting: list[str] = []

    def probe() -> tuple[bool | None, str]:
        waiting[:] = supervisor.unsettled(daemons)
        return (None if waiting else True), f"not yet: {', '.join(waiting)}"

    wait_for(
        "the routers' daemons to run", probe, timeout=30, fix=lambda: f"testbed logs {waiting[0]}"
    )


def daemon_program(router: str, daemon: Daemon) -> Program:
    """One of a router's daemons, as the supervisor keeps it."""
    # -N keeps each router's sockets and pid files in /run/frr/<router>.
    # isisd and bgpd do not give their routes to a zebra that was restarted under them, and bfdd
    # finds it again only after 10 s, in which isisd's requests for sessions would be lost.
    file = ("-f", str(NODES / router / f"{daemon.name}.conf")) if daemon.has_file else ()
    return Program(
        name=f"{router}.{daemon.name}",
        node=router,
        command=(str(daemon.program), "-N", router, *file, "--log", "stdout"),
        restarts_with=f"{router}.zebra" if daemon.name in ("bfdd", "isisd", "bgpd") else "",
        followed_by=f"{router}.isisd" if daemon.name == "zebra" else "",
        # it makes the next LSP some time after the last one, by the time of day
        minds_clock=daemon.name == "isisd",
    )
