"""isisd's log tells of adjacencies, as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.backbone.repair import adjacency_log
from testbed.backbone.repair.adjacency_log import AdjacencyLog, Change
from testbed.host.supervisor import Place

LINE = (
    "2026/11/27 12:48:30.770 ISIS: [Q7SVW-YVKRH] %ADJCHANGE: Adjacency to r8 (r6-r8) for level-2 "
    "changed from {} to {}, {}\n"
)
DOWN = LINE.format("Up", "Down", "bfd session went down")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = Place(tmp_path)
    place.logs.mkdir()
    monkeypatch.setattr(adjacency_log, "LAB", place)
    file = place.logs / "r6.isisd.log"
    file.write_text(DOWN)
    return file


def test_changes_from_now_on_are_told_once_and_as_whole_lines(log: Path) -> None:
    followed = AdjacencyLog("r6")
    assert followed.read() == []
    with log.open("a") as writing:
        writing.write(LINE.format("Unknown", "Initializing", "unspecified"))
        writing.write("2026/11/27 12:48:30 ISIS: another line\n" + DOWN[:90])
        writing.flush()
        assert followed.read() == []
        writing.write(DOWN[90:] + LINE.format("Initializing", "Up", "unspecified"))
        writing.flush()
    assert followed.read() == [Change("r6-r8", down=True), Change("r6-r8", down=False)]
    assert followed.read() == []
    followed.close()


def test_a_log_that_was_rotated_is_to_be_opened_anew(log: Path) -> None:
    followed = AdjacencyLog("r6")
    log.rename(log.with_suffix(".1"))
    with pytest.raises(FileNotFoundError):
        followed.read()
    followed.close()
    with pytest.raises(FileNotFoundError):
        AdjacencyLog("r6")
