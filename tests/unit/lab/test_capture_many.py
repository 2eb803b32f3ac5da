"""Captures of several nodes: their processes, from the beginning of the first to the last's end."""

from __future__ import annotations

import io
import os
import shlex
import signal
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from testbed.errors import TestbedError
from testbed.lab.access import capture
from testbed.lab.access.taps import Tap
from tests.paper_plan import paper_plan

TAPS = [Tap("r1", "eth0"), Tap("r2", "eth0")]
WAIT = "exec tail -f /dev/null"
Run = Callable[..., tuple[int, bytes]]


def pcap(*packets: tuple[int, bytes]) -> bytes:
    header = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    records = [struct.pack("<IIII", 1, ns, len(data), len(data)) + data for ns, data in packets]
    return header + b"".join(records)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Captures, with shell scripts in place of tcpdump."""

    def capture_with(
        first: str, second: str, output: io.BytesIO | None = None
    ) -> tuple[int, bytes]:
        scripts = dict(zip(("r1", "r2"), (first, second), strict=True))

        def become(_plan: object, node: str, _command: object, network_only: bool) -> None:
            assert network_only
            os.execvp("sh", ["sh", "-c", scripts[node]])

        monkeypatch.setattr(capture, "replace_process", become)
        monkeypatch.setattr(capture._InterfaceNames, "_look", lambda *_: {})
        stream = output or io.BytesIO()
        code = capture.capture(paper_plan(), TAPS, [], stream)
        return code, stream.getvalue()

    return capture_with


def sends(directory: Path, name: str, data: bytes) -> str:
    file = directory / name
    file.write_bytes(data)
    return f"cat {shlex.quote(str(file))}; "


def read(out: bytes) -> list[tuple[str, bytes]]:
    found = list(RawPcapNgReader(io.BytesIO(out)))  # type: ignore[arg-type]
    return [(about.ifname.decode(), data) for data, about in found]  # type: ignore[attr-defined]


def test_two_streams_become_one_and_words_have_names(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = sends(tmp_path, "1", pcap((1, b"a"), (3, b"c")))
    second = sends(tmp_path, "2", pcap((2, b"b"))) + "printf 'listening, ' >&2; printf on >&2"
    code, out = run(first, second)
    assert (code, read(out)) == (0, [("r1:eth0", b"a"), ("r2:eth0", b"b"), ("r1:eth0", b"c")])
    assert capfd.readouterr().err == "r2:eth0: listening, on\n"


def test_where_one_cannot_begin_none_goes_on(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = sends(tmp_path, "1", pcap()) + WAIT
    code, out = run(first, "echo 'No such device' >&2; exit 3")
    assert (code, read(out)) == (3, [])
    assert capfd.readouterr().err == "r2:eth0: No such device\n"


def test_what_keeps_all_from_beginning_is_a_failure(run: Run) -> None:
    refused = "echo 'syntax error' >&2; exit 1"
    assert run(refused, refused)[0] == 1


def test_one_that_ends_with_an_error_later_leaves_the_others_and_is_not_forgotten(
    run: Run, tmp_path: Path
) -> None:
    first = sends(tmp_path, "1", pcap((1, b"a"))) + "exit 1"
    second = sends(tmp_path, "2", pcap((2, b"b"))[:-1])  # truncated
    code, out = run(first, second)
    assert (code, read(out)) == (1, [("r1:eth0", b"a")])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_and_loses_no_packet(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    first = sends(tmp_path, "1", pcap((1, b"a"))) + f"kill -{number.value} {os.getpid()}; {WAIT}"
    last = sends(tmp_path, "2", pcap((2, b"b")))
    second = f"{last} {WAIT}"
    code, out = run(first, second)
    assert code == 0 and ("r1:eth0", b"a") in read(out)
    assert signal.getsignal(number) == before


class Gone(io.BytesIO):
    """A pipe whose reader has gone."""

    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_a_reader_that_has_gone_ends_all_as_it_ends_tcpdump(run: Run, tmp_path: Path) -> None:
    sending = sends(tmp_path, "1", pcap((1, b"a")))
    code, _ = run(f"while :; do {sending} done", sending + WAIT, Gone())
    assert code == 128 + signal.SIGPIPE


def test_what_is_no_pcap_names_its_node(run: Run, tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="r2:eth0: tcpdump sends no pcap"):
        run(sends(tmp_path, "1", pcap()) + WAIT, "echo Welcome to this machine, and enjoy it")
