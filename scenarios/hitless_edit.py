"""A policy is edited under traffic."""

from functools import partial

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C5"])
def hitless_edit(testbed: Testbed, check: Check) -> None:
    """1,000 packets/s while a policy changes 20 times: none is lost."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    testbed.te.inject("worker2-via-r6-r8.yaml")
    with testbed.traffic(source, destination, rate=1000) as stream:
        for turn in range(20):
            file, last = (
                ("worker2-via-r4.yaml", "fcff:4::1")
                if turn % 2 == 0
                else ("worker2-via-r6-r8.yaml", "fcff:6::1")
            )
            testbed.te.inject(file)
            testbed.wait(
                f"worker1 to use {file}",
                partial(first_segment_is, testbed, last),
            )
            stream.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)


def first_segment_is(testbed: Testbed, segment: str) -> bool:
    """Does worker1 use a list that begins with this segment?"""
    return testbed.te.first_segment("worker1", "worker2", 4) == segment
