"""kubeadm's files for a plan, with a token and an authority made for this rendering alone."""

from __future__ import annotations

import secrets
import string
from datetime import datetime

from testbed.artefacts.lockfile import providing
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.plan.model import Plan
from testbed.render import kubeadm as render

_TOKEN_LETTERS = string.ascii_lowercase + string.digits


def bundle(plan: Plan, now: datetime) -> dict[str, str]:
    """File name → text. All of it is secret: the files hold the token, pki/ca.key signs nodes.

    Raises TestbedError for a plan that cannot carry Kubernetes.
    """
    authority = x509.new_authority("kubernetes", now, authorities.AUTHORITY_LIFETIME)
    bootstrap = render.Bootstrap(new_token(), x509.public_key_hash(authority.certificate))
    version, _, _ = providing("kubeadm").version.partition("-")  # 1.37.2-2: our second build of it
    return {
        **render.files(plan, version, bootstrap),
        "pki/ca.crt": authority.certificate,
        "pki/ca.key": authority.key,
    }


def new_token() -> str:
    """A bootstrap token: its public id (6 letters), a dot, its secret (16 letters, 82 bits)."""
    return f"{_random_letters(6)}.{_random_letters(16)}"


def _random_letters(count: int) -> str:
    return "".join(secrets.choice(_TOKEN_LETTERS) for _ in range(count))
