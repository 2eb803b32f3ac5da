"""The programs of a guest, with the words of testbed.host.supervisor.Supervisor."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.errors import TestbedError
from testbed.host.supervisor import Program, ProgramState
from testbed.providers.vagrant.guest import systemd
from testbed.providers.vagrant.guest.ssh import Guest


class GuestServices:
    """systemd units of one guest, by program name. Every call raises TestbedError on failure."""

    def __init__(self, guest: Guest, logs: str) -> None:
        self.guest, self.logs = guest, logs

    def ready(self) -> bool:
        """True once the guest takes commands."""
        return self.guest.answers()

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs, all at once; those known already stay as they are."""
        units = {
            f"{systemd.DIRECTORY}/{systemd.unit_name(p.name)}": systemd.unit(p, self.logs)
            for p in programs
        }
        if not units:
            return
        self.guest.write(units)
        names = [path.rpartition("/")[2] for path in units]
        # links by hand and one reload: `enable` would reload once more, and that is slow
        script = (
            'mkdir -p "$0" "$1/multi-user.target.wants"; wants=$1/multi-user.target.wants; shift; '
            'for unit; do ln -sf "../$unit" "$wants/$unit"; done; '
            'systemctl daemon-reload; systemctl start --no-block "$@"'
        )
        self.guest.run(["sh", "-ec", script, self.logs, systemd.DIRECTORY, *names])

    def remove(self, names: Iterable[str]) -> None:
        """Stop programs and forget them."""
        units = [systemd.unit_name(name) for name in names]
        if not units:
            return
        files = [f"{systemd.DIRECTORY}/{unit}" for unit in units]
        script = 'systemctl -q disable --now "$@"; rm -f $0; systemctl daemon-reload'
        self.guest.run(["sh", "-c", script, " ".join(files), *units])

    def stop(self, names: Iterable[str]) -> None:
        """End programs and keep them ended, until they are started again."""
        self._run_systemctl("stop", names)

    def start(self, names: Iterable[str]) -> None:
        """Start programs that were stopped."""
        self._run_systemctl("start", names)

    def kill(self, name: str) -> None:
        """kill -9 of a program; it is started anew like any that ends by itself."""
        unit = systemd.unit_name(name)
        self.guest.run(["systemctl", "kill", "--kill-whom=main", "-s", "KILL", unit])

    def states(self) -> dict[str, ProgramState]:
        """See testbed.host.supervisor.Supervisor.states(); empty while the guest is away."""
        properties = ",".join(systemd.PROPERTIES)
        command = ["systemctl", "show", "--timestamp=unix", f"--property={properties}"]
        try:
            shown = self.guest.run([*command, f"{self.guest.name}.*.service"]).stdout
        except TestbedError:
            return {}
        return systemd.states(shown)

    def _run_systemctl(self, verb: str, names: Iterable[str]) -> None:
        units = [systemd.unit_name(name) for name in names]
        if units:  # it refuses to be given none
            self.guest.run(["systemctl", verb, *units])
