"""The way to a Service and back, before and after a change of policy."""

from testbed.scenario import Check, Testbed, scenario

# By policy file: waypoints from the client's node to the server's, and back.
WAYS = {
    "all-paths.yaml": (("r6", "r8"), ("r4", "r3")),
    "service-path-changed.yaml": (("r2", "r7"), ("r7",)),
}


@scenario(claims=["C1", "C5"], needs=["kubernetes"])
def service_path(testbed: Testbed, check: Check) -> None:
    """What goes to a ClusterIP takes the policy's path, answers theirs, and both follow a change.

    Answers have the client's address as destination, which nothing translates: worker2 steers them
    as what the server sends to the client by itself.
    """
    client, web = testbed.pod("worker1"), testbed.kube.serve("worker2")
    for file, (there, back) in WAYS.items():
        testbed.te.inject(file)
        for family, address in web.addresses.items():
            answers = testbed.http.ask(client, address)
            clients = {answer.client for answer in answers}
            own = testbed.address(client, family)
            check.that(clients, f"IPv{family} clients as the server sees them").equals({own})
            testbed.path(client, web.server, family, through=address).uses_segments(*there)
            testbed.path(web.server, client, family).uses_segments(*back)
