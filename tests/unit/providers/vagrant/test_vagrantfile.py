"""The Vagrantfile, evaluated by Ruby with the values that a lab renders; no Vagrant is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.plan.model import Plan
from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.machines import Files, values
from tests.documents import Document
from tests.paper_plan import access, cluster_node, paper_plan, router
from tests.repository import ROOT

RECORDER = Path(__file__).with_name("recorder.rb")

pytestmark = pytest.mark.skipif(
    shutil.which("ruby") is None, reason="ruby is missing: make deps NODES=vagrant"
)


def evaluate(file: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "TESTBED_VAGRANT"}
    if file:
        environment["TESTBED_VAGRANT"] = str(file)
    command = ["ruby", str(RECORDER), str(ROOT / "Vagrantfile")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)


OWN = Box("a-box", Path("/boxes/a-box/0/libvirt"))
STOCK = Box("debian/bookworm64", Path("/boxes/b/12.2/libvirt"), "12.2", stock=True)


def evaluated(tmp_path: Path, plan: Plan, driver: str = "qemu", box: Box = OWN) -> Document:
    files = Files(tmp_path)
    wanted = values(plan, "lab", box, driver, files)
    files.values.write_text(json.dumps(wanted))
    done = evaluate(files.values)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_one_machine_per_cluster_node_behind_its_bridge(tmp_path: Path) -> None:
    vm = evaluated(tmp_path, paper_plan())["vm"]
    assert vm["define"] == [["master"], ["worker1"], ["worker2"]]
    networks = [vm[f"define {name}"]["vm"]["network"] for name in ("master", "worker1", "worker2")]
    assert [n[0][1]["dev"] for n in networks] == ["vm0", "vm1", "vm2"]
    assert len({n[0][1]["mac"] for n in networks}) == 3
    assert all(n == [["public_network", n[0][1]]] for n in networks)
    assert all(n[0][1]["auto_config"] is False for n in networks)


def test_what_a_machine_is_made_of(tmp_path: Path) -> None:
    seen = evaluated(tmp_path, paper_plan())
    assert seen["vm"]["box"] == "a-box"
    assert seen["vm"]["synced_folder"] == [[".", "/vagrant", {"disabled": True}]]
    assert seen["ssh"]["insert_key"] is False
    assert seen["ssh"]["private_key_path"] == [str(tmp_path / "id_ed25519")]
    machine = seen["vm"]["define worker1"]["vm"]["provider libvirt"]
    assert machine["driver"] == "qemu"
    assert machine["cpu_mode"] == "maximum"
    assert machine["memory"] == 2048
    assert machine["initrd"] == str(tmp_path / "worker1.initrd")
    assert machine["storage_pool_path"] == str(tmp_path / "pool")
    assert machine["management_network_name"] == "testbed"
    [drive] = [a[0]["value"] for a in machine["qemuargs"] if "file=" in a[0]["value"]]
    assert "readonly=on" in drive


def test_vagrant_checks_the_host_keys_that_the_lab_made(tmp_path: Path) -> None:
    seen = evaluated(tmp_path, paper_plan())["ssh"]
    assert seen["verify_host_key"] == "always"
    assert seen["config"] == str(tmp_path / "ssh_config")


def test_a_stock_box_boots_by_itself_and_is_entered_as_its_own_user(tmp_path: Path) -> None:
    seen = evaluated(tmp_path, paper_plan(), box=STOCK)
    assert (seen["vm"]["box"], seen["vm"]["box_version"]) == ("debian/bookworm64", "12.2")
    assert seen["ssh"]["username"] == "vagrant"
    # the lab's key, and everybody's for the first contact
    own, insecure = tmp_path / "id_ed25519", tmp_path / "home/insecure_private_key"
    assert seen["ssh"]["private_key_path"] == [str(own), str(insecure)]
    assert seen["ssh"]["insert_key"] is False
    assert not {"verify_host_key", "config", "sudo_command"} & seen["ssh"].keys()
    machine = seen["vm"]["define worker1"]["vm"]["provider libvirt"]
    assert not {"kernel", "initrd", "cmd_line"} & machine.keys()
    drives = [a[0]["value"] for a in machine["qemuargs"] if "file=" in a[0]["value"]]
    assert [drive.partition(",")[0] for drive in drives] == [
        f"file={tmp_path}/payload.img",
        f"file={tmp_path}/packages.img",
    ]
    assert all("readonly=on" in drive for drive in drives)
    slots = {a[0]["value"].rpartition("addr=")[2] for a in machine["qemuargs"] if "addr=" in str(a)}
    assert len(slots) == 2


def test_one_master_and_five_workers(tmp_path: Path) -> None:
    names = ["master", *(f"worker{n}" for n in range(1, 6))]
    links = [
        access("r1", name, (f"fd{n}::1020/64", f"fd{n}::1000/64"), None)
        for n, name in enumerate(names, 10)
    ]
    nodes = [
        cluster_node(name, n, f"{n}aa", f"fcdd::{n}aa:0:0:0:4", f"fcdd::{n}aa:0:0:0:6")
        for n, name in enumerate(names)
    ]
    plan = Plan(topology="one", nodes=(router(1), *nodes), links=tuple(links))
    vm = evaluated(tmp_path, plan)["vm"]
    assert vm["define"] == [["master"], *([f"worker{n}"] for n in range(1, 6))]
    networks = [vm[f"define {name}"]["vm"]["network"][0][1] for [name] in vm["define"]]
    assert [n["dev"] for n in networks] == [f"vm{n}" for n in range(6)]


def test_kvm_passes_the_processor_on(tmp_path: Path) -> None:
    seen = evaluated(tmp_path, paper_plan(), driver="kvm")
    assert seen["vm"]["define master"]["vm"]["provider libvirt"]["cpu_mode"] == "host-passthrough"


@pytest.mark.parametrize("file", [None, Path("/nonexistent/values.json")])
def test_without_a_lab_it_says_how_to_name_one(file: Path | None) -> None:
    done = evaluate(file)
    assert done.returncode == 1
    assert done.stderr == (
        'Vagrantfile: TESTBED_VAGRANT names no file; eval "$(testbed env)" sets it for a lab\n'
    )
