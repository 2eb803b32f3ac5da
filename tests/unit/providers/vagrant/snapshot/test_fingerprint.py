"""A saved memory goes on with the same machines only; what is another is named."""

from __future__ import annotations

from pathlib import Path

from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.machines import Files, values
from testbed.providers.vagrant.snapshot.fingerprint import differences, take_fingerprint
from tests.paper_plan import paper_plan

PLAN = paper_plan().model_copy(update={"backend": "vagrant"})


def facts(driver: str = "qemu", **other: str) -> dict[str, str]:
    told = values(PLAN, "lab", Box("a-box", Path("/b")), driver, Files(Path("/f")))
    chosen = {"box": "a-box of today", "programs": "payload-1", "qemu": "7.2.22", **other}
    return take_fingerprint(told, **chosen)


def test_the_same_machines_have_no_difference() -> None:
    assert differences(facts(), facts()) == []
    assert set(facts()) >= {"box", "driver", "QEMU", "machine master", "machine worker2"}


def test_each_thing_that_is_another_is_named() -> None:
    assert differences(facts(), facts(qemu="8.0.0")) == ["QEMU: 7.2.22 → 8.0.0"]
    assert differences(facts(), facts(programs="payload-2")) == [
        "programs of the machines: payload-1 → payload-2"
    ]
    assert differences(facts(), facts(box="a-box of tomorrow")) == [
        "box: a-box of today → a-box of tomorrow"
    ]
    assert "driver: TCG → KVM" in differences(facts(), facts("kvm"))


def test_what_is_new_and_what_is_gone_is_said_too() -> None:
    fewer = {k: v for k, v in facts().items() if k != "machine worker2"}
    [gone] = differences(facts(), fewer)
    [new] = differences(fewer, facts())
    assert gone.startswith("machine worker2: ") and gone.endswith(" → none")
    assert new.startswith("machine worker2: none → ")
