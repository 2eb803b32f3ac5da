"""What `validate` says of a plan's structure: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

STRUCTURE = "testbed/plan/checks/structure.py: "

CASES = {
    "no router": Mended(
        STRUCTURE + "self.addRouter('r1')", "", "pass", "self.addRouter('r1')", two="pass\n"
    ),
    "not connected": Mended(
        STRUCTURE + "self.addLink({routers[0]}, {router.name})",
        'self.addRouter("r3")',
        'self.addRouter("r3")',
        'self.addRouter("r3"); FIX',
    ),
    "no link": Mended(
        STRUCTURE + "self.addLink({plan.routers[0].name}, {name})",
        'self.addHost("h")',
        'self.addHost("h")',
        'self.addHost("h"); FIX',
    ),
    "two links": Mended(
        STRUCTURE + "leave {name} one link, to a router",
        'h = self.addHost("h"); self.addLink(r1, h); self.addLink(r2, h)',
        "; self.addLink(r2, h)",
        "",
    ),
    "two control planes": Mended(
        STRUCTURE + "leave it out at one of them",
        'self.addLink(r1, self.addClusterNode("a", control_plane=True))\n'
        'self.addLink(r2, self.addClusterNode("b", control_plane=True))',
        ", control_plane=True",
        "",
    ),
    "a late control plane": Mended(
        STRUCTURE + "leave joins_later out, or give another cluster node control_plane=True",
        'self.addLink(r1, self.addClusterNode("a", control_plane=True, joins_later=True))',
        ", joins_later=True",
        "",
    ),
    "no control plane": Mended(
        STRUCTURE + "leave control_plane=False out",
        'self.addLink(r1, self.addClusterNode("a", control_plane=False))',
        ", control_plane=False",
        "",
    ),
    "one injector too many": Mended(
        "testbed/plan/checks/limits.py: leave out {len(nodes[role]) - most} of them",
        '[self.addLink(r1, self.addInjector(f"g{n}")) for n in range(11)]',
        "range(11)",
        "range(10)",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
