"""An image that was loaded into a lab is on a node that joins later, and pods there can use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.root

JOINS_LATER = '''
from pathlib import Path

from testbed.images.build.oci import Image, write_layout
from testbed.images.build.tree import File
from testbed.images.store.load import listing, load
from testbed.orchestrators.kubernetes.images import of_lab
from testbed.scenario import Check, Testbed, scenario

NAME = "example.invalid/joins-later:1"


@scenario(claims=[], topology="basic", params={"joins_later": "worker2"}, needs=["kubernetes"])
def joins_later(testbed: Testbed, check: Check) -> None:
    """worker2 joins after an image was loaded, and has it."""
    archive = Path(testbed.evidence) / "image.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    write_layout(Image(NAME, {"/f": File(b"x")}), archive)
    with archive.open("rb") as stream:
        load(stream, archive.name, of_lab(testbed.plan))
    there = listing(of_lab(testbed.plan))[NAME]
    check.that(there, "nodes with the image before").equals(["master", "worker1"])
    testbed.join("worker2")
    there = listing(of_lab(testbed.plan))[NAME]
    check.that(there, "nodes with the image").equals(["master", "worker1", "worker2"])
'''


@pytest.mark.night
def test_a_node_that_joins_has_what_was_loaded(tmp_path: Path) -> None:
    file = tmp_path / "joins_later.py"
    file.write_text(JOINS_LATER)
    command = [sys.executable, "-B", "-m", "testbed", "run", str(file), "--evidence"]
    environment = {k: v for k, v in os.environ.items() if k != "TESTBED_NAME"}
    done = subprocess.run(
        [*command, str(tmp_path / "evidence")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    (result,) = (tmp_path / "evidence").rglob("result.json")
    assert json.loads(result.read_text())["verdict"] == "pass"
