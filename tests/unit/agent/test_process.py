"""What the process itself relies on: few imports, state files that may be broken, rtnetlink."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent import config, main, sid_history
from testbed.agent.api.registration import register
from testbed.agent.dataplane import route_watch
from testbed.agent.desired.inputs import OwnSid
from testbed.agent.desired.routes import PROTOCOL
from testbed.errors import TestbedError


def test_the_agent_needs_few_packages() -> None:
    """It also runs in guests, which have no more than these."""
    code = (
        "import sys; before = set(sys.modules); import testbed.agent.main\n"
        "print(*{m.split('.')[0] for m in set(sys.modules) - before if hasattr(\n"
        "    sys.modules[m], '__file__') and 'site-packages' in (sys.modules[m].__file__ or '')})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"inotify_simple", "ruamel", "grpc", "google"}


def test_replaced_sids_survive(tmp_path: Path) -> None:
    old, new = OwnSid(IPv6Address("fcdd::1"), 4), OwnSid(IPv6Address("fcdd::2"), 4)
    sid_history.save_sids(tmp_path / "sids.json", [old], [new])
    assert sid_history.load_sids(tmp_path / "sids.json") == ([old], (new,))
    assert sid_history.load_sids(tmp_path / "absent.json") == ([], ())


@pytest.mark.parametrize("content", ["", "[]", "7", '{"replaced": 1}', '{"generation": "x"}'])
def test_broken_state_files_are_survived(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    assert sid_history.load_sids(path) == ([], ())
    assert main._last_generation(path) == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "not a valid"), ("{}", "'te_mode' is missing"), ('{"te_mode": "x"}', "neither bgp")],
)
def test_a_bad_configuration_is_one_sentence(
    tmp_path: Path, content: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "agent.json"
    path.write_text(content)
    with pytest.raises(TestbedError) as caught:
        config.load(path)
    assert sentence in str(caught.value)
    assert main.main(["--config", str(path)]) == 2
    assert sentence in capsys.readouterr().err


def message(kind: int, protocol: int) -> bytes:
    body = struct.pack("=BBBBBBBBI", 10, 128, 0, 0, 254, protocol, 0, 1, 0)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def test_only_losses_of_our_routes_count() -> None:
    assert route_watch.read(message(25, PROTOCOL)) == (True, False)
    assert route_watch.read(message(25, 4)) == (False, False)
    assert route_watch.read(message(24, PROTOCOL)) == (False, False)
    assert route_watch.read(message(24, PROTOCOL) + message(16, 0) + message(25, PROTOCOL)) == (
        True,
        True,
    )


@given(st.binary(max_size=100))
def test_any_bytes_from_netlink_are_read(data: bytes) -> None:
    route_watch.read(data)


def parsed(source: dict[str, str]) -> config.AgentConfig:
    return config.parse({
        "node": "worker1", "address_v6": "fd11::1000", "address_v4": "192.168.11.254",
        "router_id": "192.168.11.254", "uplink": "up", "asn": 64512, "te_mode": "bgp",
        "pod_mtu": 1284, "max_segments": 3, "binding_sids": {"v4": "cafe::1", "v6": "cafe::2"},
        "source": source,
        "gobgp_socket": "/s", "state_dir": "/d",
    })  # fmt: skip


def test_the_source_is_one_of_two() -> None:
    directory = parsed({"kind": "directory", "path": "/api"})
    assert directory.source == config.DirectoryAt(Path("/api"))
    cluster = parsed({"kind": "kubernetes", "kubeconfig": "/etc/kubernetes/agent.conf"})
    assert cluster.source == config.KubernetesAt(Path("/etc/kubernetes/agent.conf"))
    with pytest.raises(ValueError, match="neither directory nor kubernetes"):
        parsed({"kind": "etcd"})


def test_a_light_agent_does_not_pay_for_kubernetes() -> None:
    code = "import sys, testbed.agent.main; print({'ssl', 'http.client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_registration_is_done_once(tmp_path: Path) -> None:
    mine = parsed({"kind": "directory", "path": str(tmp_path)})
    register(mine, tmp_path)
    register(mine, tmp_path)
    (only,) = tmp_path.iterdir()
    node = json.loads(only.read_text())
    assert [a["address"] for a in node["status"]["addresses"]] == ["fd11::1000", "192.168.11.254"]
