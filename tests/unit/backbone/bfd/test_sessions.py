"""Links without a BFD session that is up are named, in `status` too; those that are cut are not."""

from __future__ import annotations

import json

import pytest

from testbed.backbone.bfd import sessions
from testbed.errors import CheckFailed
from testbed.lab import silent_links
from tests.shipped_plans import shipped_plan

PLAN = shipped_plan("full", bfd="true")
R6_R8 = next(x for x in PLAN.links if x.a.interface == "r6-r8")


class Daemons:
    """In place of the routers' bfdd: every session is up but those named."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.gone: set[str] = set()
        self.silent = ""

    def ask(self, router: str, daemon: str, command: str) -> str:
        assert (daemon, command) == ("bfdd", "show bfd peers json")
        if router == self.silent:
            raise CheckFailed(
                f"bfdd of {router} does not answer", fix=f"testbed logs {router}.bfdd"
            )
        ends = [x.end(router).interface for x in PLAN.links_of(router)]
        return json.dumps(
            [
                {"interface": end, "status": "down" if end in self.down else "up"}
                for end in ends
                if end not in self.gone
            ]
        )


@pytest.fixture
def daemons(monkeypatch: pytest.MonkeyPatch) -> Daemons:
    found = Daemons()
    monkeypatch.setattr(sessions, "ask", found.ask)
    return found


def test_all_is_well(daemons: Daemons) -> None:
    assert sessions.silent_links(PLAN) == {}
    daemons.gone = {"r3-worker1"}  # no router's
    assert list(silent_links.problems(PLAN)) == []


def test_a_session_is_down_or_not_there_any_more(daemons: Daemons) -> None:
    daemons.down, daemons.gone = {"r6-r8"}, {"r8-r6"}
    assert sessions.silent_links(PLAN) == {R6_R8: ("r6", "r8")}
    (said,) = silent_links.problems(PLAN)
    assert said.startswith("r6-r8 is up, but its BFD session is down (r6, r8): packets are lost")
    assert "`testbed link set r6 r8`" in said
    assert list(silent_links.problems(PLAN, cut=[R6_R8])) == []


def test_a_daemon_that_does_not_answer_is_named(daemons: Daemons) -> None:
    daemons.silent = "r4"
    (said,) = silent_links.problems(PLAN)
    assert said.startswith("bfdd of r4 does not answer") and "`testbed logs r4.bfdd`" in said


def test_without_bfd_nobody_is_asked() -> None:
    assert list(silent_links.problems(shipped_plan("full"))) == []
