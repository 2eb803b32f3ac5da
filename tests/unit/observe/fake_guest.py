"""A guest that is this machine: the guest agent runs here, and enters no namespace."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

# What `python -m testbed.observe.remote.guest_agent_main` does, without setns(2).
_AGENT = """
from contextlib import nullcontext
from testbed.observe import canary, local_capture, local_place, local_stream, probe
for module in (canary, local_capture, local_place, local_stream, probe):
    module.in_netns = lambda _: nullcontext()
from testbed.observe.remote import guest_agent_main
guest_agent_main.main()
"""


class FakeGuest:
    """Enough of testbed.providers.vagrant.guest.ssh.Guest; `break_off` ends what it runs."""

    def __init__(self, name: str = "worker1") -> None:
        self.name = name
        self.channels: list[FakeChannel] = []

    def open(self, argv: Sequence[str]) -> FakeChannel:
        self.channels.append(FakeChannel(_command(argv)))
        return self.channels[-1]

    def run(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(_command(argv), capture_output=True, text=True, check=True)

    def break_off(self) -> None:
        for channel in self.channels:
            channel.process.kill()
            channel.process.wait()

    def close(self) -> None:
        for channel in self.channels:
            channel.close()


class FakeChannel:
    """Enough of paramiko.Channel, over pipes."""

    def __init__(self, command: list[str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._stderr = self.process.stderr
        self._out = self._err = b""

    def fileno(self) -> int:
        return self._stdout.fileno()

    def recv_ready(self) -> bool:
        self._out += _available(self._stdout)
        return bool(self._out)

    def recv(self, count: int) -> bytes:
        data, self._out = self._out[:count], self._out[count:]
        return data

    def recv_stderr_ready(self) -> bool:
        self._err += _available(self._stderr)
        return bool(self._err)

    def recv_stderr(self, count: int) -> bytes:
        data, self._err = self._err[:count], self._err[count:]
        return data

    def sendall(self, data: bytes) -> None:
        self._stdin.write(data)

    def shutdown_write(self) -> None:
        self._stdin.close()

    def exit_status_ready(self) -> bool:
        return self.process.poll() is not None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._stdin, self._stdout, self._stderr):
            pipe.close()


def _available(pipe: IO[bytes]) -> bytes:
    data = b""
    while select.select([pipe], [], [], 0)[0] and (more := os.read(pipe.fileno(), 1 << 16)):
        data += more
    return data


def _command(argv: Sequence[str]) -> list[str]:
    return [sys.executable, "-c", _AGENT, argv[-1]]
