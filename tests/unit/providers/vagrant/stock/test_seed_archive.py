"""What a machine of a stock box is given, and how."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from testbed.paths import TEMPLATES
from testbed.providers.vagrant.guest.keys import new_key
from testbed.providers.vagrant.guest.seed import seed
from testbed.providers.vagrant.machines import machines
from testbed.providers.vagrant.stock.seed_archive import as_tar, seed_entries
from tests.paper_plan import paper_plan

PLAN = paper_plan().model_copy(update={"backend": "vagrant", "box": "debian/bookworm64"})
MACHINE, KEY = machines(PLAN)[1], new_key()
GIVEN = seed_entries(PLAN, MACHINE, KEY, "ssh-ed25519 AAAA")


def test_it_is_what_a_machine_of_our_own_box_is_given_but_for_the_first_interface() -> None:
    ours = {
        p.removeprefix("seed/"): e for p, e in seed(PLAN, MACHINE, KEY, "ssh-ed25519 AAAA").items()
    }
    missing = ours.keys() - GIVEN.keys()
    assert missing == {"etc/systemd/network/10-management.link"}
    assert all(GIVEN[path] == entry for path, entry in ours.items() if path not in missing)


def test_the_boxs_own_disks_and_addresses_stay() -> None:
    assert not {"etc/fstab", "etc/resolv.conf", "etc/network/interfaces"} & GIVEN.keys()
    assert not any("management" in path for path in GIVEN)


def test_sshd_heeds_ours_before_what_the_box_has() -> None:
    [name] = [path for path in GIVEN if "sshd_config.d" in path]
    assert name < "etc/ssh/sshd_config.d/50-cloud-init.conf"
    lines = GIVEN[name].content.decode().splitlines()
    assert {"PasswordAuthentication no", "AllowUsers root vagrant"} <= set(lines)


def test_nothing_else_configures_the_port() -> None:
    for path in ("etc/systemd/network/05-port.network", "etc/NetworkManager/conf.d/testbed.conf"):
        assert MACHINE.mac in GIVEN[path].content.decode()


def test_what_the_port_had_before_it_got_its_name_is_set_too() -> None:
    sysctls = GIVEN["etc/sysctl.d/90-testbed.conf"].content.decode().splitlines()
    assert f"net/ipv4/conf/{MACHINE.port}/rp_filter=0" in sysctls
    assert f"net/ipv6/conf/{MACHINE.port}/seg6_enabled=1" in sysctls


def test_the_archive_keeps_kinds_modes_and_content() -> None:
    with tarfile.open(fileobj=io.BytesIO(as_tar(GIVEN))) as tar:
        entries = {entry.name: entry for entry in tar}
        key = entries["etc/ssh/ssh_host_ed25519_key"]
        file = tar.extractfile(key)
        assert file is not None and file.read().decode() == KEY.private
    assert key.mode == 0o600 and key.uid == 0
    assert entries["root/.ssh"].isdir() and entries["root/.ssh"].mode == 0o700
    link = entries["etc/systemd/system/multi-user.target.wants/testbed-network.service"]
    assert link.issym() and link.linkname == "../testbed-network.service"
    assert entries.keys() == GIVEN.keys()


@pytest.mark.parametrize("name", ["secure", "provision"])
def test_scripts_are_read_by_the_guests_shell(name: str) -> None:
    shell = shutil.which("dash") or "sh"
    script: Path = TEMPLATES / "stock" / name
    subprocess.run([shell, "-n", str(script)], check=True)
