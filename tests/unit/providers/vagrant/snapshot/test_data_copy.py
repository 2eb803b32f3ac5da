"""What of a lab's directory goes into a snapshot: shared where nobody writes, else copied."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from testbed.providers.vagrant.snapshot.data_copy import put, treatment

EXPECTED = {
    "keys/ca.pem": "copy",
    "images/loaded.json": "copy",
    "vm/values.json": "copy",
    "vm/id_ed25519": "copy",
    "vm/known_hosts": "copy",
    "vm/dotfiles/machines/worker1/libvirt/id": "copy",
    "vm/home/data/machine-index/index": "copy",
    "vm/vmlinuz": "link",
    "vm/payload.img": "link",
    "vm/worker1.initrd": "link",
    "vm/pool/lab_worker1.20261125.img": "link",
    "plan.json": "leave",
    "testbed-lab.json": "leave",
    "vm/worker1.console": "leave",
    "vm/home/tmp/x": "leave",
}


@pytest.mark.parametrize(("path", "expected"), EXPECTED.items())
def test_each_file(path: str, expected: str) -> None:
    assert treatment(PurePosixPath(path)) == expected


def test_a_directory_is_put_elsewhere_with_modes_and_links(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for path in EXPECTED:
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(path)
    (source / "vm/id_ed25519").chmod(0o600)
    (source / "keys").chmod(0o700)
    (source / "vm/home/boxes").symlink_to("/nowhere")
    put(source, target)
    there = {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}
    assert there == {path for path, what in EXPECTED.items() if what != "leave"}
    for path in there:
        shared = (target / path).samefile(source / path)
        assert shared == (EXPECTED[path] == "link"), path
    assert (target / "vm/id_ed25519").stat().st_mode & 0o777 == 0o600
    assert (target / "keys").stat().st_mode & 0o777 == 0o700
    assert (target / "vm/home/boxes").readlink() == Path("/nowhere")
