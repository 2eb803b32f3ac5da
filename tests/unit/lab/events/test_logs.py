"""Logs that grow, are rotated, or come again; and nodes that join."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from testbed.lab.events.logs import GrowingLog, Logs, follow
from testbed.report.event import Event
from tests.paper_plan import paper_plan


def line(second: int, text: str = "x") -> str:
    return f"2026-11-26T02:58:{second:02}.000Z INFO testbed.agent.changes: pod: {text}\n"


class Lab:
    def __init__(self, directory: Path) -> None:
        self.nodes = directory / "nodes"
        (directory / "logs").mkdir()
        self.nodes.mkdir()
        self.log = directory / "logs/worker1.agent.log"
        self.logs = Logs(paper_plan(), directory, self.nodes)

    def write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)

    def said(self) -> list[str]:
        return [event.what for event in self.logs.new_events()]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_what_is_added_comes_once(lab: Lab) -> None:
    assert lab.said() == []
    lab.write(line(1, "a"))
    assert lab.said() == ["a"]
    assert lab.said() == []
    lab.write(line(2, "b") + line(2, "c"))
    assert lab.said() == ["b", "c"]


def test_half_a_line_is_waited_for(lab: Lab) -> None:
    whole = line(1, "a")
    lab.write(whole[:20])
    assert lab.said() == []
    lab.write(whole[20:])
    assert lab.said() == ["a"]


def test_a_rotation_loses_nothing(lab: Lab) -> None:
    lab.write(line(1, "a"))
    assert lab.said() == ["a"]
    lab.write(line(2, "b"))
    lab.log.rename(f"{lab.log}.1")
    lab.write(line(3, "c"))
    assert lab.said() == ["b", "c"]


def test_a_line_that_a_rotation_cuts_is_one(lab: Lab) -> None:
    """supervisord rotates a log after what it read, which may end within a line."""
    first, second = line(1, "a"), line(2, "b")
    lab.write(first + second[:30])
    assert lab.said() == ["a"]
    lab.log.rename(f"{lab.log}.1")
    lab.write(second[30:])
    assert lab.said() == ["b"]
    later = Logs(paper_plan(), lab.logs._lab, lab.nodes)
    assert [event.what for event in later.until_now()] == ["a", "b"]


def test_what_is_written_just_before_a_rotation_is_not_lost(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.write(line(1, "a"))
    assert lab.said() == ["a"]
    look = GrowingLog._is_replaced

    def rotated_meanwhile(log: GrowingLog) -> bool:
        lab.write(line(2, "b"))
        lab.log.rename(f"{lab.log}.1")
        lab.write(line(3, "c"))
        return look(log)

    monkeypatch.setattr(GrowingLog, "_is_replaced", rotated_meanwhile)
    assert lab.said() == ["b", "c"]


def test_what_was_rotated_before_belongs_to_the_past(lab: Lab) -> None:
    lab.write(line(1, "a"))
    lab.log.rename(f"{lab.log}.1")
    lab.write(line(2, "b"))
    assert [event.what for event in lab.logs.until_now()] == ["a", "b"]
    assert lab.said() == []


def test_a_log_that_a_mirror_brings_again_is_told_once(lab: Lab) -> None:
    lab.write(line(1, "a") + line(2, "b"))
    assert lab.said() == ["a", "b"]
    lab.log.unlink()
    assert lab.said() == []
    lab.write(line(1, "a") + line(2, "b") + line(3, "c"))
    assert lab.said() == ["c"]


def test_after_the_clock_was_set_back_nothing_is_lost(lab: Lab) -> None:
    lab.write(line(30, "a"))
    assert lab.said() == ["a"]
    lab.log.rename(f"{lab.log}.1")
    lab.write(line(1, "b"))
    assert lab.said() == ["b"], "a rotation after the clock was set back"
    lab.log.unlink()
    lab.write(line(1, "b") + line(0, "c"))
    assert lab.said() == ["c"], "a mirror that comes again"


def test_what_a_mirror_brings_again_in_parts_is_told_once(lab: Lab) -> None:
    lab.write(line(1, "a") + line(2, "b"))
    assert lab.said() == ["a", "b"]
    lab.log.unlink()
    lab.write(line(1, "a"))
    assert lab.said() == []
    lab.write(line(2, "b") + line(3, "c"))
    assert lab.said() == ["c"]


def test_logs_are_put_in_order_of_time(lab: Lab) -> None:
    lab.write(line(2, "b"))
    other = lab.log.with_name("worker2.agent.log")
    other.write_text(line(1, "a") + line(3, "c"))
    assert lab.said() == ["a", "b", "c"]


def test_bytes_that_are_no_text_end_nothing(lab: Lab) -> None:
    lab.log.write_bytes(b"\xff\xfe\n" + line(1, "a").encode())
    assert lab.said() == ["a"]


def test_follow_sees_what_is_written_and_a_node_that_joins(lab: Lab) -> None:
    lab.write(line(1, "a"))
    seen: SimpleQueue[Event] = SimpleQueue()

    def read() -> None:
        for batch in follow(lab.logs):
            for event in batch:
                seen.put(event)

    threading.Thread(target=read, daemon=True).start()
    assert seen.get(timeout=30).what == "a"
    lab.write(line(2, "b"))
    assert seen.get(timeout=30).what == "b"
    own = lab.nodes / "worker3" / "logs"
    own.mkdir(parents=True)
    (own / "worker3.agent.log").write_text(line(3, "c"))
    assert seen.get(timeout=30) == Event("2026-11-26T02:58:03.000Z", "worker3", "pod", "c")
