"""Which pods are attached, with their addresses: one file per interface, kept over restarts."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from testbed.agent.model.objects import IpAddress
from testbed.errors import TestbedError
from testbed.host import files


@dataclass(frozen=True, order=True)
class Attachment:
    """One pod interface: its container, its addresses, and the veth end on the node."""

    container: str
    interface: str
    netns: str
    name: str
    ipv4: str | None
    ipv6: str | None
    host_interface: str

    @property
    def addresses(self) -> list[IpAddress]:
        """The pod's addresses, IPv4 first."""
        return [ip_address(a) for a in (self.ipv4, self.ipv6) if a]


def host_interface(container: str, interface: str) -> str:
    """Name of the node's end: 15 characters, the same for the same pod interface."""
    return "cali" + hashlib.sha256(f"{container} {interface}".encode()).hexdigest()[:11]


class AttachmentStore:
    """The files, and a copy in memory. Safe for use by several threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._all: dict[tuple[str, str], Attachment] = {}
        self.problems: list[str] = []
        directory.mkdir(parents=True, exist_ok=True)
        for path in sorted(directory.glob("*.json")):
            self._load(path)

    def __iter__(self) -> Iterator[Attachment]:
        with self._lock:
            return iter(sorted(self._all.values()))

    def get(self, container: str, interface: str) -> Attachment | None:
        """The attachment of that container's interface."""
        with self._lock:
            return self._all.get((container, interface))

    def put(self, attachment: Attachment) -> None:
        """Remember durably; raises TestbedError when the file cannot be written."""
        path = self._path(attachment.container, attachment.interface)
        write_atomically(path, json.dumps(asdict(attachment)) + "\n")
        with self._lock:
            self._all[attachment.container, attachment.interface] = attachment

    def remove(self, container: str, interface: str) -> None:
        """Forget; nothing happens if it is not known."""
        with self._lock:
            self._all.pop((container, interface), None)
        self._path(container, interface).unlink(missing_ok=True)

    def _path(self, container: str, interface: str) -> Path:
        return self._directory / f"{container[:128]}.{interface}.json"

    def _load(self, path: Path) -> None:
        try:
            found = _parse(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            self.problems.append(f"{path}: not an attachment of ours, ignored: {error}")
            return
        self._all[found.container, found.interface] = found


def _parse(data: Any) -> Attachment:
    found = Attachment(**data)
    if found.ipv4 is not None:
        IPv4Address(found.ipv4)
    if found.ipv6 is not None:
        IPv6Address(found.ipv6)
    return found


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that readers see the old or the new one; raises TestbedError."""
    try:
        files.write_atomically(path, text)
    except OSError as error:
        raise TestbedError(
            "cannot write", where=str(path), why=error.strerror, exit_code=4
        ) from None
