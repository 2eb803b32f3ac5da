"""Runs the routers' FRR daemons: zebra and isisd, one pair per router."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from testbed.errors import CheckFailed, MachineUnfit
from testbed.host.supervisor import Program, Supervisor
from testbed.host.wait import wait_for
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.render import frr

DAEMONS = Path("/usr/lib/frr")
RUN = Path("/run/frr")
# FRR makes a directory for its crash logs in /var/tmp, where it would outlive the lab. The daemon
# has mounts of its own already (testbed.host.run.on_node); all that it says is in its log, too.
_OWN_CRASH_LOGS = ("sh", "-c", 'mount -t tmpfs -o mode=1777 tmp /var/tmp; exec "$0" "$@"')
SHOWN = 5  # programs that are named


def write_files(plan: Plan) -> None:
    """Write every router's configuration, and the directories of its sockets."""
    try:
        if not (DAEMONS / "isisd").exists():
            raise KeyError
        uid, gid = pwd.getpwnam("frr").pw_uid, grp.getgrnam("frr").gr_gid
    except KeyError:
        raise MachineUnfit("FRR is not installed", fix="make deps") from None
    RUN.mkdir(exist_ok=True)
    os.chown(RUN, uid, gid)
    for router in plan.routers:
        files, sockets = NODES / router.name, RUN / router.name
        for directory in (files, sockets):
            directory.mkdir(parents=True, exist_ok=True)
            os.chown(directory, uid, gid)
        (files / "zebra.conf").write_text(frr.zebra_conf(plan, router))
        (files / "isisd.conf").write_text(frr.isisd_conf(plan, router))


def start(plan: Plan, supervisor: Supervisor) -> None:
    """Start all daemons. isisd comes second: it looks for zebra's socket only every 10 s."""
    supervisor.add(_daemon_program(r.name, "zebra") for r in plan.routers)
    _wait_sockets(plan, supervisor, "zebra", "zserv.api")
    supervisor.add(_daemon_program(r.name, "isisd") for r in plan.routers)
    _wait_sockets(plan, supervisor, "isisd", "isisd.vty")


def _wait_sockets(plan: Plan, supervisor: Supervisor, daemon: str, socket: str) -> None:
    """Until every router's daemon has made its socket. Raises CheckFailed."""
    waiting = {r.name: RUN / r.name / socket for r in plan.routers}

    def probe() -> tuple[bool | None, str]:
        for name in [n for n, path in waiting.items() if path.exists()]:
            del waiting[name]
        return (None if waiting else True), f"not yet: {', '.join(waiting)}"

    try:
        wait_for(f"{daemon}'s sockets", probe, timeout=30, fix=f"testbed logs r1.{daemon}")
    except CheckFailed as error:
        failing = "; ".join(supervisor.failing()[:SHOWN])
        why = f"{error.why}; {failing}" if failing else error.why
        raise CheckFailed(error.what, why=why, fix=error.fix) from None


def wait_running(plan: Plan, supervisor: Supervisor) -> None:
    """Wait until every daemon runs, and no isisd is older than its zebra.

    Before that the kernel may still hold routes which a dead daemon left.
    """
    daemons = [
        _daemon_program(r.name, daemon) for r in plan.routers for daemon in ("zebra", "isisd")
    ]

    def probe() -> tuple[bool | None, str]:
        waiting = supervisor.unsettled(daemons)
        return (None if waiting else True), f"not yet: {', '.join(waiting)}"

    wait_for("the routers' daemons to run", probe, timeout=30, fix="testbed logs r1.zebra")


def _daemon_program(router: str, daemon: str) -> Program:
    # -N keeps each router's sockets and pid files in /run/frr/<router>.
    # isisd does not give its routes to a zebra that was restarted under it.
    return Program(
        name=f"{router}.{daemon}",
        node=router,
        command=(
            *_OWN_CRASH_LOGS,
            str(DAEMONS / daemon),
            *("-N", router),
            *("-f", str(NODES / router / f"{daemon}.conf")),
            *("--log", "stdout"),
        ),
        restarts_with=f"{router}.zebra" if daemon == "isisd" else "",
        followed_by=f"{router}.isisd" if daemon == "zebra" else "",
    )
