"""Lines as the programs write them, and the events that they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.lab.events.lines import parser_of
from testbed.report.event import Event
from tests.paper_plan import paper_plan

PLAN = paper_plan()


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """isisd and supervisord write the machine's local time."""
    import time

    monkeypatch.setenv("TZ", "EST+5")
    time.tzset()


def parse(log: str, line: str) -> Event | None:
    return parser_of(PLAN, Path("/run/testbed/logs") / log)(line)


@pytest.mark.parametrize(
    ("log", "line", "event"),
    [
        (
            "r2.isisd.log",
            "2026/11/26 02:55:22.123 ISIS: [Q7SVW-YVKRH] %ADJCHANGE: Adjacency to r3 (r2-r3) for "
            "level-2 changed from Up to Down, holding time expired",
            Event(
                "2026-11-26T07:55:22.123Z",
                "r2",
                "isis",
                "adjacency with r3 on r2-r3: Up → Down, holding time expired",
            ),
        ),
        (
            "r2.isisd.log",
            "2026/11/26 02:55:22.123 ISIS: [Q7SVW-YVKRH] %ADJCHANGE: Adjacency to 3333.3333.3333 "
            "(r2-r3) for level-2 changed from Initializing to Up, unspecified",
            Event(
                "2026-11-26T07:55:22.123Z",
                "r2",
                "isis",
                "adjacency with r3 on r2-r3: Initializing → Up",
            ),
        ),
        (
            "worker1.gobgpd.log",
            'time=2026-11-26T02:58:59.796Z level=INFO msg="Peer Up" Topic=Peer Key=fd10::1000',
            Event("2026-11-26T02:58:59.796Z", "worker1", "bgp", "session with master is up"),
        ),
        (
            "worker1.gobgpd.log",
            'time=2026-11-26T03:58:59.796+01:00 level=INFO msg="Peer Down" Topic=Peer '
            'Key=fdff::1 State=ESTABLISHED Reason="hold timer expired"',
            Event(
                "2026-11-26T02:58:59.796Z",
                "worker1",
                "bgp",
                "session with fdff::1 is down: hold timer expired",
            ),
        ),
        (
            "worker1.agent.log",
            "2026-11-26T02:58:10.253Z INFO testbed.agent.changes: policy: to fd12::1000 IPv4: none",
            Event("2026-11-26T02:58:10.253Z", "worker1", "policy", "to fd12::1000 IPv4: none"),
        ),
        (
            "gobgp.injector.log",
            "2026-11-26T02:58:10.253Z WARNING testbed.bgp.session: refused: why",
            Event(
                "2026-11-26T02:58:10.253Z",
                "gobgp",
                "agent",
                "refused: why",
            ),
        ),
        (
            "supervisord.log",
            "2026-11-26 02:54:23,354 WARN exited: r1.zebra (terminated by SIGKILL; not expected)",
            Event(
                "2026-11-26T07:54:23.354Z",
                "r1",
                "program",
                "r1.zebra ended: terminated by SIGKILL; not expected",
            ),
        ),
    ],
    ids=["isisd down", "isisd up", "gobgpd up", "gobgpd down", "agent", "injector", "supervisord"],
)
def test_an_event(log: str, line: str, event: Event) -> None:
    assert parse(log, line) == event


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("r2.isisd.log", "2026/11/26 02:55:22 ISIS: [T83RR-8SM5G] isisd 8.4.4 starting: vty@2608"),
        ("worker1.gobgpd.log", 'time=2026-11-26T02:57:27.745Z level=INFO msg="gobgpd started"'),
        ("worker1.agent.log", "Traceback (most recent call last):"),
        ("supervisord.log", "2026-11-26 02:54:23,354 CRIT Server 'unix_http_server' running"),
        ("r2.zebra.log", "2026/11/26 02:55:21 ZEBRA: [NNACN-54BDA] Disabling MPLS support"),
        ("worker1.containerd.log", "x"),
        *((log, "") for log in ("r2.isisd.log", "worker1.gobgpd.log", "worker1.agent.log")),
    ],
)
def test_no_event(log: str, line: str) -> None:
    assert parse(log, line) is None


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (
            "worker1.gobgpd.log",
            'time=2026-13-45T02:58:59Z level=INFO msg="Peer Up" Topic=Peer Key=fd10::1000',
        ),
        (
            "r2.isisd.log",
            "2026/13/45 02:55:22 ISIS: [X] %ADJCHANGE: Adjacency to r3 (r2-r3) for level-2 "
            "changed from Up to Down, x",
        ),
        ("worker1.agent.log", "yesterdayZ INFO testbed.agent: x"),
        ("supervisord.log", "2026-13-45 02:54:23,354 WARN exited: r1.zebra (x)"),
    ],
)
def test_a_time_that_is_none_is_no_event(log: str, line: str) -> None:
    """A log is text of another process: nothing in it may end the command."""
    assert parse(log, line) is None
