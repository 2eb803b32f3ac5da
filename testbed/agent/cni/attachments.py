"""The store of attached pod interfaces: one file per interface, kept over restarts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, fields
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from testbed.agent.files import write_file
from testbed.agent.model.attachment import Attachment
from testbed.json_types import JsonObject, as_object, get_optional_text, get_text


class AttachmentStore:
    """The files, and a copy in memory. Safe for use by several threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._all: dict[tuple[str, str], Attachment] = {}
        self.problems: list[str] = []
        directory.mkdir(parents=True, exist_ok=True)
        for path in sorted(directory.glob("*.json")):
            self._load_file(path)

    def __iter__(self) -> Iterator[Attachment]:
        with self._lock:
            return iter(sorted(self._all.values()))

    def get(self, container: str, interface: str) -> Attachment | None:
        """The attachment of that container's interface."""
        with self._lock:
            return self._all.get((container, interface))

    def put(self, attachment: Attachment) -> None:
        """Remember durably; raises TestbedError when the file cannot be written."""
        path = self._file_of(attachment.container, attachment.interface)
        write_file(path, json.dumps(asdict(attachment)) + "\n")
        with self._lock:
            self._all[attachment.container, attachment.interface] = attachment

    def remove(self, container: str, interface: str) -> None:
        """Forget; nothing happens if it is not known."""
        with self._lock:
            self._all.pop((container, interface), None)
        self._file_of(container, interface).unlink(missing_ok=True)

    def _file_of(self, container: str, interface: str) -> Path:
        return self._directory / f"{container[:128]}.{interface}.json"

    def _load_file(self, path: Path) -> None:
        try:
            found = _parse_attachment(as_object(json.loads(path.read_text())))
        except (OSError, ValueError, KeyError, RecursionError) as error:
            self.problems.append(f"{path}: not an attachment of ours, ignored: {error}")
            return
        self._all[found.container, found.interface] = found


def _parse_attachment(data: JsonObject) -> Attachment:
    unknown = data.keys() - {f.name for f in fields(Attachment)}
    if unknown:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    found = Attachment(
        container=get_text(data, "container"),
        interface=get_text(data, "interface"),
        netns=get_text(data, "netns"),
        name=get_text(data, "name"),
        ipv4=get_optional_text(data, "ipv4"),
        ipv6=get_optional_text(data, "ipv6"),
        host_interface=get_text(data, "host_interface"),
        namespace=get_optional_text(data, "namespace") or "",
    )
    if found.ipv4 is not None:
        IPv4Address(found.ipv4)
    if found.ipv6 is not None:
        IPv6Address(found.ipv6)
    return found
