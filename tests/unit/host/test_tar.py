"""Archives depend on nothing but what is put into them."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from testbed.host.tar import add_directory, add_file, add_link, add_path, writer


def archive(tool: Path) -> bytes:
    stream = io.BytesIO()
    with writer(stream) as tar:
        add_directory(tar, "opt", 0o750)
        add_path(tar, "opt/tool", tool)
        add_path(tar, "opt/link", tool.with_name("link"))
        add_file(tar, "opt/note", b"text")
        add_link(tar, "opt/latest", "note")
    return stream.getvalue()


def tool(directory: Path, changed: int) -> Path:
    directory.mkdir()
    made = directory / "tool"
    made.write_text("#!")
    made.chmod(0o755)
    os.utime(made, (changed, changed))
    (directory / "link").symlink_to("tool")
    return made


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    assert archive(tool(tmp_path / "a", 1)) == archive(tool(tmp_path / "b", 2_000_000_000))


def test_what_is_put_in_comes_out(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(tool(tmp_path / "a", 1)))) as tar:
        members = {member.name: member for member in tar}
    assert members["opt"].isdir() and members["opt"].mode == 0o750
    assert members["opt/tool"].mode == 0o755 and members["opt/tool"].size == 2
    assert members["opt/link"].linkname == "tool"
    assert members["opt/latest"].linkname == "note"
    assert {(m.uid, m.gid, m.mtime, m.uname) for m in members.values()} == {(0, 0, 0, "")}
