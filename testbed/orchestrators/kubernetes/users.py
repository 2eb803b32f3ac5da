"""Who may ask a lab's API server: administrator, TE engine, and the testbed at the start."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.secret_files import write_secret_files
from testbed.kube.kubeconfig import kubeconfig_text
from testbed.orchestrators.kubernetes.pki import authorities, certificates, x509
from testbed.orchestrators.kubernetes.pki.validity import is_due
from testbed.orchestrators.kubernetes.pki.x509 import Authority, CertificateRequest
from testbed.plan.kubernetes import api_url
from testbed.plan.model import Plan

# It may do anything, so that objects can be made before RBAC's rules are there.
BOOTSTRAP_LIFETIME = timedelta(hours=1)
_LIFETIMES = {
    certificates.ADMIN: authorities.LEAF_LIFETIME,
    certificates.ENGINE: authorities.LEAF_LIFETIME,
    certificates.BOOTSTRAP: BOOTSTRAP_LIFETIME,
}


def write(directory: Path, plan: Plan, authority: Authority, now: datetime) -> None:
    """Give all users certificates that begin now."""
    _write(directory, plan, authority, now, tuple(_LIFETIMES))


def ensure_administrator(directory: Path, plan: Plan, keys: Path, now: datetime) -> None:
    """Give the administrator a new certificate if the one in `directory` has ended, or soon will.

    The TE engine's, which is of the same moment, is replaced with it. `keys`: the lab's. The
    authority that the API server trusts signs them; to replace that one is up to `up`. Raises
    TestbedError.
    """
    if not is_due(_read(directory / "admin.crt"), now):
        return
    try:
        authority = authorities.kept_cluster_authority(keys, now)
        if authority.certificate != _read(directory / "ca.crt"):
            raise ValueError("the API server trusts another one")
    except ValueError as error:
        raise TestbedError(
            "the administrator's certificate ends, and the lab's authority cannot sign another",
            where=str(keys / f"{authorities.CLUSTER}.pem"),
            why=str(error),
            fix="testbed up, which replaces all certificates of the lab",
            exit_code=1,
        ) from None
    _write(directory, plan, authority, now, (certificates.ADMIN, certificates.ENGINE))


def _write(
    directory: Path,
    plan: Plan,
    authority: Authority,
    now: datetime,
    requests: tuple[CertificateRequest, ...],
) -> None:
    files = {"ca.crt": authority.certificate}
    for request in requests:
        pair = x509.issue(authority, request, now, _LIFETIMES[request])
        files |= {
            f"{request.file}.crt": pair.certificate,
            f"{request.file}.key": pair.key,
            f"{request.file}.conf": kubeconfig_text(
                api_url(plan), authority.certificate, request.name, pair.certificate, pair.key
            ),
        }
    write_secret_files(directory, files)


def _read(file: Path) -> str:
    """Empty if there is none."""
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
