"""The page in a browser, narrow and wide: nothing in its console, nothing over each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.run_report import chromium
from tests.unit.run_report.conftest import Made

pytestmark = pytest.mark.skipif(
    chromium.program() is None, reason="no Chromium here: apt-get install chromium"
)


def test_the_console_says_nothing(made: Made, tmp_path: Path) -> None:
    assert chromium.console(made.directory / "index.html", tmp_path) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_over_each_other_or_beyond_the_page(
    made: Made, tmp_path: Path, width: int
) -> None:
    assert chromium.layout_faults(made.directory / "index.html", width, tmp_path) == []


def test_the_look_can_fail(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    svg = '<svg viewBox="0 0 200 20" width="200"><text y="9">one</text><text y="9">two</text></svg>'
    page.write_text(
        f'<p style="width:700px">wide</p><h2 style="margin-bottom:-30px">a</h2><p>b</p>'
        f'<figure id="f">{svg}</figure><script>console.error("loud")</script>'
    )
    faults = chromium.layout_faults(page, 360, tmp_path)
    assert {fault.partition(":")[0] for fault in faults} >= {
        "beyond the page",
        "over each other",
        "in f",
    }
    assert len(chromium.console(page, tmp_path)) == 1
