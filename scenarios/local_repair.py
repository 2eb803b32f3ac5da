"""Links and a router cut under traffic, with local repair and without."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil

from testbed.scenario import Check, Testbed, scenario

CUTS = 10  # of each kind, with and without repair
RATE = 1000  # packets/s
MEDIAN, P95 = 5, 50  # milliseconds
# What is cut, and the policy whose packets that stops. r3 cannot reach r4 by another next hop
# alone, as r2 would send packets back: that cut needs a repair list.
LINKS = {("r6", "r8"): "worker2-via-r6-r8.yaml", ("r3", "r4"): "worker2-via-r4.yaml"}
ROUTER, BEHIND_IT = "r4", "worker2-via-r6-r8.yaml"


@dataclass(frozen=True)
class Cut:
    """Something to cut and mend, and the policy that leads traffic there."""

    cut: Callable[[], None]
    mend: Callable[[], None]
    policy: str


@scenario(claims=["C7"], params={"repair": "node"}, long=True)
def local_repair(testbed: Testbed, check: Check) -> None:
    """r6-r8, r3-r4 and the router r4 are cut again and again under traffic: routers repair that."""
    repaired = outages(testbed, testbed.links.wait_protected)
    testbed.stop("repair")
    others = outages(testbed, lambda: None)
    for kind, each in repaired.items():
        check.figure(f"{kind}: ms until traffic is back, each", each)
        check.figure(f"{kind}: ms until traffic is back, median", at(each, 0.5), bound=MEDIAN)
        check.figure(f"{kind}: ms until traffic is back, p95", at(each, 0.95), bound=P95)
        check.figure(f"{kind}: ms until traffic is back, longest", each[-1])
        check.figure(f"{kind}: without repair, each", others[kind])
        check.figure(f"{kind}: without repair, median", at(others[kind], 0.5))
        saved = at(others[kind], 0.5) - at(each, 0.5)
        check.that(saved, f"{kind}: ms that repair saves").is_at_least(1)


def outages(testbed: Testbed, wait: Callable[[], None]) -> dict[str, list[float]]:
    """Kind of cut → how long each stopped traffic, in milliseconds, the shortest first."""
    links = testbed.links
    of_links = [
        Cut(partial(links.cut, a, b), partial(links.mend, a, b), policy)
        for (a, b), policy in LINKS.items()
    ]
    of_router = Cut(
        partial(links.cut_router, ROUTER), partial(links.mend_router, ROUTER), BEHIND_IT
    )
    return {
        "link": cut_in_turns(testbed, of_links, wait),
        "router": cut_in_turns(testbed, [of_router], wait),
        "link that was just mended": cut_in_turns(testbed, of_links[:1], lambda: None),
    }


def cut_in_turns(testbed: Testbed, cuts: list[Cut], wait: Callable[[], None]) -> list[float]:
    """Cut each again and again under traffic; `wait` comes before each cut."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    found = []
    for one in cuts:
        testbed.inject(one.policy)
        testbed.wait_chosen("worker1", "worker2", 4, "bgp")
        for _ in range(CUTS // len(cuts)):
            wait()
            with testbed.traffic(source, destination, rate=RATE) as stream:
                one.cut()
                stream.flowing(count=RATE, timeout=120)
            found.append(round(stream.outage * 1000, 1))
            one.mend()
    return sorted(found)


def at(values: list[float], share: float) -> float:
    """The value that this share of the sorted values does not exceed."""
    return values[ceil(share * len(values)) - 1]
