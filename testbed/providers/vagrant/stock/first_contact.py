"""The first contact with a machine of a stock box: the lab's keys replace everybody's.

It trusts whoever answers at the machine's address. That is the machine itself: the network between
it and the lab is a bridge of the lab's own, its address is bound to its MAC, and only machines of
the lab are there. Every later connection is by the lab's key to the host key that was given here.
"""

from __future__ import annotations

import paramiko

from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.machines import STOCK_USER


class FirstContact(Guest):
    """A guest that was given nothing yet; commands run as the box's own user."""

    user = STOCK_USER

    def _private_keys(self) -> list[str]:
        return [str(self._files.insecure_key), str(self._files.key)]

    def _trust_host_key(self, client: paramiko.SSHClient) -> None:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # kept nowhere
