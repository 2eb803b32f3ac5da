"""SSH keys of a lab: one that opens its guests, and a host key for each guest. Ed25519, 0600."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from testbed.host.files import write_atomically
from testbed.providers.vagrant.guest.seed import HostKey
from testbed.providers.vagrant.machines import Files, Machine


def new_key() -> HostKey:
    """A fresh pair."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return HostKey(private.decode(), public.decode())


def ensure_user_key(files: Files) -> str:
    """The public line of the key that opens the lab's guests; made if it is not there."""
    public = files.key.with_suffix(".pub")
    if not (files.key.exists() and public.exists()):
        made = new_key()
        write_atomically(files.key, made.private, 0o600)
        write_atomically(public, made.public + "\n")
    return public.read_text().strip()


def host_keys(files: Files, machines: list[Machine]) -> dict[str, HostKey]:
    """Fresh host keys by machine; all of them are known to the lab before a guest first answers."""
    keys = {machine.name: new_key() for machine in machines}
    lines = [f"{m.name},{m.address} {keys[m.name].public}\n" for m in machines]
    write_atomically(files.known_hosts, "".join(lines))
    return keys
