"""What a lab's machines are made of, in words: a saved memory goes on with the same only. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.providers.vagrant.machines import MachineValues, Values

# Changed when a snapshot's parts come to mean something else.
FORMAT = "1"


def take_fingerprint(values: Values, box: str, programs: str, qemu: str) -> dict[str, str]:
    """By name. `values` as the Vagrantfile reads them; the rest says which of its kind."""
    emulated = values["driver"] == "qemu"
    return {
        "format": FORMAT,
        "box": box,
        "programs of the machines": programs,
        "driver": "TCG" if emulated else "KVM",
        "QEMU": qemu,
        **{f"machine {m['name']}": _describe_machine(m) for m in values["machines"]},
    }


def _describe_machine(machine: MachineValues) -> str:
    return f"{machine['cpus']} × CPU, {machine['memory']} MB"


def differences(saved: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """In words, what is another now than it was."""
    absent = "none"
    return [
        f"{name}: {saved.get(name, absent)} → {now.get(name, absent)}"
        for name in dict.fromkeys([*saved, *now])
        if saved.get(name) != now.get(name)
    ]
