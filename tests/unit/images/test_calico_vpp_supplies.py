"""What Calico-VPP is installed from: found, pulled from a registry on loopback, or refused."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from testbed.errors import MachineUnfit, TestbedError
from testbed.images import calico_vpp
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from tests.unit.images.image_layout import Layout

AGENT, VPP = "docker.io/calicovpp/agent:v3.32.0", "docker.io/calicovpp/vpp:v3.32.0"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two images and a manifest, no network."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,build")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(calico_vpp, "images", lambda: [AGENT, VPP])
    digest = hashlib.sha256(b"kind: X\n").hexdigest()
    monkeypatch.setattr(calico_vpp, "MANIFESTS", {"crds.yaml": digest})


def put(image: str, named: str | None = None) -> Path:
    """An archive where that image's is looked for."""
    calico_vpp.directory().mkdir(parents=True, exist_ok=True)
    archive = calico_vpp.directory() / calico_vpp.archive_name(image)
    write_layout(Image(named or image, {"/f": File(b"x")}), archive)
    return archive


def put_manifest() -> Path:
    calico_vpp.directory().mkdir(parents=True, exist_ok=True)
    file = calico_vpp.directory() / "crds.yaml"
    file.write_text("kind: X\n")
    return file


def test_files_put_there_by_hand_are_enough() -> None:
    agent, vpp, manifest = put(AGENT), put(VPP), put_manifest()
    found = calico_vpp.supplies(print)
    assert found.images == {AGENT: agent, VPP: vpp}
    assert found.manifests == {"crds.yaml": manifest}
    assert agent.name == "docker.io_calicovpp_agent_v3.32.0.tar"


def test_all_that_is_missing_is_named_at_once_and_a_reason_once() -> None:
    put(AGENT)
    with pytest.raises(MachineUnfit) as caught:
        calico_vpp.supplies(print)
    assert caught.value.exit_code == 4
    assert caught.value.why == f"{VPP}, crds.yaml: {calico_vpp.NO_RELEASES}"
    assert str(calico_vpp.directory()) in str(caught.value.fix)


def test_what_is_there_is_counted_without_being_read() -> None:
    assert calico_vpp.at_hand() == (0, 3)
    put(AGENT).write_text("")
    put_manifest()
    assert calico_vpp.at_hand() == (2, 3)


def test_a_manifest_with_another_checksum_is_not_taken() -> None:
    put(AGENT), put(VPP)
    put_manifest().write_text("kind: Y\n")
    with pytest.raises(MachineUnfit, match=r"cannot be had here") as caught:
        calico_vpp.supplies(print)
    assert caught.value.why is not None and caught.value.why.startswith("crds.yaml: ")


def test_an_archive_of_another_image_is_refused() -> None:
    put(AGENT, named="docker.io/calicovpp/agent:v3.31.0")
    with pytest.raises(TestbedError, match=r"does not hold docker.io/calicovpp/agent:v3.32.0"):
        calico_vpp.supplies(print)


def registry_answers(archive: Path) -> dict[str, tuple[str, bytes]]:
    """URL → type and content, as a registry serves the one image of an OCI layout."""
    layout = Layout(archive)
    described = layout.index["manifests"][0]
    found = {
        f"/v2/calicovpp/agent/blobs/{name.removeprefix('blobs/').replace('/', ':')}": content
        for name, content in layout.files.items()
        if name.startswith("blobs/")
    }
    answers = {path: ("application/octet-stream", data) for path, data in found.items()}
    manifest = (str(described["mediaType"]), layout.blob(described))
    answers["/v2/"] = ("application/json", b"{}")
    answers["/v2/calicovpp/agent/manifests/v3.32.0"] = manifest
    answers[f"/v2/calicovpp/agent/manifests/{described['digest']}"] = manifest
    return answers


@contextmanager
def registry(answers: dict[str, tuple[str, bytes]], asked: list[str]) -> Iterator[int]:
    """A registry on loopback; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            kind, data = answers.get(self.path, ("", b""))
            self.send_response(200 if kind else http.client.NOT_FOUND)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.skipif(
    shutil.which("skopeo") is None, reason="skopeo is missing: make deps NODES=vagrant"
)
def test_what_a_registry_has_is_pulled_and_it_is_not_asked_twice_for_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docker.io is a registry on loopback, by skopeo's own settings for a user."""
    write_layout(Image(AGENT, {"/f": File(b"x")}), tmp_path / "a.tar")
    monkeypatch.setattr(calico_vpp, "images", lambda: [AGENT, VPP, VPP.replace("vpp:", "other:")])
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,release")
    put_manifest()
    asked: list[str] = []
    with registry(registry_answers(tmp_path / "a.tar"), asked) as port:
        settings = tmp_path / ".config" / "containers" / "registries.conf"
        settings.parent.mkdir(parents=True)
        mirror = {"prefix": "docker.io", "location": f"127.0.0.1:{port}", "insecure": True}
        lines = [f"{key} = {json.dumps(value)}" for key, value in mirror.items()]
        settings.write_text("\n".join(["[[registry]]", *lines, ""]))
        with pytest.raises(MachineUnfit) as caught:
            calico_vpp.supplies(print)
    pulled = calico_vpp.directory() / calico_vpp.archive_name(AGENT)
    assert Layout(pulled).files
    assert caught.value.why is not None and caught.value.why.startswith(f"{VPP}, ")
    assert not [path for path in asked if "/other/" in path]
