"""Every agent is killed under traffic."""

from functools import partial

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C2", "C5"])
def agent_restart(testbed: Testbed, check: Check) -> None:
    """kill -9 of every agent under 1,000 packets/s each way: none is lost, the state stays."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    names = [node.name for node in testbed.nodes()]
    testbed.te.inject("worker2-via-r6-r8.yaml")
    testbed.te.wait_chosen("worker1", "worker2", 4, "bgp")
    before = {name: state(testbed, name) for name in names}
    forth = testbed.traffic(source, destination, rate=1000)
    back = testbed.traffic(destination, source, rate=1000, family=6)
    with forth, back:
        for name in names:
            last = testbed.nodes.status(name).generation
            testbed.programs.kill(f"{name}.agent")
            testbed.wait(
                f"{name}'s agent to have everything in place again",
                partial(is_settled, testbed, name, last),
            )
        forth.flowing()
        back.flowing()
    for stream, way in ((forth, "to worker2"), (back, "back")):
        check.that(stream.lost, f"packets lost of {stream.sent} {way}").equals(0)
    for name in names:
        check.that(state(testbed, name), f"state of {name}").equals(before[name])
    testbed.path(source, destination, family=4).uses_segments("r6", "r8")
    testbed.path(destination, source, family=6).is_best_effort()


def is_settled(testbed: Testbed, node: str, last: int) -> bool:
    """Has the agent looked at everything since `last`, and is nothing left to do?"""
    status = testbed.nodes.status(node)
    return status.generation > last and status.ready


def state(testbed: Testbed, node: str) -> dict[str, object]:
    """What forwards, and what was decided."""
    status = testbed.nodes.status(node)
    said = (status.policies, status.local_sids, status.blocks, status.te_mode)
    return {"routes": testbed.nodes.routes(node), "decided": said}
