"""A guest, reached by SSH from the lab's own network namespace: commands and files.

Its host key is the one that the lab gave it; any other is refused.
"""

from __future__ import annotations

import io
import shlex
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from testbed.errors import TestbedError
from testbed.host import tar as tar_files
from testbed.host.told import say_program
from testbed.providers.vagrant.machines import USER, Files, Machine

if TYPE_CHECKING:
    import paramiko

CONNECT_LIMIT = 120.0  # seconds; a guest in software emulation is slow while it boots
CHUNK = 1 << 16  # bytes
CONNECT_PAUSE = 10.0  # seconds until a guest that is there has taken a connection
KEEPALIVE = 5  # seconds
SSH = 22
SILENCE = 20_000  # milliseconds without an answer after which a guest is gone


class Guest:
    """One connection, made when it is first needed. Calls raise TestbedError on failure."""

    user = USER

    def __init__(self, machine: Machine, files: Files) -> None:
        self.name = machine.name
        self._machine, self._files = machine, files
        self._client: paramiko.SSHClient | None = None  # made when it is first needed

    def run(
        self, argv: Sequence[str], stdin: bytes = b"", check: bool = True, timeout: float = 300.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root to its end. `timeout` in seconds without any output."""
        import paramiko

        try:
            channel = self._transport.open_session(timeout=CONNECT_LIMIT)
            channel.settimeout(timeout)
            self._execute(channel, argv)
            if stdin:
                channel.sendall(stdin)
            channel.shutdown_write()
            out, err = _read_both(channel)
            code = channel.recv_exit_status()
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._connection_lost(error) from None
        if check and code != 0:
            said = (err or out).decode(errors="replace").strip()[-2000:]
            raise TestbedError(
                f"{self.name}: {shlex.join(argv)[:200]} failed (exit {code})",
                why=said,
                exit_code=1,
            )
        return subprocess.CompletedProcess(
            list(argv), code, out.decode(errors="replace"), err.decode(errors="replace")
        )

    def open(self, argv: Sequence[str]) -> paramiko.Channel:
        """A command that goes on while its channel is open. Raises TestbedError."""
        import paramiko

        try:
            channel = self._transport.open_session(timeout=CONNECT_LIMIT)
            self._execute(channel, argv)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._connection_lost(error) from None
        return channel

    def lines(self, argv: Sequence[str]) -> Iterator[str]:
        """The lines that a command prints, as they come; it ends with the caller's interest.

        Raises TestbedError when the connection breaks.
        """
        import paramiko

        try:
            channel = self._transport.open_session(timeout=CONNECT_LIMIT)
            self._execute(channel, argv)
            with channel.makefile("r") as output:
                yield from output
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._connection_lost(error) from None

    def _execute(self, channel: paramiko.Channel, argv: Sequence[str]) -> None:
        say_program(argv, self.name)
        channel.exec_command(shlex.join(argv))

    def write(self, files: Mapping[str, str | bytes], mode: int = 0o644) -> None:
        """Write files (absolute path → content), parents with them, in one go."""
        archive = io.BytesIO()
        with tar_files.writer(archive) as tar:
            for path, content in files.items():
                data = content.encode() if isinstance(content, str) else content
                tar_files.add_file(tar, str(PurePosixPath(path).relative_to("/")), data, mode)
        unpack = ["tar", "-C", "/", "-xf", "-", "--no-same-owner", "--no-overwrite-dir"]
        self.run(unpack, stdin=archive.getvalue())

    def answers(self) -> bool:
        """True if the guest takes commands now."""
        try:
            return self.run(["true"], timeout=10).returncode == 0
        except TestbedError:
            return False

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open_client(self) -> paramiko.SSHClient:
        import paramiko

        client = paramiko.SSHClient()
        keys: Any = self._private_keys()  # Any: paramiko takes several, its types say one
        self._trust_host_key(client)
        try:
            client.connect(
                str(self._machine.address),
                username=self.user,
                key_filename=keys,
                look_for_keys=False,
                allow_agent=False,
                sock=self._connect_once(),
                banner_timeout=CONNECT_LIMIT,
                auth_timeout=CONNECT_LIMIT,
            )
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._connection_lost(error) from None
        transport = client.get_transport()
        assert transport is not None
        transport.set_keepalive(KEEPALIVE)
        return client

    def _private_keys(self) -> list[str]:
        """Files of private keys."""
        return [str(self._files.key)]

    def _trust_host_key(self, client: paramiko.SSHClient) -> None:
        """The lab's host keys, and no others."""
        import paramiko

        client.load_host_keys(str(self._files.known_hosts))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())

    def _connect_once(self) -> socket.socket:
        """A guest that is killed says nothing: its connections end after SILENCE."""
        there = socket.create_connection((str(self._machine.address), SSH), CONNECT_PAUSE)
        there.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE)
        return there

    @property
    def _transport(self) -> paramiko.Transport:
        transport = None if self._client is None else self._client.get_transport()
        if transport is None or not transport.is_active():
            self.close()
            self._client = self._open_client()
            transport = self._client.get_transport()
        assert transport is not None
        return transport

    def _connection_lost(self, error: Exception) -> TestbedError:
        self.close()
        return TestbedError(
            f"virtual machine {self.name} does not answer",
            where=str(self._machine.address),
            why=str(error) or type(error).__name__,
            fix=f"testbed status; its console: {self._files.console(self.name)}",
            exit_code=1,
        )


def _read_both(channel: paramiko.Channel) -> tuple[bytes, bytes]:
    """All of stdout and stderr, read as they come so that neither stops the other."""
    out, err = bytearray(), bytearray()
    while True:
        if channel.recv_stderr_ready():
            err += channel.recv_stderr(CHUNK)
            continue
        if channel.recv_ready() or not channel.exit_status_ready():
            data = channel.recv(CHUNK)
            out += data
            if not data and not channel.recv_stderr_ready():
                break
            continue
        break
    while data := channel.recv_stderr(CHUNK):
        err += data
    return bytes(out), bytes(err)
