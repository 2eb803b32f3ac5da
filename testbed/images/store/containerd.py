"""Runs a temporary containerd that reaches nothing outside its own directory."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import AF_UNIX, socket

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.namespaces import end_with_parent
from testbed.host.run import run
from testbed.host.wait import wait_for
from testbed.images.build.libraries import system_program

NAMESPACE = "k8s.io"  # containerd's, where Kubernetes' images are
# Everything but content, metadata and snapshots: no containers run here.
_DISABLED = (
    *("grpc.v1.cri", "cri.v1.images", "cri.v1.runtime", "nri.v1.nri", "internal.v1.opt"),
    *("internal.v1.restart", "runtime.v1.linux", "runtime.v2.task", "monitor.v1.cgroups"),
    *("monitor.task.v1.cgroups", "tracing.processor.v1.otlp"),
    *(f"snapshotter.v1.{name}" for name in ("aufs", "btrfs", "devmapper", "zfs", "native")),
    *(f"snapshotter.v1.{name}" for name in ("blockfile", "erofs")),
)
_START_LIMIT = 20.0  # seconds
_STOP_LIMIT = 20.0


@dataclass(frozen=True)
class Programs:
    """Which containerd, and its client."""

    containerd: Path
    ctr: Path

    def version(self) -> str:
        """containerd's version line. Raises TestbedError."""
        return run([str(self.containerd), "--version"]).stdout.strip()


def programs() -> Programs:
    """The distribution's containerd and ctr. Raises MachineUnfit if they are missing."""
    found = [system_program(name) for name in ("containerd", "ctr")]
    if found[0] is None or found[1] is None:
        raise MachineUnfit("program 'containerd' or 'ctr' is missing", fix="run `make deps`")
    return Programs(found[0], found[1])


@dataclass(frozen=True)
class Client:
    """A ctr client of that containerd."""

    command: tuple[str, ...]

    def call(self, *arguments: str) -> str:
        """One command of ctr; gives its output. Raises TestbedError with its last words."""
        return run([*self.command, *arguments], timeout=300).stdout


@contextmanager
def containerd(chosen: Programs, root: Path) -> Iterator[Client]:
    """Run containerd on the directory `root` in mounts of its own; stopped cleanly at the end.

    Needs root. Raises TestbedError with containerd's last words if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="testbed-containerd-") as name:
        scratch = Path(name)
        socket_path = scratch / "socket"
        config = scratch / "config.toml"
        config.write_text(_format_config(root, scratch / "state", socket_path))
        log = scratch / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                # its temporary mounts are seen nowhere else, and go with it
                ["unshare", "--mount", str(chosen.containerd), "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": name},
                preexec_fn=end_with_parent,
            )
        try:
            _wait_answer(process, socket_path, log)
            yield Client((str(chosen.ctr), "--address", str(socket_path), "-n", NAMESPACE))
        finally:
            _stop_process(process)


def _format_config(root: Path, state: Path, address: Path) -> str:
    disabled = "".join(f'  "io.containerd.{name}",\n' for name in _DISABLED)
    return (
        f'version = 2\nroot = "{root}"\nstate = "{state}"\n'
        f'disabled_plugins = [\n{disabled}]\n[grpc]\n  address = "{address}"\n'
    )


def _wait_answer(process: subprocess.Popen[bytes], address: Path, log: Path) -> None:
    def probe() -> tuple[bool | None, str]:
        if process.poll() is not None:
            raise TestbedError(
                "containerd ended at once",
                why="\n".join(_last_words(log)),
                exit_code=4,
            )
        with socket(AF_UNIX) as client, suppress(OSError):
            client.connect(str(address))
            return True, "it listens"
        return None, "it does not listen"

    wait_for("containerd to listen", probe, _START_LIMIT)


def _last_words(log: Path) -> Sequence[str]:
    return log.read_text(errors="replace").strip().splitlines()[-3:]


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
