"""Reads the injector's files: its peers, and the SR Policies to announce.

While a file cannot be parsed, its last good content stays in use: it is probably being written,
and withdrawing policies because of a half-written file would move traffic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from testbed.bgp import guard
from testbed.bgp.errors import PathMalformed
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from pathlib import Path


def parse_policies(text: str) -> frozenset[Announcement]:
    """SR Policies of one file: a list, or an object with the list under "paths".

    Each entry is {"nlri": hex, "attrs": hex} as srpolicy.codec makes them. Raises TestbedError
    on the first entry that may not be sent.
    """
    content = _parse_json(text)
    entries = content.get("paths") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise TestbedError("not a list of policies")
    return frozenset(_parse_announcement(number, entry) for number, entry in enumerate(entries, 1))


# Any: JSON of a file; what does not fit raises, and is reported
def _parse_announcement(number: int, entry: Any) -> Announcement:
    try:
        nlri, attrs = bytes.fromhex(entry["nlri"]), bytes.fromhex(entry["attrs"])
    except (KeyError, TypeError, ValueError) as error:
        raise TestbedError(f"policy {number} is not nlri and attrs in hex: {error!r}") from None
    announcement = Announcement(Family.IPV6_SRPOLICY, nlri, attrs)
    try:
        guard.check_announcement(announcement)
    except PathMalformed as error:
        raise TestbedError(f"policy {number}: {error.what}") from None
    return announcement


def parse_peers(text: str) -> DesiredBgp:
    """Identity and sessions of the injector, without announcements. Raises TestbedError.

    It waits for the nodes to connect, which have it as a BGPPeer: two that connect at the same
    moment refuse each other (RFC 4271 §6.8).
    {"asn", "router_id", "local_address", "peers": [{"address", "asn", optional "port"}]}
    """
    content = _parse_json(text)
    try:
        local = content.get("local_address")
        peers = frozenset(
            BgpPeer(
                str(peer["address"]),
                int(peer["asn"]),
                local_address=None if local is None else str(local),
                passive=True,
                port=int(peer.get("port", 179)),
            )
            for peer in content["peers"]
        )
        desired = DesiredBgp(int(content["asn"]), str(content["router_id"]), peers)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TestbedError(f"not the injector's peers: {error!r}") from None
    guard.check_identity(desired)
    return desired


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TestbedError(f"not JSON: {error}") from None


@dataclass
class PolicyFiles:
    """The current content of all files; `errors` by file name."""

    base: DesiredBgp | None = None
    policies: dict[str, frozenset[Announcement]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def read_policies(self, file: Path) -> None:
        """Read a policy file again; a missing file announces nothing."""
        text = self._read_text(file)
        if text is None:
            self.policies.pop(file.name, None)
            return
        try:
            self.policies[file.name] = parse_policies(text)
        except TestbedError as error:
            self.errors[file.name] = _describe_error(error)

    def read_peers(self, file: Path) -> None:
        """Read the peers again; without that file nothing can be announced."""
        text = self._read_text(file)
        if text is None:
            self.errors.setdefault(file.name, "is not there")
            return
        try:
            self.base = parse_peers(text)
        except TestbedError as error:
            self.errors[file.name] = _describe_error(error)

    def desired(self) -> DesiredBgp | None:
        """The desired state of gobgpd; None until there are peers."""
        if self.base is None:
            return None
        everything: frozenset[Announcement] = frozenset().union(*self.policies.values())
        base = self.base
        return DesiredBgp(base.asn, base.router_id, base.peers, everything)

    def _read_text(self, file: Path) -> str | None:
        """The content; None if the file is missing or unreadable (then `errors` says why)."""
        self.errors.pop(file.name, None)
        try:
            return file.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            self.errors[file.name] = f"cannot be read: {error.strerror}"
            return None


def _describe_error(error: TestbedError) -> str:
    return f"{error.what}: {error.why}" if error.why else error.what
