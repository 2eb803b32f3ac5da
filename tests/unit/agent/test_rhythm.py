"""What is put off is done in time, what is called for at once, and nothing twice."""

from __future__ import annotations

from testbed.agent.rhythm import Rhythm


def test_what_is_put_off_is_done_in_time() -> None:
    now = [100.0]
    rhythm = Rhythm(5.0, lambda: now[0])
    assert rhythm.take() and not rhythm.take() and rhythm.left() is None
    rhythm.put_off()
    now[0] += 3
    rhythm.put_off()  # again and again does not make it later
    assert not rhythm.take() and rhythm.left() == 2.0
    now[0] += 2
    assert rhythm.left() == 0.0 and rhythm.take()
    assert not rhythm.take() and rhythm.left() is None


def test_what_is_called_for_is_done_in_the_next_round() -> None:
    rhythm = Rhythm(5.0, lambda: 0.0)
    assert rhythm.take()
    rhythm.put_off()
    rhythm.call()
    assert rhythm.take() and rhythm.left() is None and not rhythm.take()
