"""The plan with the shaping that its links have now."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from testbed.backbone import links_now
from testbed.plan.model import Shaping
from tests.paper_plan import paper_plan

SHOWN = {
    "tc -n r3 qdisc show": "qdisc htb 5: dev r3-r4 root refcnt 9 r2q 10\n",
    "tc -n r3 class show dev r3-r4": "class htb 5:1 root prio 0 rate 3Mbit ceil 3Mbit\n",
    "tc -n r5 qdisc show": "qdisc netem 10: dev r5-r6 root refcnt 9 limit 1000 delay 2ms\n",
}


def test_each_link_is_as_its_first_end_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(command: Sequence[str]) -> SimpleNamespace:
        asked.append(" ".join(command))
        return SimpleNamespace(stdout=SHOWN.get(asked[-1], ""))

    monkeypatch.setattr(links_now, "run", run)
    plan = paper_plan()
    links = {link.a.interface: link for link in plan.links}
    was = links["r6-r8"].model_copy(update={"shaping": Shaping(delay="9ms")})
    plan = plan.model_copy(
        update={"links": tuple(was if x == links["r6-r8"] else x for x in plan.links)}
    )
    shaped = {
        link.a.interface: link.shaping
        for link in links_now.as_shaped_now(plan).links
        if link.shaping.any
    }
    assert shaped == {"r3-r4": Shaping(bandwidth=3), "r5-r6": Shaping(delay="2ms")}
    assert len(asked) == len(set(asked))
