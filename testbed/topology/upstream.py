"""Imports IPMininet's IPTopo without the side effects of its import.

`ipmininet.router.config.sshd` writes a new RSA key pair into /tmp whenever it is imported
(IPMininet 1.0). No lab runs sshd, so an empty stand-in takes its place.
"""

from __future__ import annotations

import sys
from types import ModuleType

_SSHD = "ipmininet.router.config.sshd"

if _SSHD not in sys.modules:
    _stand_in = ModuleType(_SSHD)
    _stand_in.__dict__["SSHd"] = type("SSHd", (), {"__doc__": "Not available in a lab."})
    sys.modules[_SSHD] = _stand_in

from ipmininet.iptopo import IPTopo  # noqa: E402 - after the stand-in
from ipmininet.node_description import IntfDescription  # noqa: E402
from ipmininet.overlay import Overlay  # noqa: E402

__all__ = ["IPTopo", "IntfDescription", "Overlay"]
