"""Virtual machines of a plan: what stands in place of a namespace, and what Vagrant is told."""

from __future__ import annotations

from pathlib import Path

from testbed.backbone.ports import port_end
from testbed.providers.registry import provider_of
from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.guest.keys import new_key
from testbed.providers.vagrant.guest.seed import seed
from testbed.providers.vagrant.machines import Files, cpus, machines, values
from testbed.render import network
from tests.paper_plan import paper_plan

PLAN = paper_plan()
VIRTUAL = PLAN.model_copy(update={"backend": "vagrant"})


def test_each_port_is_a_bridge_with_the_routers_veth() -> None:
    lines = provider_of(VIRTUAL).wire(VIRTUAL).splitlines()
    assert provider_of(PLAN).wire(PLAN) == ""
    assert "link add dev vm0-port mtu 1500 type veth peer name r3-master mtu 1500 netns r3" in lines
    assert "link set dev vm0-port master vm0 addrgenmode none up" in lines
    assert "master" not in network.namespaces(VIRTUAL)
    assert "r3-master" not in network.links(VIRTUAL)
    assert "r3-master" in network.links(PLAN)


def test_where_a_port_is_cut() -> None:
    port = PLAN.uplink("worker2").end("worker2")
    assert port_end(PLAN, port) == ("worker2", port.interface)
    assert port_end(VIRTUAL, port) == (None, "vm2-port")
    assert VIRTUAL.vantage("worker2") == "r8"
    assert PLAN.vantage("worker2") == "worker2"


def test_addresses_are_told_apart() -> None:
    found = machines(VIRTUAL)
    assert len({m.address for m in found}) == len({m.mac for m in found}) == 3
    assert not {m.mac for m in found} & {m.management_mac for m in found}
    told = values(VIRTUAL, "lab", Box("b", Path("/b")), "qemu", Files(Path("/f")))
    assert [m["name"] for m in told["machines"]] == ["master", "worker1", "worker2"]
    assert told["prefix"] == "lab_"


def test_emulated_machines_do_not_have_more_processors_than_the_host_can_run() -> None:
    assert cpus("kvm", 3, 2) == 2
    assert cpus("qemu", 3, 2) == cpus("qemu", 3, 4) == 1
    assert cpus("qemu", 3, 8) == 2


def test_a_guest_is_given_what_a_namespace_gets_and_its_own_keys() -> None:
    machine, key = machines(VIRTUAL)[1], new_key()
    given = seed(VIRTUAL, machine, key, "ssh-ed25519 AAAA")
    node = VIRTUAL.node("worker1")
    assert given["seed/etc/testbed/network.batch"].content.decode() == network.node(VIRTUAL, node)
    sysctls = given["seed/etc/sysctl.d/90-testbed.conf"].content.decode()
    assert "net/ipv6/conf/all/seg6_enabled=1\n" in sysctls
    assert given["seed/root/.ssh/authorized_keys"].mode & 0o777 == 0o600
    assert given["seed/etc/ssh/ssh_host_ed25519_key"].mode & 0o777 == 0o600
    assert key.private in given["seed/etc/ssh/ssh_host_ed25519_key"].content.decode()
    assert "PRIVATE" not in repr(key)
    link = given["seed/etc/systemd/network/10-uplink.link"].content.decode()
    assert f"MACAddress={machine.mac}" in link and f"Name={machine.port}" in link
