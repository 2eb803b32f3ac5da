"""A connection to a guest that broke is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.machines import Files, Machine


@dataclass
class FakeClient:
    """What the guest uses of paramiko's client; the transport is the client itself."""

    alive: bool = True
    closed: bool = field(default=False, init=False)

    def get_transport(self) -> FakeClient:
        return self

    def is_active(self) -> bool:
        return self.alive

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeClient]]:
    made: list[FakeClient] = []

    def open_client(_: Guest) -> FakeClient:
        made.append(FakeClient())
        return made[-1]

    monkeypatch.setattr(Guest, "_open_client", open_client)
    yield made


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(Machine("worker2", 2, "worker2-r8", 1500), Files(tmp_path))


def test_one_connection_serves_all_calls(guest: Guest, clients: list[FakeClient]) -> None:
    assert guest._transport is guest._transport
    assert len(clients) == 1


def test_a_dead_connection_is_closed_and_made_anew(guest: Guest, clients: list[FakeClient]) -> None:
    assert guest._transport is not None
    clients[0].alive = False
    assert guest._transport is not None
    assert [client.closed for client in clients] == [True, False]


def test_after_a_failure_the_next_call_connects_anew(
    guest: Guest, clients: list[FakeClient]
) -> None:
    assert guest._transport is not None
    guest._connection_lost(EOFError())
    assert clients[0].closed
    assert guest._transport is not None
    assert len(clients) == 2
