"""Archives that a user hands over: sound ones are understood, others refused with the cause."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.images.archive.check import Archive, check_archive
from testbed.images.archive.names import full_name
from testbed.images.build import oci
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File

ID = "a" * 64


def tar_of(path: Path, files: Mapping[str, bytes], **links: str) -> Path:
    """A tar with these files and symbolic links."""
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return path


def files_of(path: Path) -> dict[str, bytes]:
    """All files of a tar."""
    with tarfile.open(path) as tar:
        return {m.name: stream.read() for m in tar if (stream := tar.extractfile(m))}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


@pytest.fixture
def layout(tmp_path: Path) -> dict[str, bytes]:
    """The files of a sound OCI layout, to be spoilt."""
    write_layout(Image("example.invalid/app:1", {"/f": File(b"x")}), tmp_path / "sound.tar")
    return files_of(tmp_path / "sound.tar")


def docker(
    names: object, packed: bytes | None = None, processor: str = "amd64", layer: bytes = b"layer"
) -> dict[str, bytes]:
    """The files of a sound archive in Docker's own format."""
    config = dumped(
        {
            "architecture": processor,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha(layer)}"]},
        }
    )
    name = f"{sha(config)}.json"
    manifest = [{"Config": name, "RepoTags": names, "Layers": [f"{ID}/layer.tar"]}]
    return {
        f"{ID}/layer.tar": layer if packed is None else packed,
        name: config,
        "manifest.json": dumped(manifest),
    }


def checked(tmp_path: Path, files: Mapping[str, bytes]) -> Archive:
    return check_archive(tar_of(tmp_path / "archive.tar", files), "given.tar")


def refusal(tmp_path: Path, files: Mapping[str, bytes]) -> str:
    with pytest.raises(TestbedError) as error:
        checked(tmp_path, files)
    assert error.value.where == "given.tar"
    assert error.value.fix
    return f"{error.value.what}: {error.value.why}"


def test_our_own_archives_are_sound(tmp_path: Path) -> None:
    write_layout(Image("example.invalid/app:1", {"/f": File(b"x")}), tmp_path / "a.tar")

    assert check_archive(tmp_path / "a.tar", "a.tar") == Archive(
        "OCI layout", {"example.invalid/app:1": "example.invalid/app:1"}
    )


def test_a_short_name_is_completed(tmp_path: Path, layout: dict[str, bytes]) -> None:
    layout["index.json"] = layout["index.json"].replace(b"example.invalid/app:1", b"app:1")

    assert checked(tmp_path, layout).names == {"app:1": "docker.io/library/app:1"}


def test_docker_archives_are_read(tmp_path: Path) -> None:
    found = checked(tmp_path, docker(["app:1", "registry.invalid:5000/team/app:2"]))

    assert found.format == "Docker archive"
    assert set(found.names.values()) == {
        "docker.io/library/app:1",
        "registry.invalid:5000/team/app:2",
    }


def test_gzipped_layers_are_known_by_what_they_unpack_to(tmp_path: Path) -> None:
    assert checked(tmp_path, docker(["app:1"], packed=gzip.compress(b"layer"))).names
    short = gzip.compress(b"layer")[:-4]
    assert "has changed" in refusal(tmp_path, docker(["app:1"], packed=short))


def test_layers_may_be_links_to_another_image_s(tmp_path: Path) -> None:
    files = docker(["app:1"])
    files["b/layer.tar"] = files.pop(f"{ID}/layer.tar")
    path = tar_of(tmp_path / "a.tar", files, **{f"{ID}/layer.tar": "../b/layer.tar"})

    assert check_archive(path, "a.tar").names


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 10240])
def test_what_is_no_archive_is_called_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)

    with pytest.raises(TestbedError, match="no image archive") as error:
        check_archive(tmp_path / "a.tar", "given.tar")
    assert error.value.why == "it has neither oci-layout nor manifest.json"


def test_a_tar_of_something_else_is_refused(tmp_path: Path) -> None:
    assert "neither oci-layout nor manifest.json" in refusal(tmp_path, {"README": b"hello"})


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    write_layout(Image("example.invalid/app:1", {"/f": File(b"x" * 5000)}), tmp_path / "a.tar")
    whole = (tmp_path / "a.tar").read_bytes()
    end = len(whole.rstrip(b"\0"))
    for length in range(0, end, 509):
        (tmp_path / "cut.tar").write_bytes(whole[:length])
        with pytest.raises(TestbedError, match=r"given\.tar: no image archive"):
            check_archive(tmp_path / "cut.tar", "given.tar")


def test_a_changed_blob_is_named(tmp_path: Path, layout: dict[str, bytes]) -> None:
    for path in [p for p in layout if p.startswith("blobs/")]:
        spoilt = {**layout, path: layout[path].replace(b"\0", b"\1") + b" "}
        assert f"{path} has changed" in refusal(tmp_path, spoilt)


def test_a_missing_blob_is_named(tmp_path: Path, layout: dict[str, bytes]) -> None:
    for path in [p for p in layout if p.startswith("blobs/")]:
        left = {p: c for p, c in layout.items() if p != path}
        assert f"{path} is missing" in refusal(tmp_path, left)


@pytest.mark.parametrize(
    "index",
    [b"", b"{", b"[]", b"{}", b'{"manifests": 1}', b'{"manifests": [1]}', b"\xff", b"[" * 100_000],
)
def test_an_index_of_any_kind_is_survived(
    tmp_path: Path, layout: dict[str, bytes], index: bytes
) -> None:
    assert "index.json" in refusal(tmp_path, {**layout, "index.json": index})


@pytest.mark.parametrize(
    "descriptor",
    [
        {"digest": 1},
        {"digest": "md5:1"},
        {"digest": "sha256:../../index.json"},
        {"annotations": [1]},
        {"platform": "linux/amd64"},
        {"size": 3},
    ],
)
def test_a_descriptor_of_any_kind_is_survived(
    tmp_path: Path, layout: dict[str, bytes], descriptor: dict[str, object]
) -> None:
    index = json.loads(layout["index.json"])
    index["manifests"][0].update(descriptor)

    assert "no image archive" in refusal(tmp_path, {**layout, "index.json": dumped(index)})


def test_another_layout_version_is_refused(tmp_path: Path, layout: dict[str, bytes]) -> None:
    layout["oci-layout"] = b'{"imageLayoutVersion": "2.0.0"}'
    assert "version '2.0.0'" in refusal(tmp_path, layout)


def test_an_image_for_another_processor_is_refused(tmp_path: Path) -> None:
    write_layout(Image("example.invalid/app:1", {}), tmp_path / "arm.tar", "aarch64")
    said = refusal(tmp_path, files_of(tmp_path / "arm.tar"))
    assert "it is for linux/arm64, this machine is linux/amd64" in said

    assert "it is for linux/s390x" in refusal(tmp_path, docker(["app:1"], processor="s390x"))


def test_an_index_may_lack_other_platforms(tmp_path: Path, layout: dict[str, bytes]) -> None:
    outer = json.loads(layout["index.json"])
    other = {
        "mediaType": oci.MANIFEST,
        "digest": f"sha256:{ID}",
        "size": 7,
        "platform": {"os": "linux", "architecture": "arm64"},
    }
    inner = dumped({"manifests": [other, *outer["manifests"]]})
    described = {"mediaType": oci.INDEX, "digest": f"sha256:{sha(inner)}", "size": len(inner)}
    annotations = {oci.REF_ANNOTATION: "example.invalid/both:1"}
    layout[f"blobs/sha256/{sha(inner)}"] = inner
    layout["index.json"] = dumped({"manifests": [{**described, "annotations": annotations}]})

    assert list(checked(tmp_path, layout).names) == ["example.invalid/both:1"]


@pytest.mark.parametrize("names", [None, []])
def test_an_image_without_name_is_refused(tmp_path: Path, names: object) -> None:
    assert "names no image" in refusal(tmp_path, docker(names))


def test_a_mere_tag_is_no_name(tmp_path: Path, layout: dict[str, bytes]) -> None:
    index = json.loads(layout["index.json"])
    index["manifests"][0]["annotations"] = {oci.REF_ANNOTATION: "latest"}

    assert "names no image" in refusal(tmp_path, {**layout, "index.json": dumped(index)})


def test_a_changed_layer_is_noticed(tmp_path: Path) -> None:
    assert "has changed" in refusal(tmp_path, docker(["app:1"], packed=b"other"))


def test_a_changed_configuration_is_noticed(tmp_path: Path) -> None:
    files = docker(["app:1"])
    config = next(path for path in files if path.endswith(".json") and path != "manifest.json")
    files[config] = files[config] + b" "
    assert f"{config} has changed" in refusal(tmp_path, files)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.37", "docker.io/library/busybox:1.37"),
        ("team/app", "docker.io/team/app:latest"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("index.docker.io/library/busybox", "docker.io/library/busybox:latest"),
        ("localhost/app:2", "localhost/app:2"),
        ("registry.invalid:5000/a/b/c:v1", "registry.invalid:5000/a/b/c:v1"),
        ("[fd00::1]:5000/app:1", "[fd00::1]:5000/app:1"),
        (f"app@sha256:{ID}", f"docker.io/library/app@sha256:{ID}"),
        ("", None),
        ("Upper/Case", None),
        ("app:tag with space", None),
        ("-n", None),
        ("a/../b", None),
    ],
)
def test_names_are_completed_as_runtimes_do(name: str, full: str | None) -> None:
    assert full_name(name) == full
