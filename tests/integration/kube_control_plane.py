"""etcd and a kube-apiserver in a namespace, and who may ask it: a real API without any node."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from testbed.artefacts import program as pinned
from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube.kubeconfig import kubeconfig_text
from testbed.orchestrators.kubernetes import base_objects
from testbed.orchestrators.kubernetes.api import KubernetesApi, client_in
from testbed.orchestrators.kubernetes.pki import identities as who
from testbed.orchestrators.kubernetes.pki.x509 import (
    CertificateRequest,
    KeyPair,
    Purpose,
    issue,
    new_authority,
    new_key,
    public_key,
)
from testbed.orchestrators.kubernetes.wait import crds_established

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")
PORT, ETCD, PEER = 6443, "http://127.0.0.1:2379", "http://127.0.0.1:2380"
_DAY = timedelta(days=1)


def kubernetes_programs() -> dict[str, str]:
    """From the directory TESTBED_KUBERNETES or the artefact cache; skips the test if absent."""
    given = os.environ.get("TESTBED_KUBERNETES")
    if given:
        return {name: str(Path(given) / name) for name in PROGRAMS}
    try:
        return {name: str(pinned(name)) for name in PROGRAMS}
    except (TestbedError, KeyError) as error:
        pytest.skip(f"no Kubernetes (fetch it: testbed artefacts fetch kubernetes): {error}")


@dataclass
class ControlPlane:
    """Runs in namespace `netns`, which has `address`; all files are below `directory`."""

    directory: Path
    netns: str
    address: str
    programs: dict[str, str] = field(default_factory=kubernetes_programs)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def up(self) -> KubernetesApi:
        """Start it and wait until it is ready; its administrator's API."""
        self.directory.mkdir()
        self._now = datetime.now(timezone.utc)
        self._authority = new_authority("test", self._now, _DAY)
        self._write("ca.crt", self._authority.certificate)
        tokens = new_key()
        self._write("tokens.key", tokens)
        self._write("tokens.pub", public_key(tokens))
        self._pair("server", "kube-apiserver", sans=("localhost", "127.0.0.1", self.address))
        (self.directory / "controllers.conf").write_text(
            self.kubeconfig("controllers", who.CONTROLLER_MANAGER, who.MASTERS)
        )
        self.start("etcd")
        self.start("kube-apiserver")
        admin = self.directory / "admin.conf"
        admin.write_text(self.kubeconfig("admin", "test-admin", who.MASTERS))
        self.api = KubernetesApi(client_in(self.netns, admin))
        self.ready()
        return self.api

    def down(self) -> None:
        for name in list(self.processes):
            self.stop(name)

    def start(self, name: str) -> None:
        command = [self.programs[name], *_flags(getattr(self, "_" + name.replace("-", "_"))())]
        enter = ["nsenter", f"--net=/run/netns/{self.netns}", "--"]
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*enter, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait(20)

    def freeze(self, name: str, frozen: bool) -> None:
        """A server that takes connections and never answers."""
        self.processes[name].send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def ready(self) -> None:
        wait_for("the API server", self._probe, timeout=60.0)

    def _probe(self) -> tuple[bool | None, str]:
        try:
            answer = self.api.client.request("GET", "/readyz")
        except TestbedError as error:
            log = (self.directory / "kube-apiserver.log").read_text()[-1500:]
            assert self.processes["kube-apiserver"].poll() is None, log
            return None, f"{error}\n{log}"
        return (True if answer.status == 200 else None), answer.text

    def kubeconfig(self, name: str, user: str, *groups: str) -> str:
        """The kubeconfig text of a user."""
        pair = self._pair(name, user, *groups)
        server = f"https://[{self.address}]:{PORT}"
        return kubeconfig_text(
            server, self._authority.certificate, user, pair.certificate, pair.key
        )

    def _pair(self, name: str, user: str, *groups: str, sans: tuple[str, ...] = ()) -> KeyPair:
        purpose: Purpose = "server" if sans else "client"
        request = CertificateRequest(name, "ca", purpose, user, groups, sans)
        pair = issue(self._authority, request, self._now, _DAY)
        self._write(f"{name}.crt", pair.certificate)
        self._write(f"{name}.key", pair.key)
        return pair

    def _write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def _etcd(self) -> dict[str, object]:
        return {
            "data-dir": self.directory / "etcd",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
            "listen-client-urls": ETCD,
            "advertise-client-urls": ETCD,
            "listen-peer-urls": PEER,
            "initial-advertise-peer-urls": PEER,
            "initial-cluster": f"default={PEER}",
        }

    def _kube_apiserver(self) -> dict[str, object]:
        return {
            "etcd-servers": ETCD,
            "bind-address": "::",
            "advertise-address": self.address,
            "secure-port": PORT,
            "service-cluster-ip-range": "fd00:10:96::/112",
            "anonymous-auth": "false",
            "allow-privileged": "true",
            "authorization-mode": "Node,RBAC",
            "client-ca-file": self.directory / "ca.crt",
            "tls-cert-file": self.directory / "server.crt",
            "tls-private-key-file": self.directory / "server.key",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": self.directory / "tokens.pub",
            "service-account-signing-key-file": self.directory / "tokens.key",
        }

    def _kube_controller_manager(self) -> dict[str, object]:
        return {
            "kubeconfig": self.directory / "controllers.conf",
            "controllers": "garbage-collector-controller",
            "leader-elect": "false",
            "bind-address": "127.0.0.1",
            "tls-cert-file": self.directory / "server.crt",
            "tls-private-key-file": self.directory / "server.key",
        }


def _flags(values: dict[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in values.items()]


@contextmanager
def bare_api(directory: Path, kind: str, address: str) -> Iterator[KubernetesApi]:
    """An API server in a namespace of its own, with what a lab's holds from the start; no node."""
    netns = f"t-{kind}-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", netns], check=True)
    control = ControlPlane(directory / "control", netns, address)
    try:
        for command in (
            ["link", "set", "lo", "up"],
            ["address", "add", f"{address}/128", "dev", "lo"],
        ):
            subprocess.run(["ip", "-n", netns, *command], check=True)
        api = control.up()
        for document in base_objects.definitions([]):
            api.apply(document)
        crds_established(api, base_objects.crd_names())
        yield api
    finally:
        control.down()
        subprocess.run(["ip", "netns", "delete", netns], check=True)
