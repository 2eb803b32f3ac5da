"""A lab's keys: authorities that stay with the lab, and leaf certificates of some months.

Everything is ECDSA P-256. An authority is one file holding key and certificate together, so that
no crash leaves one without the other. Its key never leaves that directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from testbed.host.files import write_atomically
from testbed.host.secret_files import prepare_secret_directory, unusable
from testbed.orchestrators.kubernetes.pki import x509
from testbed.orchestrators.kubernetes.pki.x509 import Authority, KeyPair

AUTHORITY_LIFETIME = timedelta(days=365)
LEAF_LIFETIME = timedelta(days=90)  # a lab may stand so long without an `up`
# An authority that does not outlive the leaves of this `up` is replaced by it.
_RESERVE = LEAF_LIFETIME + timedelta(days=1)

# What a client of one authority may do must not follow from a certificate of another: etcd
# serves whoever its authority signed, and front proxies may claim to be anybody.
CLUSTER, FRONT_PROXY, ETCD = "ca", "front-proxy-ca", "etcd-ca"
SERVICE_ACCOUNTS = "service-accounts"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Keys:
    """What a lab keeps between two `up`s: three authorities, the key that signs tokens (PEM)."""

    cluster: Authority
    front_proxy: Authority
    etcd: Authority
    service_accounts: str = field(repr=False)

    def authority(self, name: str) -> Authority:
        """CLUSTER, FRONT_PROXY or ETCD."""
        return {CLUSTER: self.cluster, FRONT_PROXY: self.front_proxy, ETCD: self.etcd}[name]


def ensure_keys(directory: Path, now: datetime, say: Say) -> Keys:
    """The lab's keys from `directory`; what is absent, damaged or expired is made (anew).

    `say` hears why something was made anew. Raises TestbedError if the directory is somebody
    else's, or cannot be read or written.
    """
    prepare_secret_directory(directory)
    return Keys(
        cluster=ensure_authority(directory, CLUSTER, now, say),
        front_proxy=ensure_authority(directory, FRONT_PROXY, now, say),
        etcd=ensure_authority(directory, ETCD, now, say),
        service_accounts=_ensure_secret(
            directory / f"{SERVICE_ACCOUNTS}.pem",
            x509.check_key,
            x509.new_key,
            say,
        ),
    )


def ensure_authority(directory: Path, name: str, now: datetime, say: Say) -> Authority:
    """The authority kept in `directory`, which must be ours, or a new one (see ensure_keys)."""

    def check(text: str) -> None:
        x509.check_authority(text, now, _RESERVE)

    def make() -> str:
        made = x509.new_authority(f"testbed {name}", now, AUTHORITY_LIFETIME)
        return made.key + made.certificate

    return x509.read_authority(_ensure_secret(directory / f"{name}.pem", check, make, say))


def kept_cluster_authority(directory: Path, now: datetime) -> Authority:
    """The authority that the lab has, to sign with it once more; none is made.

    Raises ValueError if it is absent, damaged, or not valid at `now`.
    """
    text = _read_secret(directory / f"{CLUSTER}.pem")
    if text is None:
        raise ValueError("it is absent")
    x509.check_authority(text, now, timedelta(0))
    return x509.read_authority(text)


def issue(
    keys: Keys,
    request: x509.CertificateRequest,
    now: datetime,
    lifetime: timedelta = LEAF_LIFETIME,
) -> KeyPair:
    """A fresh key and certificate for a request, valid from now on."""
    return x509.issue(keys.authority(request.authority), request, now, lifetime)


def _ensure_secret(
    path: Path, check: Callable[[str], None], make: Callable[[], str], say: Say
) -> str:
    """The text of a secret file; made if absent, made anew (aloud) if `check` refuses it."""
    try:
        text = _read_secret(path)
        if text is not None:
            check(text)
            return text
    except ValueError as error:
        say(f"{path}: {error}; made anew")
    text = make()
    try:
        write_atomically(path, text, 0o600)
    except OSError as error:
        raise unusable(path, error) from None
    return text


def _read_secret(path: Path) -> str | None:
    """None if absent; ValueError if others could read it, or if it is no text."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(fd, encoding="ascii") as stream:
            mode = os.fstat(fd).st_mode & 0o777
            if mode & 0o077:
                raise ValueError(f"its mode is {mode:04o}, so others could read the key")
            return stream.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise ValueError("it is no PEM text") from None
    except OSError as error:
        raise unusable(path, error) from None
