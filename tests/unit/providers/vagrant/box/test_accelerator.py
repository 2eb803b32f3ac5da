"""KVM is believed only when the box boots with it; QEMU is played by a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.providers.vagrant.box import accelerator
from testbed.providers.vagrant.box.accelerator import choose
from testbed.providers.vagrant.box.box import Box


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box of this test's own, on a machine with a /dev/kvm that can be opened."""
    device = tmp_path / "kvm"
    device.touch()
    monkeypatch.setattr(accelerator, "DEVICE", device)
    monkeypatch.setattr(accelerator, "PATIENCE", 1.0)
    return Box("a-box", tmp_path)


def plays(box: Box, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = box.directory / "qemu"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(accelerator, "QEMU", str(program))


def test_a_boot_that_says_so_is_proof(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(box, monkeypatch, "echo testbed-boots")
    assert choose(box).driver == "kvm"


def test_a_boot_that_hangs_is_none(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(box, monkeypatch, "exec sleep 30")
    verdict = choose(box)
    assert verdict.driver == "qemu"
    assert verdict.why.startswith("KVM does not work here (a test boot did not end within 1 s): ")


def test_qemus_last_word_is_the_reason(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(box, monkeypatch, "echo 'qemu: kvm.c:3183: Assertion failed.' >&2; exit 134")
    assert "(Assertion failed.)" in choose(box).why


def test_without_the_device_nothing_is_started(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(box, monkeypatch, f"touch {box.directory}/started")
    accelerator.DEVICE.unlink()
    assert choose(box).driver == "qemu"
    assert not (box.directory / "started").exists()
