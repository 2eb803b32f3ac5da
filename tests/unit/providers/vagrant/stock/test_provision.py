"""Which boxes can be made nodes."""

from __future__ import annotations

import pytest

from testbed.errors import MachineUnfit
from testbed.providers.vagrant.stock.provision import same


def test_a_box_of_this_machines_release() -> None:
    same("worker1", "debian bookworm amd64", "debian bookworm amd64")


@pytest.mark.parametrize(
    "found", ["debian trixie amd64", "ubuntu noble amd64", "debian bookworm arm64", "alpine  "]
)
def test_another_is_named_with_what_is_wanted(found: str) -> None:
    with pytest.raises(MachineUnfit) as error:
        same("worker1", found, "debian bookworm amd64")
    assert error.value.exit_code == 4
    assert found in str(error.value) and "debian bookworm amd64" in str(error.value)
