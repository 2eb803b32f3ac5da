"""A pool's overlay is changed while its pods talk."""

from testbed.scenario import Check, Testbed, scenario

POOLS = {4: "switched-v4", 6: "switched-v6"}  # by family


@scenario(claims=["C9"], needs=["kubernetes", "vxlan"])
def overlay_switch(testbed: Testbed, check: Check) -> None:
    """1,000 packets/s go on while their pool goes from VXLAN to SRv6, to routes, and to VXLAN."""
    testbed.pools.add(POOLS[4], "172.18.0.0/16", "vxlan")
    testbed.pools.add(POOLS[6], "fdfb:af47:32b0::/48", "vxlan")
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    for family, pool in POOLS.items():
        before = "vxlan"
        testbed.path(source, destination, family).is_tunnelled("vxlan")
        for overlay in ("srv6", "routed", "vxlan"):
            with testbed.traffic(source, destination, rate=1000, family=family) as stream:
                testbed.pools.switch(pool, overlay)
                stream.flowing()
                testbed.path(source, destination, family).is_carried_by(overlay)
            turn = f"IPv{family}, {before} to {overlay}"
            check.figure(f"{turn}: packets lost of {stream.sent}", stream.lost)
            check.figure(f"{turn}: longest gap (ms)", round(stream.longest_gap * 1000, 1))
            before = overlay
