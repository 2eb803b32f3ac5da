"""What `validate` says of options: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

OPTIONS = "testbed/topology/options.py: "
KNOWN = "known here: {', '.join(sorted(known - {'isRouter', 'isSwitch'})) or 'none'}"

CASES = {
    "a hub": Mended(
        OPTIONS + "self.addSwitch({name})",
        'self.addHub("s1"); self.addLink(r1, "s1"); self.addLink("s1", self.addHost("h"))',
        "addHub",
        "addSwitch",
    ),
    "a data centre": Mended(
        OPTIONS + "a data centre's prefix is always in IS-IS: leave advertised out",
        'self.addLink(r1, self.addHost("h", data_centre=True, advertised=False))',
        ", advertised=False",
        "",
    ),
    "upper case": Mended(
        OPTIONS + "rename it, e.g. to {label}",
        'self.addLink(r1, self.addHost("UPPER"))',
        "UPPER",
        "upper",
    ),
    "no letter": Mended(
        OPTIONS + "rename it", 'self.addLink(r1, self.addHost("42"))', '"42"', '"h42"'
    ),
    "a pod's name": Mended(
        OPTIONS + "rename it: no node's name begins with 'pod-'",
        'self.addLink(r1, self.addHost("pod-h"))',
        "pod-h",
        "h",
    ),
    "metrics of ends": Mended(
        OPTIONS + "give the link one igp_metric, and its ends (params1, params2) none",
        'self.addLink(r1, r2, params1={"igp_metric": 7}, params2={"igp_metric": 10})',
        'params1={"igp_metric": 7}, params2={"igp_metric": 10}',
        "igp_metric=10",
    ),
    "an option of the link": Mended(
        OPTIONS + "give it to the link: it is for both directions; {listed}",
        'self.addLink(r1, r2, params1={"mtu": 1400})',
        'params1={"mtu": 1400}',
        "mtu=1400",
    ),
    "a misspelt option": Mended(
        OPTIONS + "did you mean {close[0]}? {listed}",
        "self.addLink(r1, r2, igp_metrik=10)",
        "igp_metrik",
        "SUGGESTED",
    ),
    "an option of nobody": Mended(OPTIONS + KNOWN, "self.addLink(r1, r2, zzz=10)", ", zzz=10", ""),
    "an option of Mininet": Mended(
        OPTIONS + "remove it; {listed}",
        'self.addRouter("r3", config=1); self.addLink(r1, "r3")',
        ", config=1",
        "",
    ),
    "a bad value": Mended(
        OPTIONS + "correct {key}", "self.addLink(r1, r2, delay=5)", "delay=5", "delay='5ms'"
    ),
    "what path computation is told of a host's link": Mended(
        "testbed/plan/checks/links.py: leave them out",
        'self.addLink(r1, self.addHost("h"), affinity="gold", te_delay="1ms")',
        ', affinity="gold", te_delay="1ms"',
        "",
    ),
    "an option of the plan": Mended(
        "testbed/topology/plan_options.py: {name} is {meaning}",
        "self.te_mode = 'both'",
        "both",
        "bgp",
    ),
    "how BFD is to be, without BFD": Mended(
        "testbed/topology/plan_options.py: set bfd = True, or leave {name} out",
        "self.bfd_interval = 50",
        "self.bfd_interval = 50",
        "self.bfd = True; self.bfd_interval = 50",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
