"""The API server and etcd are away for a while."""

from time import monotonic

from testbed.scenario import Check, Pod, Testbed, scenario

RATE = 500  # packets per second
# Kubernetes' own programs try again ever more seldom: after a long outage once in 30 to 60 s.
PATIENCE = 90


@scenario(claims=["C5", "C6"], needs=["kubernetes"])
def control_plane_outage(testbed: Testbed, check: Check, seconds: int = 60) -> None:
    """API server and etcd are away: traffic, TE and pods go on; later changes are picked up."""
    source, destination = testbed.pod("worker1"), testbed.pod("worker2")
    service = testbed.kube.service(testbed.kube.deploy("web", node="worker2"))
    testbed.te.inject("worker2-via-r4.yaml")
    testbed.te.wait_chosen("worker1", "worker2", 4, "bgp")
    running = testbed.kube.containers()
    requests = testbed.http.requests(source, service.addresses[4])
    with testbed.traffic(source, destination, rate=RATE) as stream, requests:
        testbed.programs.stop("master.kube-apiserver", "master.etcd")
        check.that(testbed.kube.api_answers(), "whether the API server answers").equals(False)
        testbed.path(source, destination, family=4).uses_segments("r4")
        testbed.path(source, destination, family=6).is_best_effort()
        testbed.te.inject("worker2-via-r6-r8.yaml")
        testbed.path(source, destination, family=4).uses_segments("r6", "r8")
        stream.flowing(count=stream.rate * seconds, timeout=2 * seconds + 30)
        testbed.programs.start("master.etcd", "master.kube-apiserver")
        later_changes_are_picked_up(testbed, check, source, destination)
        requests.flowing()
    check.that(stream.lost, f"packets lost of {stream.sent}").equals(0)
    check.that(requests.failures, f"failures of {requests.sent} requests").is_empty()
    now = testbed.kube.containers()
    still = {pod: containers for pod, containers in now.items() if pod in running}
    check.that(still, "containers, since when and how often").equals(running)


def later_changes_are_picked_up(
    testbed: Testbed, check: Check, source: Pod, destination: Pod
) -> None:
    """By agents, controllers, scheduler, kubelets, kube-proxies and CoreDNS."""
    begun = monotonic()
    testbed.te.mode("configmap")
    testbed.te.apply("configmaps.yaml")
    for family in (4, 6):
        testbed.te.wait_chosen("worker1", "worker2", family, "configmap")
    check.figure("seconds until TE followed", round(monotonic() - begun, 1))
    for family in (4, 6):
        testbed.path(source, destination, family).uses_segments("r6", "r8")
    for name in [node.name for node in testbed.nodes()]:
        service = testbed.kube.service(testbed.kube.deploy(f"late-{name}", node=name))
        testbed.http.ask(name, service.addresses[6], patience=PATIENCE)
        testbed.dns.wait_resolved(source, service.dns_name, service.addresses[6], PATIENCE)
    check.figure("seconds until Services and names followed", round(monotonic() - begun, 1))
