"""Files of pods as somebody may leave them: the bad one is named, and the others go on."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.orchestrators.light import pods
from testbed.orchestrators.pod import Pod

GOOD = {"name": "good", "node": "worker1", "ipv4": "172.16.0.1/32", "ipv6": None}
GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    "7",
    "{}",
    "[" * 100_000,
    "\x00\ufffd",
    json.dumps({**GOOD, "name": None}),
    json.dumps({**GOOD, "name": "../../etc"}),
    json.dumps({**GOOD, "ipv4": "nowhere"}),
    json.dumps({**GOOD, "ipv6": 7}),
]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pods, "PODS", tmp_path)
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    return tmp_path


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_named_and_the_others_are_there(directory: Path, text: str) -> None:
    bad = directory / "bad.json"
    bad.write_bytes(text.encode("latin-1", "replace"))
    assert pods.listing() == [Pod("good", "worker1", "172.16.0.1/32", None)]
    (said,) = pods.problems()
    assert said.startswith(f"{bad}: ") and "testbed pod delete bad" in said
    with pytest.raises(TestbedError, match="'bad'") as refused:
        pods.get("bad")
    assert refused.value.where == str(bad)


def test_an_agent_that_is_about_to_start_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent died a moment ago: its socket is there, and nobody listens until later."""
    path = tmp_path / "worker1" / "cni.sock"
    path.parent.mkdir()
    asked: list[bytes] = []

    def serve() -> None:
        with socket.socket(socket.AF_UNIX) as first:
            first.bind(str(path))  # as it is after a kill
        path.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            peer, _ = listener.accept()
            with peer:
                asked.append(peer.recv(65536))
                peer.sendall(b'{"cniVersion": "1.1.0"}')

    monkeypatch.setattr(pods, "NODES", tmp_path)
    agent = threading.Timer(0.5, serve)
    agent.start()
    assert pods._call_plugin("ADD", "one", "worker1") == {"cniVersion": "1.1.0"}
    agent.join()
    assert b"pod-one" in asked[0]


def test_a_pod_without_a_readable_file_is_deleted_on_every_node(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(pods, "_detach_pod", lambda name, node: asked.append((name, node)))
    monkeypatch.setattr(pods, "NODES", tmp_path / "nodes")
    for node in ("worker1", "worker2"):
        (tmp_path / "nodes" / node).mkdir(parents=True)
        (tmp_path / "nodes" / node / "cni.sock").touch()
    (directory / "bad.json").write_text("{")
    pods.delete("bad")
    assert asked == [("bad", "worker1"), ("bad", "worker2")]
    assert not (directory / "bad.json").exists()
    pods.delete("good")
    assert asked[2:] == [("good", "worker1")]
    with pytest.raises(TestbedError, match="no pod 'bad'"):
        pods.delete("bad")
