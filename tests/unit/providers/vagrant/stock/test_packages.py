"""The disk of Debian packages for stock boxes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.providers.vagrant.stock.packages import index, options

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="not a Debian system")


def test_apt_downloads_for_an_empty_machine_and_changes_nothing() -> None:
    words = options(Path("/s"), Path("/a"))
    assert "--download-only" in words
    assert {"Dir::State::status=/dev/null", "Dir::Etc::sourceparts=/dev/null"} <= set(words)


@needs_dpkg
def test_index_is_what_apt_reads(tmp_path: Path) -> None:
    control = tmp_path / "tree/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: a\nVersion: 1:2-3\nArchitecture: all\nMaintainer: n <n@example.org>\n"
        "Depends: b\nDescription: c\n d\n"
    )
    file = tmp_path / "a_1%3a2-3_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", str(tmp_path / "tree"), str(file)],
        check=True,
        capture_output=True,
    )
    [first, second] = [index([file]), index([file, file])]
    assert first.startswith("Package: a\n")
    assert f"Filename: ./{file.name}\nSize: {file.stat().st_size}\n" in first
    assert hashlib.sha256(file.read_bytes()).hexdigest() in first
    assert second.count("\n\nPackage: a\n") == 1
