"""What a guest says of its files, and what the lab's copy becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host.json_lines import encode_line
from testbed.providers.vagrant.guest import status_mirror_main
from testbed.providers.vagrant.guest.status_change import LOG_BYTES, decode_change
from testbed.providers.vagrant.guest.status_watcher_main import Watched


@pytest.fixture
def there(tmp_path: Path) -> Path:
    for name in ("there/cni", "there/logs", "here"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "there"


def bring(watched: Watched, here: Path) -> int:
    changes = watched.look()
    for change in changes:
        status_mirror_main.apply(decode_change(encode_line(change)), here)
    return len(changes)


def test_files_come_change_and_go(there: Path, tmp_path: Path) -> None:
    watched, here = Watched(there), tmp_path / "here"
    (there / "status.json").write_text("1")
    (there / "cni/pod.json").write_text("{}")
    (there / ".status.json.77").write_text("half")
    assert bring(watched, here) == 2
    assert sorted(p.name for p in here.rglob("*.json")) == ["pod.json", "status.json"]
    assert bring(watched, here) == 0
    (there / "status.json").write_text("2")
    (there / "cni/pod.json").unlink()
    assert bring(watched, here) == 2
    assert (here / "status.json").read_text() == "2"
    assert not (here / "cni/pod.json").exists()


def test_logs_come_as_they_grow_and_start_anew_when_truncated(there: Path, tmp_path: Path) -> None:
    watched, here, log = Watched(there), tmp_path / "here", there / "logs/n.agent.log"
    log.write_text("one\n")
    bring(watched, here)
    with log.open("a") as stream:
        stream.write("two\n")
    bring(watched, here)
    assert (here / "logs/n.agent.log").read_text() == "one\ntwo\n"
    log.write_text("new\n")
    bring(watched, here)
    assert (here / "logs/n.agent.log").read_text() == "one\ntwo\nnew\n"


def test_logs_of_a_lab_that_stands_for_long_are_bounded(there: Path, tmp_path: Path) -> None:
    watched, here, log = Watched(there), tmp_path / "here", there / "logs/n.agent.log"
    lines = [f"{number:06} {'x' * 992}\n" for number in range(31_000)]
    copy, part = here / "logs/n.agent.log", 3000
    for begin in range(0, len(lines), part):
        with log.open("a") as stream:  # as systemd does
            stream.writelines(lines[begin : begin + part])
        while bring(watched, here):
            pass
        assert log.stat().st_size <= LOG_BYTES
    sizes = [file.stat().st_size for file in copy.parent.iterdir()]
    assert len(sizes) == 2 and max(sizes) <= LOG_BYTES + part * 1000
    left = copy.with_name(f"{copy.name}.1").read_text() + copy.read_text()
    assert "".join(lines).endswith(left), "nothing in the midst is lost"


def test_a_guest_cannot_write_elsewhere_or_over_what_is_the_labs(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "agent.json").write_text("ours")
    for path in ("../evil.json", "/etc/evil.json", "agent.json", "machine.json"):
        status_mirror_main.apply({"path": path, "text": "theirs"}, here)
    assert [p.name for p in tmp_path.rglob("*.json")] == ["agent.json"]
    assert (here / "agent.json").read_text() == "ours"


def test_what_a_guest_claimed_is_forgotten_with_it(there: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (there / "status.json").write_text("{}")
    (there / "logs/n.agent.log").write_text("words\n")
    bring(Watched(there), here)
    (here / "agent.json").write_text("ours")
    status_mirror_main.forget(here)
    assert sorted(p.name for p in here.rglob("*.*")) == ["agent.json", "n.agent.log"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"path": 1}',
        '{"path": "a\\u0000b"}',
        '{"path": "x", "text": null}',
        '{"path": "x", "add": 1}',
    ],
)
def test_what_is_no_change_is_refused(line: str) -> None:
    with pytest.raises(TestbedError):
        decode_change(line)
