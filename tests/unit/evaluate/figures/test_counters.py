"""Counters as kernels print them."""

from __future__ import annotations

import subprocess

import pytest

from testbed.evaluate.figures.counters import SCRIPT, Cpu, parse, parse_cpu

TEXT = """\
1000.500000000
--
50.25 90.10
--
cpu  100 20 300 4000 50 6 70 80 0 0
cpu0 100 20 300 4000 50 6 70 80 0 0
intr 1 2 3
--
01678de1 00000002 00000035 00000000
015662d2 0000000a 0000005a 00000000
--
MemTotal:       1000 kB
MemFree:         100 kB
MemAvailable:    600 kB
"""


def test_a_reading() -> None:
    machine = parse(TEXT)
    assert machine.cpu == Cpu(1.0, 0.2, 3.0, 40.0, 0.5, 0.06, 0.7, 0.8)
    assert machine.backlog_drops == 12
    assert machine.memory_bytes == 400 * 1024
    assert (machine.real_s, machine.passed_s) == (1000.5, 50.25)


def test_the_script_prints_what_is_read() -> None:
    said = subprocess.run(["sh", "-c", SCRIPT], capture_output=True, text=True, check=True)
    machine = parse(said.stdout)
    assert machine.memory_bytes > 0
    assert machine.passed_s > 0


def test_busy_is_what_is_neither_idle_nor_anothers() -> None:
    cpu = Cpu(user=1, system=2, idle=4, iowait=1, softirq=1, steal=1)
    assert (cpu.busy, cpu.total) == (4, 10)
    assert cpu.share(2.5) == 0.25
    assert Cpu().share(3) == 0


def test_a_counter_that_a_kernel_corrects_downwards_has_not_moved() -> None:
    assert Cpu(user=3, iowait=1).since(Cpu(user=1, iowait=2)) == Cpu(user=2)


@pytest.mark.parametrize("text", ["", "1\n--\n2", TEXT.replace("cpu  ", "kpu  ")])
def test_what_is_no_reading_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"parts|processors"):
        parse(text)


def test_an_old_kernel_has_fewer_columns() -> None:
    assert parse_cpu("cpu 100 0 0 0\n") == Cpu(user=1)
