"""How ssh is called to run a program in a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.providers.vagrant.machines import Files, Machine
from testbed.providers.vagrant.node import GuestNode
from testbed.providers.vagrant.remote_netns import GuestNetns


class _BecameSsh(Exception):
    """Raised in place of becoming ssh."""


@pytest.mark.parametrize(
    ("terminals", "option", "ends_with_ssh"),
    [({0, 1}, "-t", False), ({0}, "-T", True), ({1}, "-T", True), (set(), "-T", True)],
)
def test_a_terminal_is_asked_for_where_both_ends_are_one(
    monkeypatch: pytest.MonkeyPatch, terminals: set[int], option: str, ends_with_ssh: bool
) -> None:
    words = ssh_words(monkeypatch, terminals)
    assert option in words
    assert words[-1].startswith("setpriv --pdeathsig TERM -- env ") == ends_with_ssh
    assert words[-1].endswith(" TESTBED_NODE=worker1 tcpdump -w -")


def ssh_words(monkeypatch: pytest.MonkeyPatch, terminals: set[int]) -> list[str]:
    """What the process becomes; `terminals` are the descriptors that are one."""

    def become(_file: str, words: list[str]) -> None:
        raise _BecameSsh(words)

    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor in terminals)
    monkeypatch.setattr(os, "execvp", become)
    node = GuestNode(Machine("worker1", 1, "worker1-r3", 1500), Files(Path("/nowhere")))
    with pytest.raises(_BecameSsh) as became:
        GuestNetns(node, None).become(["tcpdump", "-w", "-"], None)
    words: list[str] = became.value.args[0]
    return words
