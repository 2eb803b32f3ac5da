"""Export and import: what arrives is what left, or nothing does."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from testbed.artefacts import ensure, export_bundle, import_bundle, listing, program
from testbed.artefacts.cache import add
from testbed.artefacts.lockfile import artefacts, providing
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from tests.unit.artefacts.artefacts_mirror import Mirror

Change = Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]


def _quiet(_: str) -> None:
    pass


@pytest.fixture
def bundle(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of GoBGP (release) and Kubernetes (one file, many names); the cache is new."""
    assert mirror.files
    ensure(["gobgp"], say=_quiet)
    built = tmp_path / "built"
    built.mkdir()
    (built / "kubernetes").write_bytes(b"kubernetes" * 1000)
    for name in providing("kubernetes").programs:
        (built / name).symlink_to("kubernetes")
    add(providing("kubernetes"), built, "build kubernetes/go.mod")
    file = tmp_path / "bundle.tar.gz"
    assert export_bundle(file, ["gobgp", "kubelet"], _quiet) == ["gobgp", "kubernetes"]
    _new_cache(tmp_path, monkeypatch)
    return file


def _new_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "other"))


def _rewrite(
    file: Path, change: Change, extra: Sequence[tuple[tarfile.TarInfo, bytes]] = ()
) -> None:
    with tarfile.open(file) as old:
        members = [
            (m, source.read() if m.isreg() and (source := old.extractfile(m)) else b"") for m in old
        ]
    changed = [new for member, data in members if (new := change(member, data))]
    with tarfile.open(file, "w:gz") as tar:
        for member, data in [*changed, *extra]:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def _with(file: Path, *extra: tuple[tarfile.TarInfo, bytes]) -> None:
    _rewrite(file, lambda member, data: (member, data), extra)


def _nothing_is_held() -> bool:
    return all(row["state"] == "absent" for row in listing())


def test_there_and_back(bundle: Path) -> None:
    said: list[str] = []
    assert import_bundle(bundle, said.append) == ["gobgp", "kubernetes"]
    assert said[0] == "✓ GoBGP 4.8.0 from bundle.tar.gz"
    assert program("etcd").is_symlink()
    assert program("etcd").read_bytes() == b"kubernetes" * 1000
    assert program("gobgpd").stat().st_mode & 0o777 == 0o755
    sources = {row["name"]: row["source"] for row in listing()}
    assert sources["kubernetes"] == "import build kubernetes/go.mod"


def test_exported_again_it_is_the_same(bundle: Path, tmp_path: Path) -> None:
    import_bundle(bundle, _quiet)
    again = tmp_path / "again.tar.gz"
    export_bundle(again, ["gobgp", "kubernetes"], _quiet)
    with tarfile.open(bundle) as one, tarfile.open(again) as other:
        assert one.getnames() == other.getnames()
    third = tmp_path / "third.tar.gz"
    export_bundle(third, ["gobgp", "kubernetes"], _quiet)
    assert third.read_bytes() == again.read_bytes()
    import_bundle(again, _quiet)
    assert str(listing()[0]["source"]).startswith("import release http://127.0.0.1")


def test_changed_program(bundle: Path) -> None:
    _rewrite(bundle, lambda m, data: (m, b"evil" if m.name.endswith("/gobgp") else data))
    with pytest.raises(CheckFailed, match="GoBGP in the archive is not what its hashes say"):
        import_bundle(bundle, _quiet)
    assert _nothing_is_held()  # not even the others


def test_changed_program_and_sums(bundle: Path) -> None:
    """The directory's name is the hash of the sums."""
    evil = hashlib.sha256(b"evil").hexdigest()

    def change(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name.endswith("/gobgp"):
            return member, b"evil"
        if member.name.endswith("/SHA256SUMS") and b"gobgpd" in data:
            return member, f"{evil}  gobgpd\n{evil}  gobgp\n".encode()
        return member, data

    _rewrite(bundle, change)
    with pytest.raises(CheckFailed, match="not what its hashes say"):
        import_bundle(bundle, _quiet)


def test_missing_program(bundle: Path) -> None:
    _rewrite(bundle, lambda m, data: None if m.name.endswith("/etcd") else (m, data))
    with pytest.raises(CheckFailed, match="lacks programs of Kubernetes"):
        import_bundle(bundle, _quiet)


def test_cut_off(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-200])
    with pytest.raises(CheckFailed, match="the archive is damaged"):
        import_bundle(bundle, _quiet)
    assert _nothing_is_held()


def test_no_archive(tmp_path: Path, cache_dir: Path) -> None:
    file = tmp_path / "x"
    with pytest.raises(TestbedError, match="no such file"):
        import_bundle(file, _quiet)
    assert not cache_dir.exists()
    file.write_text("hello")
    with pytest.raises(CheckFailed, match="the archive is damaged"):
        import_bundle(file, _quiet)


def _link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../evil"),
        tarfile.TarInfo("/tmp/evil"),
        tarfile.TarInfo(f"objects/{'0' * 64}/../../evil"),
        tarfile.TarInfo("objects/evil"),
        _link(f"objects/{'0' * 64}/x", "/etc/passwd"),
        _link(f"objects/{'0' * 64}/x", "../x"),
        _link("objects", "elsewhere"),
    ],
    ids=lambda member: f"{member.name} {member.linkname}",
)
def test_names_that_lead_elsewhere(bundle: Path, tmp_path: Path, member: tarfile.TarInfo) -> None:
    before = set(tmp_path.rglob("*evil*"))
    _with(bundle, (member, b""))
    with pytest.raises(CheckFailed, match="not an archive that testbed artefacts export wrote"):
        import_bundle(bundle, _quiet)
    assert set(tmp_path.rglob("*evil*")) == before
    assert _nothing_is_held()


def test_writing_through_a_link_is_refused(bundle: Path) -> None:
    where = f"objects/{'0' * 64}/x"
    _with(bundle, (_link(where, "y"), b""), (tarfile.TarInfo(where), b"evil"))
    with pytest.raises(CheckFailed, match="not an archive"):
        import_bundle(bundle, _quiet)


def test_record_that_leads_elsewhere(bundle: Path) -> None:
    record = json.dumps({"object": "../../..", "source": "x"}).encode()
    _rewrite(bundle, lambda m, data: (m, record if m.name.startswith("held/gobgp") else data))
    with pytest.raises(CheckFailed, match="lacks programs of GoBGP"):
        import_bundle(bundle, _quiet)


def test_other_machine(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = platform.machine()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(CheckFailed, match=f"its programs are for {ours}"):
        import_bundle(bundle, _quiet)


def test_other_versions_are_left_out(bundle: Path) -> None:
    def older(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        member.name = member.name.replace("gobgp-4.8.0", "gobgp-3.10.0")
        return member, data

    _rewrite(bundle, older)
    said: list[str] = []
    assert import_bundle(bundle, said.append) == ["kubernetes"]
    assert said[0] == "left out, the lock file does not name it: gobgp-3.10.0"


def test_nothing_wanted(bundle: Path) -> None:
    _rewrite(bundle, lambda m, data: None if m.name.startswith("held/") else (m, data))
    with pytest.raises(CheckFailed, match="nothing in this archive"):
        import_bundle(bundle, _quiet)


@pytest.mark.usefixtures("mirror")
def test_export_of_everything_wants_everything(tmp_path: Path) -> None:
    ensure(["gobgp"], say=_quiet)
    file = tmp_path / "bundle.tar.gz"
    file.write_text("before")
    with pytest.raises(MachineUnfit, match=r"Kubernetes 1\.37\.2 is not in the cache"):
        export_bundle(file, say=_quiet)
    assert file.read_text() == "before"
    assert not list(tmp_path.glob(".export-*"))


@pytest.mark.usefixtures("mirror")
def test_damage_is_not_exported(tmp_path: Path) -> None:
    ensure(["gobgp"], say=_quiet)["gobgp"].write_bytes(b"evil")
    with pytest.raises(CheckFailed, match="not what was put there"):
        export_bundle(tmp_path / "bundle", ["gobgp"], _quiet)


@pytest.mark.usefixtures("mirror")
def test_export_where_nothing_can_be_written(tmp_path: Path) -> None:
    ensure(["gobgp"], say=_quiet)
    with pytest.raises(TestbedError, match="cannot write the archive"):
        export_bundle(tmp_path / "none" / "bundle", ["gobgp"], _quiet)


def test_lock_file_is_whole() -> None:
    for artefact in artefacts():
        assert (artefact.build.directory / "go.mod").is_file()
        linked = [name for name in artefact.programs if name not in artefact.build.packages]
        assert not linked or len(artefact.build.packages) == 1
        if artefact.releases:
            files = artefact.release()
            assert sorted(n for f in files for n in f.programs) == sorted(artefact.programs)
