"""How an API server is reached from another network namespace."""

from __future__ import annotations

import socket
from functools import partial

from testbed.host.namespaces import in_netns
from testbed.kube.client import Dial


def dial_in(netns: str) -> Dial:
    """Opens sockets in the namespace of this name."""
    return partial(_open_socket, netns)


def _open_socket(netns: str, address: tuple[str, int], timeout: float) -> socket.socket:
    """A socket stays in the namespace in which it was made, wherever its user goes."""
    with in_netns(netns):
        return socket.create_connection(address, timeout)
