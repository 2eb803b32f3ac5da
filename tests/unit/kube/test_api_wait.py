"""A wait for the API server is said when it begins and when it is over; a warning if it lasts."""

from __future__ import annotations

import logging

from testbed.kube.api_wait import TOO_LONG, ApiWait, Line

KINDS = ("Node", "ConfigMap", "IPPool")


def spend(wait: ApiWait, seconds: float, pause: float = 3.0) -> list[Line]:
    """What is said while all kinds fail, each for so many seconds of pauses."""
    said = [
        wait.failed(kind, f"API server refuses GET {kind}", pause)
        for _ in range(round(seconds / pause))
        for kind in KINDS
    ]
    return [line for line in said if line]


def recover(wait: ApiWait) -> list[Line]:
    return [line for kind in KINDS if (line := wait.succeeded(kind))]


def test_a_usual_start_is_two_lines_and_no_warning() -> None:
    wait = ApiWait()
    began = (logging.INFO, "waits for the API server: Node: API server refuses GET Node")
    assert spend(wait, TOO_LONG / 2) == [began]
    assert recover(wait) == [(logging.INFO, "the wait for the API server is over")]
    assert recover(wait) == []


def test_a_wait_that_lasts_is_warned_of_once() -> None:
    wait = ApiWait()
    spend(wait, TOO_LONG - 3)
    warning = "still waits for the API server, for ConfigMap, IPPool, Node: "
    assert spend(wait, 6) == [(logging.WARNING, warning + "API server refuses GET Node")]
    assert spend(wait, 2 * TOO_LONG) == []


def test_one_kind_that_stays_refused_keeps_the_wait() -> None:
    wait = ApiWait()
    spend(wait, 3)
    assert [wait.succeeded(kind) for kind in KINDS[1:]] == [None, None]
    warned = [wait.failed("Node", "no", 3.0) for _ in range(round(TOO_LONG / 3))]
    assert [line for line in warned if line] == [
        (logging.WARNING, "still waits for the API server, for Node: no")
    ]


def test_the_next_wait_is_a_new_one() -> None:
    wait = ApiWait()
    for _ in range(2):
        levels = [level for level, _ in spend(wait, 2 * TOO_LONG)]
        assert levels == [logging.INFO, logging.WARNING]
        assert recover(wait)
