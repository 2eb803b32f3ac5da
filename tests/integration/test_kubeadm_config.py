"""What `testbed render kubeadm` gives, read by kubeadm itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.artefacts import program
from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes.kubeadm import new_token

ONE_FAMILY = """
from ipaddress import IPv6Interface
from testbed.topology import LabTopo

class OneFamily(LabTopo):
    def build(self, **options):
        self.addRouter("r1")
        for n, node in enumerate(("a", "b")):
            self.addClusterNode(node, ip=f"fd2{n}::2/64", control_plane=node == "a")
            self.addLink(node, "r1")
        super().build(**options)
"""


@pytest.fixture(scope="module")
def kubeadm() -> Path:
    try:
        return program("kubeadm")
    except TestbedError as error:
        pytest.skip(f"{error} (fetch it: testbed artefacts fetch)")


def render(out: Path, topology: str) -> Path:
    command = [sys.executable, "-B", "-m", "testbed", "render", "kubeadm", topology, "--out"]
    done = subprocess.run([*command, str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def asked(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("topology", ["full", "one_family.py"])
def test_kubeadm_takes_every_file(kubeadm: Path, tmp_path: Path, topology: str) -> None:
    if topology.endswith(".py"):
        (tmp_path / topology).write_text(ONE_FAMILY)
        topology = str(tmp_path / topology)
    files = sorted(render(tmp_path / "out", topology).glob("*.yaml"))
    assert len(files) >= 2
    for file in files:
        done = asked(kubeadm, "config", "validate", "--config", file)
        assert (done.returncode, done.stdout.strip()) == (0, "ok"), f"{file.name}: {done.stderr}"
        assert "recommended value" not in done.stderr


def test_it_would_have_said_what_is_wrong(kubeadm: Path, tmp_path: Path) -> None:
    file = render(tmp_path, "full") / "master.yaml"
    for good, bad in (("fdfb:af47:32af::/48", "fdfb:af47::1:2::/48"), ("podSubnet", "podSubnets")):
        broken = tmp_path / "broken.yaml"
        broken.write_text(file.read_text().replace(good, bad))
        assert asked(kubeadm, "config", "validate", "--config", broken).returncode != 0


def test_kubeadm_signs_with_the_rendered_authority(kubeadm: Path, tmp_path: Path) -> None:
    file = render(tmp_path, "full") / "master.yaml"
    file.write_text(
        file.read_text().replace(
            "clusterName:", f"certificatesDir: {tmp_path / 'pki'}\nclusterName:"
        )
    )
    done = asked(kubeadm, "init", "phase", "certs", "ca", "--config", file)
    assert "Using existing ca certificate authority" in done.stdout, done.stdout + done.stderr


def test_secrets_are_of_one_rendering_and_closed_to_others(tmp_path: Path) -> None:
    one, other = render(tmp_path / "one", "full"), render(tmp_path / "other", "full")
    for name in ("master.yaml", "worker1.yaml", "pki/ca.key"):
        assert (one / name).stat().st_mode & 0o777 == 0o600
        assert (one / name).read_text() != (other / name).read_text()


def test_a_token_has_the_form_that_kubeadm_asks_for() -> None:
    assert re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", new_token())
