"""What `-f` takes: files, pipes, standard input; and nothing that has no end."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.te.input_text import STDIN, from_here, read_input


def test_a_file_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for data in ("kind: é".encode(), "kind: é".encode("utf-8-sig")):
        file.write_bytes(data)
        assert read_input(file) == "kind: é"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: x")))
    assert from_here(STDIN) == STDIN
    assert read_input(STDIN) == "kind: x"


def test_a_pipe_of_the_shell() -> None:
    read, write = os.pipe()
    os.write(write, b"kind: x")
    os.close(write)
    assert read_input(from_here(Path(f"/dev/fd/{read}"))) == "kind: x"
    os.close(read)
    with pytest.raises(TestbedError, match="cannot be read") as closed:
        read_input(Path(f"/dev/fd/{read}"))
    assert closed.value.fix == "COMMAND | testbed … -f -"


def test_what_has_no_end_is_refused_at_once() -> None:
    with pytest.raises(TestbedError, match="longer than 16 MB"):
        read_input(Path("/dev/zero"))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\x80"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(TestbedError, match="no UTF-8 text"):
        read_input(tmp_path / "x")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file")):
        with pytest.raises(TestbedError, match=why):
            read_input(path)


def test_a_path_holds_wherever_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_here(Path("x.yaml")) == tmp_path / "x.yaml"
