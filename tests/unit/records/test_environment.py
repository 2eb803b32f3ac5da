"""What is recorded of a machine: what decides figures, and nothing that is nobody's business."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from testbed.artefacts import cache
from testbed.artefacts.lockfile import artefacts
from testbed.records import environment
from testbed.records.environment import (
    kernel_config,
    kernel_parameters,
    read_artefacts,
    read_environment,
    read_sysctls,
)

CONFIG = """# CONFIG_NET_IPIP is not set
CONFIG_IPV6_SEG6_LWTUNNEL=y
CONFIG_VXLAN=m
CONFIG_HZ=250
CONFIG_SOUND=y
CONFIG_SYSTEM_TRUSTED_KEYS="x"
"""
KEPT = [
    "# CONFIG_NET_IPIP is not set",
    "CONFIG_IPV6_SEG6_LWTUNNEL=y",
    "CONFIG_VXLAN=m",
    "CONFIG_HZ=250",
]


def test_this_machine_is_a_document() -> None:
    found = json.loads(json.dumps(read_environment({"TESTBED_NODES": "namespace"})))
    assert found["schema_version"] == 2
    assert found["machine"]
    assert found["kernel"]["release"]
    assert found["processors"]["count"] > 0
    assert found["sysctls"]["net.ipv4.tcp_congestion_control"]
    assert found["packages"]["pydantic"]
    assert found["variables"] == {"TESTBED_NODES": "namespace"}


@pytest.mark.parametrize("name", ["config.gz", "config-6.1"])
def test_the_kernels_configuration(tmp_path: Path, name: str) -> None:
    data = CONFIG.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert kernel_config([tmp_path / "absent", tmp_path / name]) == KEPT


def test_a_kernel_whose_configuration_is_nowhere(tmp_path: Path) -> None:
    (tmp_path / "config.gz").write_bytes(b"damaged")
    [said] = kernel_config([tmp_path / "config.gz"])
    assert said.startswith("not to be had")


def test_the_kernels_parameters() -> None:
    line = "root=/dev/vda luks.key=/x mitigations=off nohz_full=1-3 token=abc isolcpus=1"
    assert kernel_parameters(line) == ["mitigations=off", "nohz_full=1-3", "isolcpus=1"]


def test_sysctls(tmp_path: Path) -> None:
    files = {
        "net/core/rmem_max": "212992\n",
        "net/ipv4/tcp_congestion_control": "bbr\n",
        "net/ipv4/tcp_fastopen_key": "secret\n",
        "net/ipv4/ip_forward": "1\n",
        "net/ipv4/icmp_echo_ignore_all": "0\n",
        "kernel/hostname": "mine\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert read_sysctls(tmp_path) == {
        "net.core.rmem_max": "212992",
        "net.ipv4.tcp_congestion_control": "bbr",
        "net.ipv4.ip_forward": "1",
    }


def test_governors(tmp_path: Path) -> None:
    assert environment._governor(tmp_path).startswith("none")
    for number, name in enumerate(("performance", "powersave", "performance")):
        directory = tmp_path / f"cpu{number}/cpufreq"
        directory.mkdir(parents=True)
        (directory / "scaling_governor").write_text(name + "\n")
    assert environment._governor(tmp_path) == "performance, powersave"


def test_artefacts_with_the_digests_of_their_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    artefact = next(a for a in artefacts() if a.name == "gobgp")
    for program in artefact.programs:
        (tmp_path / program).write_text(program)
        (tmp_path / program).chmod(0o755)
    cache.add(artefact, tmp_path, "built here")
    found = {one["name"]: one for one in read_artefacts()}
    assert found["gobgp"] == {
        "name": "gobgp",
        "version": artefact.version,
        "state": "cached",
        "source": "built here",
        "programs": {name: cache.sha256(tmp_path / name) for name in artefact.programs},
    }
    assert found["kubernetes"]["programs"] == {}
