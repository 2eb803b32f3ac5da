"""What a proof leaves behind: pcapng read back by scapy, drawing, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scapy.utils import RawPcapNgReader

from testbed.errors import TestbedError
from testbed.observe.frame import Frame
from testbed.prove import pcapng
from testbed.prove.draw import as_data, drawing, grouped, paragraphs
from tests.unit.prove.test_path import EGRESS, PLAN, R6, best_effort, steered, traced, tunnelled
from tests.unit.prove.walks import Walker

NOW = 1_700_000_000_123_456_789
FRAMES = [
    Frame("r3", "r3-r4", True, NOW + 5, b"second"),
    Frame("worker1", "worker1-r3", True, NOW, b"first frame"),
    Frame("r3", "r3-r4", False, NOW + 9, b"third.."),
]


def test_pcapng_has_names_directions_and_nanoseconds_in_order(tmp_path: Path) -> None:
    file = tmp_path / "frames.pcapng"
    file.write_bytes(pcapng.dump(FRAMES))
    # scapy makes the metadata's type when it runs: no type checker sees its fields
    packets: list[tuple[bytes, Any]] = list(RawPcapNgReader(str(file)))
    assert [data for data, _ in packets] == [b"first frame", b"second", b"third.."]
    assert [m.ifname for _, m in packets] == [b"worker1:worker1-r3", b"r3:r3-r4", b"r3:r3-r4"]
    assert [m.direction for _, m in packets] == [2, 2, 1]
    times = [(m.tshigh << 32) + m.tslow for _, m in packets]
    assert times == [NOW, NOW + 5, NOW + 9]
    assert {m.tsresol for _, m in packets} == {10**9}


def test_an_empty_pcapng_is_a_section_header() -> None:
    assert len(pcapng.dump([])) == 28


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="cannot write"):
        pcapng.write(tmp_path / "none" / "x.pcapng", FRAMES)


def test_drawing_of_a_steered_probe() -> None:
    assert drawing(PLAN, [traced(steered())]) == (
        """\
1 of 1 probes:
  pod-a
  │ eth0            → 172.16.1.1  ttl 64
  worker1        □ encapsulates
  │    segment fcff:6::1 (r6)
  │    segment fcff:8::1 (r8)
  │    segment fcdd::12aa:d460:b250:45:b04 (worker2)
  │ worker1-r3      → fcff:6::1  hlim 64 sl 2
  r3
  │ r3-r4           → fcff:6::1  hlim 63 sl 2
  r4
  │ r4-r6           → fcff:6::1  hlim 62 sl 2
  r6             ◆ waypoint: segments left 2 → 1
  │ r6-r8           → fcff:8::1  hlim 61 sl 1
  r8             ◆ waypoint: segments left 1 → 0
  │ r8-worker2      → fcdd::12aa:d460:b250:45:b04  hlim 60 sl 0
  worker2        ■ decapsulates
  │ cali2           → 172.16.1.1  ttl 62
  pod-b          delivered"""
    )


@pytest.mark.parametrize(
    ("tunnel", "words"),
    [
        (("fd11::1000", "fd12::1000", 4096), "□ encapsulates in VXLAN, VNI 4096"),
        (("192.168.11.254", "192.168.12.254"), "□ encapsulates in IP-in-IP"),
    ],
)
def test_drawing_of_legacy_overlays(tunnel: tuple[Any, ...], words: str) -> None:
    walker = tunnelled(*tunnel)
    assert words in drawing(PLAN, [traced(walker)])
    out = as_data([traced(walker)])[0]["hops"][1]["out"]
    assert out is not None and out["vni"] == (tunnel[2:] or (None,))[0]


def test_branches_are_drawn_once_each_the_most_used_first() -> None:
    lower = ("worker1", "r3", "r4", "r6", "r8", "worker2")
    upper = [traced(best_effort()), traced(best_effort())]
    every = [traced(best_effort(lower)), *upper]
    assert [count for _, count in grouped(every)] == [2, 1]
    text = drawing(PLAN, every)
    assert text.index("2 of 3 probes:") < text.index("1 of 3 probes:")
    assert "encapsulates, no SRH" in text


def test_lost_probes_and_width() -> None:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    walker.encapsulate("fd11::1000", R6, EGRESS).cross("worker1", "r3", "r4", "r6")
    text = drawing(PLAN, [traced(walker)])
    assert text.splitlines()[-1].endswith("✗ lost")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(len(line) <= 80 for line in paragraphs(["word " * 60]).splitlines())


def test_json_is_plain_data() -> None:
    data = json.loads(json.dumps(as_data([traced(steered())])))
    assert data[0]["nodes"][-1] == "pod-b"
    r6 = next(h for h in data[0]["hops"] if h["node"] == "r6")
    assert r6["in"]["segments_left"] == 2 and r6["out"]["segments_left"] == 1
    assert r6["in"]["inner"]["dst"] == "172.16.1.1"
    assert data[0]["hops"][0]["in"] is None
