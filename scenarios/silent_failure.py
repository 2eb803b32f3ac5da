"""A link that stays up and loses every packet, under traffic: with BFD and without."""

from collections.abc import Callable
from math import ceil

from testbed.scenario import Check, Testbed, scenario

LINK, POLICY = ("r6", "r8"), "worker2-via-r6-r8.yaml"
SILENCES, OTHERS = 10, 3  # with BFD, and without
RATE = 1000  # packets/s
REPAIR = 50  # milliseconds after BFD has missed packets


@scenario(claims=["C7"], params={"repair": "node", "bfd": "true"}, long=True)
def silent_failure(testbed: Testbed, check: Check) -> None:
    """r6-r8 loses every packet and stays up: BFD finds out, and routers repair it at once."""
    testbed.inject(POLICY)
    testbed.wait_chosen("worker1", "worker2", 4, "bgp")
    found = outages(testbed, SILENCES, lambda: wait_ready(testbed))
    testbed.stop(*(f"{router}.bfdd" for router in testbed.plan.router_names))
    others = outages(testbed, OTHERS, testbed.links.wait_converged)
    detection = testbed.plan.bfd.detection if testbed.plan.bfd else 0
    check.figure("ms until traffic is back, each", found)
    check.figure("ms until traffic is back, median", found[len(found) // 2])
    p95 = found[ceil(0.95 * len(found)) - 1]
    check.figure("ms until traffic is back, p95", p95, bound=detection + REPAIR)
    check.figure("ms until traffic is back, longest", found[-1])
    check.figure("without BFD, each", others)
    check.that(others[0] - found[len(found) // 2], "ms that BFD saves").is_at_least(1)


def wait_ready(testbed: Testbed) -> None:
    """Until routers watch all links, and have their backups."""
    testbed.links.wait_watched()
    testbed.links.wait_protected()


def outages(testbed: Testbed, count: int, wait: Callable[[], None]) -> list[float]:
    """How long traffic stopped each time, in milliseconds, the shortest first."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    found = []
    for _ in range(count):
        wait()
        with testbed.traffic(source, destination, rate=RATE) as stream:
            testbed.links.silence(*LINK)
            stream.flowing(count=RATE, timeout=60)
        found.append(round(stream.outage * 1000, 1))
        testbed.links.end_silence(*LINK)
    return sorted(found)
