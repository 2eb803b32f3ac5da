"""A Service's servers are replaced by a new version."""

from testbed.scenario import Check, Testbed, scenario


@scenario(claims=["C6"], needs=["kubernetes"])
def rolling_update(testbed: Testbed, check: Check) -> None:
    """A Deployment rolls under requests while TE steers them: none fails, in either family."""
    web = testbed.kube.deploy("web", replicas=3)
    service = testbed.kube.service(web)
    client = testbed.pod("worker1")
    testbed.te.mode("configmap")
    testbed.te.apply("configmaps.yaml")
    four, six = (testbed.http.requests(client, service.addresses[f]) for f in (4, 6))
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "configmap")
    with four, six:
        web = testbed.kube.roll(web, "2")
        four.flowing()
        six.flowing()
    far = next(server for server in testbed.kube.servers(web) if server.node == "worker2")
    for family, requests in ((4, four), (6, six)):
        testbed.path(client, far, family).uses_segments("r6", "r8")
        of = f"IPv{family} requests, {requests.sent} in all"
        check.that(requests.failures, f"failures of {of}").is_empty()
        check.that(sorted(requests.versions), f"versions that answered {of}").equals(["1", "2"])
        now = {answer.version for answer in testbed.http.ask(client, service.addresses[family])}
        check.that(now, f"versions that answer IPv{family} now").equals({"2"})
    check.figure("requests", four.sent + six.sent)
