"""What other versions, strangers and full disks leave: commands cope, and say what to do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.lab_data import MARK, Claim
from tests.integration.kube_lab import DATA, KubeLab, kube_lab, kube_sandbox
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox

pytestmark = pytest.mark.root

TWO_ROUTERS = ("up", "grid", "--set", "rows=1", "--set", "columns=2", "--cluster", "none")
KUBERNETES = ("up", "basic", "--cluster", "kubernetes")
OLD_PLANS = ['{"topology": "basic", "version": 0}', ""]


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        yield box


@pytest.fixture
def lab(gobgpd: Path, box: Sandbox) -> Iterator[KubeLab]:
    """A lab that is not up."""
    lab = kube_lab(gobgpd, box, "leftovers")
    try:
        yield lab
    finally:
        box.do(f"rm -rf /run/testbed/{lab.name}/letter.txt /run/testbed/{lab.name}/old")
        lab.down()
        box.do(f"rm -rf /run/testbed/Old_Lab /run/testbed/file {DATA}")


def test_a_node_name_that_is_no_dns_label(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    for name in ("Worker1", "w" * 64):
        file.write_text(
            "from testbed.topology import LabTopo\n"
            "class Mine(LabTopo):\n"
            "    def build(self, **options):\n"
            "        self.addRouter('r1')\n"
            f"        self.addClusterNode({name!r})\n"
            f"        self.addLink('r1', {name!r})\n"
            "        super().build(**options)\n"
        )
        said = Lab("unused", None).run("validate", str(file), expect=2).stderr
        assert "mine.py:5" in said, said
        assert repr(name) in said, said


def test_a_dead_lab_of_another_version(lab: KubeLab, box: Sandbox) -> None:
    """What it has that is ours is removed; what is nobody's stays, and is named."""
    here = f"/run/testbed/{lab.name}"
    box.do(f"mkdir -p {here}/old /run/testbed/Old_Lab; touch {here}/letter.txt /run/testbed/file")
    lab.directory.joinpath("plan.json").write_text(OLD_PLANS[0])
    lab.directory.joinpath("init.json").write_text('{"pid": 1}')
    listed = lab.run("ls").stdout
    assert "dead" in listed
    assert "Old_Lab" not in listed
    assert "is not up" in lab.run("status", expect=2).stderr
    for _ in range(2):
        said = lab.run("down", expect=1).stderr
        assert "letter.txt, old" in said
        assert f"rm -r {here}" in said
    assert sorted(p.name for p in lab.directory.iterdir()) == ["letter.txt", "old"]
    lab.run(*TWO_ROUTERS)  # they are in nobody's way
    assert lab.problems() == []


@pytest.mark.parametrize("plan", OLD_PLANS)
def test_a_living_lab_of_another_version(lab: KubeLab, plan: str) -> None:
    lab.run(*TWO_ROUTERS)
    for directory in (lab.directory, lab.inner / "run/testbed"):
        (directory / "plan.json").write_text(plan)
    assert "another version" in lab.run("ls").stdout
    for command in (("status",), ("exec", "r11", "true"), ("kubectl", "get", "pods")):
        said = lab.run(*command, expect=2).stderr
        assert "another version" in said
        assert "--recreate" in said
    assert "--recreate" in lab.run(*TWO_ROUTERS, expect=2).stderr
    if plan == OLD_PLANS[0]:
        lab.run(*TWO_ROUTERS, "--recreate")
        assert lab.problems() == []


def test_data_of_another_version(lab: KubeLab, box: Sandbox) -> None:
    """What an older lab kept on disk, marked as its own, is removed, with a word about it."""
    box.do(f"mkdir -p {DATA}/{lab.name}/nodes/worker1/var-lib-etcd; touch {DATA}/{lab.name}/x")
    data = Path(f"/proc/{box.init}/root{DATA}/{lab.name}")
    mark = Claim(lab=lab.name, id="0" * 32, data=Path(DATA, lab.name), base_made=True)
    data.joinpath(MARK).write_text(mark.model_dump_json())
    data.joinpath("plan.json").write_text(OLD_PLANS[0])
    _, said = lab.signalled(signal.SIGKILL, lambda _, line: "nodes and" in line, *KUBERNETES)
    assert f"{DATA}/{lab.name} is of another plan: removed" in said
    assert not (data / "x").exists()
    lab.down()
    assert not data.exists()


def test_data_without_a_mark(lab: KubeLab, box: Sandbox) -> None:
    """What somebody else keeps there, or a version that set no marks: refused, and left."""
    box.do(f"mkdir -p {DATA}/{lab.name}; touch {DATA}/{lab.name}/x")
    letter = Path(f"/proc/{box.init}/root{DATA}/{lab.name}/x")
    said = lab.run(*KUBERNETES, expect=2).stderr
    assert f"{DATA}/{lab.name}" in said
    assert "TESTBED_DATA" in said
    assert not lab.directory.exists()
    for _ in range(2):
        said = lab.run("down").stderr
        assert f"{DATA}/{lab.name} is left: no mark" in said
        lab.run(*TWO_ROUTERS)
    assert f"{DATA}/{lab.name} is left" in lab.run("down").stderr
    assert letter.exists()


def test_a_disk_that_is_too_small(lab: KubeLab, box: Sandbox) -> None:
    """Refused before anything is begun."""
    box.do(f"mkdir {DATA}; mount -t tmpfs -o size=16m tmpfs {DATA}")
    try:
        said = lab.run(*KUBERNETES, expect=4).stderr
        assert f"free for {DATA}" in said
        assert "TESTBED_DATA" in said
        assert not lab.directory.exists()
    finally:
        box.do(f"umount {DATA}")


def test_a_disk_that_fills_up_meanwhile(lab: KubeLab, box: Sandbox) -> None:
    """One line says what is missing, and `down` removes what is there."""

    def fill(_: int, line: str) -> bool:
        if "namespaces of" in line:
            box.do(f"head -c 1G /dev/zero > {DATA}/ballast || true")
        return False

    box.do(f"mkdir {DATA}; mount -t tmpfs -o size=600m tmpfs {DATA}")
    try:
        code, said = lab.signalled(signal.SIGKILL, fill, *KUBERNETES)
        assert code in (1, 4), said
        error = said[said.index("error:") :].splitlines()
        assert any("No space left on device" in line for line in error), said
        assert DATA in error[0]
        assert len(error) <= 3
        lab.down()
        assert not lab.directory.exists()
        assert not Path(f"/proc/{box.init}/root{DATA}/{lab.name}").exists()
    finally:
        box.do(f"umount {DATA}")
