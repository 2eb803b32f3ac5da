"""Tags, and the BPF program that finds them, run by a small interpreter of classic BPF."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from testbed.observe.tag import TAG_SIZE, Run

RUN = Run()


def accepted(program: bytes, frame: bytes) -> bool:
    instructions = list(struct.iter_unpack("=HBBI", program))
    a = x = at = 0
    while True:
        code, yes, no, k = instructions[at]
        at += 1
        if code == 0x80:
            a = len(frame)
        elif code == 0x14:
            a -= k
        elif code == 0x07:
            x = a
        elif code == 0x40:
            a = struct.unpack_from("!I", frame, x + k)[0]
        elif code == 0x15:
            at += yes if a == k else no
        elif code == 0x35:
            at += yes if a >= k else no
        elif code == 0x06:
            return bool(k != 0)
        else:
            raise AssertionError(f"unknown instruction {code:#x}")


@given(st.binary(max_size=64), st.integers(0, 2**32 - 1))
def test_own_tags_pass_behind_anything(headers: bytes, number: int) -> None:
    assert accepted(RUN.filter(), headers + RUN.tag(number))
    assert RUN.owns(RUN.tag(number))
    assert len(RUN.tag(number)) == TAG_SIZE


@given(st.binary(max_size=64))
def test_nothing_else_passes(frame: bytes) -> None:
    assert not accepted(RUN.filter(), frame)
    assert not accepted(RUN.filter(), Run().tag(1))
    assert not RUN.owns(Run().tag(1))
