"""Machines of a stock box made what those of our own are: first the keys, then all the rest."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import run
from testbed.paths import TEMPLATES
from testbed.providers.vagrant.box.box import packages
from testbed.providers.vagrant.box.distribution import of_this_machine
from testbed.providers.vagrant.guest.payload import PYTHON
from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.machines import PACKAGES, STOCK_USER, Files, Machine
from testbed.providers.vagrant.stock.first_contact import FirstContact

MARK = "/etc/testbed/provisioned"  # in a guest: all is done
LIMIT = 600.0  # seconds without a word; apt in software emulation
_WHAT_IT_IS = '. /etc/os-release; echo "$ID $VERSION_CODENAME $(dpkg --print-architecture)"'


def provision(machines: Sequence[Machine], files: Files) -> None:
    """Provision those that are not yet, all at once; they answer by SSH. Raises TestbedError."""
    wanted = _this_machine()
    with ThreadPoolExecutor(len(machines)) as pool:
        list(pool.map(lambda machine: _provision_machine(machine, files, wanted), machines))


def _provision_machine(machine: Machine, files: Files, wanted: str) -> None:
    guest = Guest(machine, files)
    try:
        if not _is_ours(guest):
            secure(machine, files)
        if guest.run(["test", "-e", MARK], check=False).returncode != 0:
            same(machine.name, guest.run(["sh", "-c", _WHAT_IT_IS]).stdout.strip(), wanted)
            _complete_machine(machine, guest)
    finally:
        guest.close()


def _is_ours(guest: Guest) -> bool:
    """Does the lab's key open it, and is its host key the one that the lab made?"""
    try:
        guest.run(["true"])
    except TestbedError:
        return False
    return True


def secure(machine: Machine, files: Files) -> None:
    """The first contact. Raises TestbedError."""
    contact = FirstContact(machine, files)
    script = (TEMPLATES / "stock/secure").read_text()
    try:
        contact.run(
            ["sudo", "-n", "sh", "-c", script, "secure", STOCK_USER],
            stdin=files.seed(machine.name).read_bytes(),
        )
    except TestbedError as error:
        raise _unfit_box(machine, error) from None
    finally:
        contact.close()


def same(name: str, found: str, wanted: str) -> None:
    """Distribution, release and architecture have to be this machine's. Raises MachineUnfit."""
    if found != wanted:
        raise MachineUnfit(
            f"{name}: the box is {found}",
            why=f"this machine is {wanted}, and gives its guests its own packages",
            fix="a box of the same release; without --box, `up` makes one",
        )


def _complete_machine(machine: Machine, guest: Guest) -> None:
    script = (TEMPLATES / "stock/provision").read_text()
    disk = f"/dev/disk/by-id/virtio-{PACKAGES}"
    words = [machine.name, machine.mac, machine.port, disk, PYTHON, MARK, *packages()]
    try:
        guest.run(["sh", "-c", script, "provision", *words], timeout=LIMIT)
    except TestbedError as error:
        raise _unfit_box(machine, error) from None


def _unfit_box(machine: Machine, error: TestbedError) -> TestbedError:
    return MachineUnfit(
        f"{machine.name}: the box cannot be made a node",
        why=(error.why or error.what)[-1000:],
        fix="another box; without --box, `up` makes one",
    )


def _this_machine() -> str:
    here = of_this_machine()
    architecture = run(["dpkg", "--print-architecture"]).stdout.strip()
    return f"{here.name} {here.suite} {architecture}"
