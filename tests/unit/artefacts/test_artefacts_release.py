"""Fetching from a release: checksums, interruptions, hosts that do not answer."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.artefacts import ensure, program
from testbed.artefacts.download import remembered
from testbed.artefacts.fetch import Say
from testbed.artefacts.lockfile import Artefact, providing
from testbed.artefacts.network import Network, Unreachable
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from tests.unit.artefacts.artefacts_mirror import GOBGP, PROGRAMS, Mirror, archive

ARCHIVE = GOBGP.file
KUBERNETES = providing("kubernetes")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def built(cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that is there at once."""
    assert not cache_dir.exists()

    def build(_artefact: object, into: Path, say: Say) -> str:
        say("building")
        for name, content in PROGRAMS.items():
            (into / name).write_bytes(content)
        return "module"

    monkeypatch.setattr("testbed.artefacts.fetch.build", build)
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,release,build")


@pytest.fixture
def silent() -> Iterator[tuple[str, list[bytes]]]:
    """A host that takes connections and never says a word; and what it was asked."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            kept.append(connection)
            asked.append(connection.recv(4096))

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)
    for connection in kept:
        connection.close()


@pytest.mark.usefixtures("mirror")
def test_good_release_gives_executables(said: list[str]) -> None:
    found = ensure(["gobgpd"], say=said.append)
    assert {name: path.read_bytes() for name, path in found.items()} == PROGRAMS
    assert all(path.stat().st_mode & stat.S_IXUSR for path in found.values())
    assert found["gobgp"].parent == found["gobgpd"].parent  # one PATH entry for both
    assert said == ["✓ GoBGP 4.8.0 from release"]


def test_second_time_asks_nobody(mirror: Mirror) -> None:
    ensure(["gobgp"])
    mirror.asked.clear()
    assert ensure(["gobgp"])["gobgpd"] == program("gobgpd")
    assert mirror.asked == []


@pytest.mark.usefixtures("built")
def test_wrong_checksum_stops(mirror: Mirror, said: list[str]) -> None:
    mirror.release(archive({**PROGRAMS, "gobgpd": b"evil"}), checksum_of=archive(PROGRAMS))
    with pytest.raises(CheckFailed, match="wrong checksum") as caught:
        ensure(["gobgp"], say=said.append)
    assert caught.value.exit_code == 1
    assert ARCHIVE in (caught.value.where or "")
    assert said == []  # no other way is tried, nothing is kept
    with pytest.raises(TestbedError, match="testbed artefacts fetch"):
        program("gobgpd")


def test_checksum_file_is_remembered(mirror: Mirror) -> None:
    """Who replaces archive and checksum file together is found out by who was there before."""
    ensure(["gobgp"])
    mirror.release(archive({**PROGRAMS, "gobgpd": b"evil"}))
    with pytest.raises(CheckFailed, match="wrong checksum"):
        ensure(["gobgp"], force=True)
    assert len(mirror.asked_for(GOBGP.checksums)) == 1


def test_archive_missing_from_checksum_file(mirror: Mirror) -> None:
    path = f"/{GOBGP.checksums}"
    mirror.files[path] = b"nonsense\n"
    with pytest.raises(CheckFailed, match="no checksum for"):
        ensure(["gobgp"])
    assert not remembered(mirror.base + path).exists()


def test_archive_without_the_program(mirror: Mirror) -> None:
    mirror.release(archive({"gobgp": b"x"}))
    with pytest.raises(CheckFailed, match="does not hold what it should"):
        ensure(["gobgp"])


@pytest.mark.usefixtures("built")
def test_refused_falls_to_the_build(mirror: Mirror, said: list[str]) -> None:
    mirror.files.clear()
    assert ensure(["gobgp"], say=said.append)["gobgp"].read_bytes() == PROGRAMS["gobgp"]
    assert "not from release: release" not in said[0]
    assert "GoBGP 4.8.0 not from release: 127.0.0.1: HTTP 404" in said[0]
    assert said[1:] == ["building", "✓ GoBGP 4.8.0 from build"]


def test_no_way_leads_there(mirror: Mirror) -> None:
    mirror.files.clear()
    with pytest.raises(MachineUnfit, match="cannot be had") as caught:
        ensure(["gobgp"], say=lambda _: None)
    assert "HTTP 404" in (caught.value.why or "")
    assert caught.value.exit_code == 4


def test_interrupted_download_goes_on(mirror: Mirror) -> None:
    content = archive({**PROGRAMS, "gobgpd": os.urandom(200_000)})
    mirror.release(content)
    mirror.break_after = 90_000  # three connections are needed
    ensure(["gobgp"])
    assert mirror.asked_for(ARCHIVE) == [None, "bytes=90000-", "bytes=180000-"]


def test_next_run_goes_on_with_what_is_there(mirror: Mirror, cache_dir: Path) -> None:
    import hashlib

    content = archive(PROGRAMS)
    part = cache_dir / "downloads" / f"{hashlib.sha256(content).hexdigest()}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content[:100])
    ensure(["gobgp"])
    assert mirror.asked_for(ARCHIVE) == ["bytes=100-"]
    assert not part.exists()


@pytest.mark.usefixtures("mirror")
def test_silent_host_is_not_asked_twice(
    silent: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, asked = silent
    monkeypatch.setenv("TESTBED_ARTEFACT_MIRROR", base)
    network = Network(timeout=0.2)
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(MachineUnfit):
            ensure(["gobgp"], say=said.append, network=network)
    assert len(asked) == 1
    assert "no answer within 0.2 s" in said[0]
    assert "not asked again" in said[1]


@pytest.mark.usefixtures("cache_dir", "built")
def test_refused_connection_is_a_reason(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("TESTBED_ARTEFACT_MIRROR", f"http://127.0.0.1:{port}")
    ensure(["gobgp"], say=said.append)
    assert "refused" in said[0]


@pytest.mark.usefixtures("cache_dir")
def test_plain_http_only_on_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_ARTEFACT_MIRROR", "http://mirror.example")
    with pytest.raises(TestbedError, match="not a safe address") as caught:
        ensure(["gobgp"])
    assert caught.value.exit_code == 2


def test_redirect_to_plain_http_is_refused(mirror: Mirror) -> None:
    mirror.redirect = "http://mirror.example"
    with pytest.raises(TestbedError, match="not a safe address"):
        ensure(["gobgp"])


def test_redirects_end(mirror: Mirror) -> None:
    mirror.redirect = mirror.base
    with pytest.raises(Unreachable, match="too many redirects"):
        Network().open(f"{mirror.base}/x")


@pytest.mark.usefixtures("cache_dir")
def test_unknown_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,carrier-pigeon")
    with pytest.raises(TestbedError, match="unknown artefact source 'carrier-pigeon'"):
        ensure(["gobgp"])


@pytest.mark.usefixtures("cache_dir")
def test_unwritable_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "file"))
    with pytest.raises(MachineUnfit, match="cannot be written"):
        ensure(["gobgp"])


def _serve_kubernetes(mirror: Mirror) -> dict[str, bytes]:
    contents = {name: f"#!/bin/sh\necho {name}\n".encode() for name in KUBERNETES.programs}
    for file in KUBERNETES.release():
        if file.is_archive:
            [name] = file.programs
            mirror.serve(file, archive({file.inside + name: contents[name]}))
        else:
            mirror.serve(file, contents[file.programs[0]])
    return contents


def test_release_of_several_files(mirror: Mirror) -> None:
    """Single programs, each with its own checksum file, and an archive from another project."""
    contents = _serve_kubernetes(mirror)
    found = ensure(["kubernetes"], say=lambda _: None)
    assert {name: path.read_bytes() for name, path in found.items()} == contents
    assert program("kubelet").name == "kubelet"
    assert len({path.parent for path in found.values()}) == 1


def test_one_wrong_file_of_several_stops(mirror: Mirror, cache_dir: Path) -> None:
    _serve_kubernetes(mirror)
    [etcd] = [file for file in KUBERNETES.release() if file.is_archive]
    mirror.files[f"/{etcd.file}"] = archive({etcd.inside + "etcd": b"evil"})
    with pytest.raises(CheckFailed, match="wrong checksum"):
        ensure(["kubernetes"], say=lambda _: None)
    assert not (cache_dir / "held").exists()


def test_no_download_before_every_checksum_is_known(mirror: Mirror) -> None:
    _serve_kubernetes(mirror)
    [etcd] = [file for file in KUBERNETES.release() if file.is_archive]
    del mirror.files[f"/{etcd.checksums}"]
    with pytest.raises(MachineUnfit):
        ensure(["kubernetes"], say=lambda _: None)
    assert mirror.asked_for("/kubelet") == []


def test_next_run_keeps_the_files_that_were_whole(mirror: Mirror) -> None:
    _serve_kubernetes(mirror)
    [etcd] = [file for file in KUBERNETES.release() if file.is_archive]
    kept = mirror.files.pop(f"/{etcd.file}")
    with pytest.raises(MachineUnfit):
        ensure(["kubernetes"], say=lambda _: None)
    mirror.files[f"/{etcd.file}"] = kept
    mirror.asked.clear()
    ensure(["kubernetes"], say=lambda _: None)
    assert mirror.asked_for("/kubelet") == []


@pytest.mark.usefixtures("mirror")
def test_machine_without_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(MachineUnfit, match="cannot be had") as caught:
        ensure(["kubernetes"], say=lambda _: None)
    assert "no release for riscv64" in (caught.value.why or "")


@pytest.mark.usefixtures("mirror")
def test_without_names_the_optional_ones_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def one(artefact: Artefact, *_: object) -> dict[str, Path]:
        asked.append(artefact.name)
        return {}

    monkeypatch.setattr("testbed.artefacts.fetch._fetch_artefact", one)
    ensure()
    assert asked == ["gobgp", "kubernetes", "coredns", "pause"]
