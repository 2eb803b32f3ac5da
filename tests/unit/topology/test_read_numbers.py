"""Numbers are read against each other: each problem at its line, and what can work does."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.identifiers import bgp_identifiers, network_entity_title
from testbed.plan.model import Port
from testbed.topology.load import load_plan
from tests.unit.topology.topology_file import (
    TWO,
    assert_one_finding,
    plan_of,
    problems_of,
    write,
)

NODE = 'self.addLink(r1, self.addHost("n", cluster=True{}))'

ONE_FINDING = {
    "self-loop": ("self.addLink(r2, r2)", 6, "r2-r2", "both ends of the link are on one node"),
    "no prefix length": (
        'self.addLink(r1, self.addHost("h", ip="10.5.0.1"))',
        6,
        "h",
        "it has no subnet: give its prefix length",
    ),
    "one address of /128": (
        'self.addLink(r1, self.addHost("h", ip="2001:db8::1/128"))',
        6,
        "h",
        "it has no subnet",
    ),
    "network address": (
        'self.addLink(r1, self.addHost("h", ip="10.5.0.0/24"))',
        6,
        "h",
        "it is the subnet's address",
    ),
    "anycast address": (
        'self.addLink(r1, self.addHost("h", ip="2001:db8::/64"))',
        6,
        "h",
        "it is the subnet's anycast address",
    ),
    "broadcast address": (
        'self.addLink(r1, self.addHost("h", ip="10.5.0.255/24"))',
        6,
        "h",
        "broadcast",
    ),
    "more parallel links than isisd uses": (
        "for _ in range(64): self.addLink(r1, r2)",
        6,
        "r1-r2",
        "65 parallel links: isisd uses 64 at most",
    ),
    "a pool of SIDs over others": (
        NODE.format(", sid_pool='fe00::/8'"),
        6,
        "n",
        "it overlaps link-local addresses (fe80::/10)",
    ),
    "multicast": ('self.addLink(r1, self.addHost("h", ip="ff05::1/64"))', 6, "h", "multicast"),
    "link-local": ('self.addLink(r1, self.addHost("h", ip="fe80::1/64"))', 6, "h", "link-local"),
    "loopback": ('self.addLink(r1, self.addHost("h", ip="127.0.0.2/8"))', 6, "h", "loopback"),
    "zone": ('self.addLink(r1, self.addHost("h", ip="2001:db8::1%x/64"))', 6, "h", "zone"),
    "zone of a loopback": (
        'self.addLink(r1, self.addRouter("r3", lo_addresses="2001:db8::1%x"))',
        6,
        "r3",
        "zone",
    ),
    "mapped": ('self.addLink(r1, self.addHost("h", ip="::ffff:1.2.3.4/64"))', 6, "h", "mapped"),
    "reserved": ('self.addLink(r1, self.addHost("h", ip="250.0.0.1/24"))', 6, "h", "reserved"),
    "number as address": ('self.addLink(r1, self.addHost("h", ip=[5]))', 6, "h", "no text"),
    "subnet on a loopback": (
        'self.addLink(r1, self.addRouter("r3", lo_addresses=["2001:db8::1/64"]))',
        6,
        "r3",
        "write 2001:db8::1/128",
    ),
    "two subnets of one link": (
        'self.addLink(r1, self.addHost("h"), params1={"ip": "2001:db8:1::1/64"}, '
        'params2={"ip": "2001:db8:2::1/64"})',
        6,
        "r1-h",
        "the ends are in different subnets",
    ),
    "no room for the other end": (
        'self.addLink(r1, self.addHost("h", ip=["10.5.0.1/30", "10.5.0.2/30"]))',
        6,
        "r1-h",
        "no address is left in the subnet of 10.5.0.1/30 on h for r1",
    ),
    "one address twice": (
        'self.addLink(r1, self.addHost("h", ip=["2001:db8::2/64", "2001:db8::2/48"]))',
        6,
        "h h-r1",
        "address 2001:db8::2 is given twice",
    ),
    "subnet in another": (
        'self.addLink(r1, self.addHost("a", ip="2001:db8::2/48"))\n'
        'self.addLink(r2, self.addHost("b", ip="2001:db8:0:7::2/64"))',
        7,
        "r2-b",
        "subnet 2001:db8:0:7::/64 overlaps r1-a's subnet 2001:db8::/48",
    ),
    "loopback in a subnet": (
        'self.addLink(r1, self.addRouter("r3", lo_addresses="2001:db8::77"))\n'
        'self.addLink(r1, self.addHost("a", ip="2001:db8::7/64"))',
        7,
        "r1-a",
        "subnet 2001:db8::/64 overlaps r3's loopback 2001:db8::77/128",
    ),
    "subnet in the pods' pool": (
        NODE.format(', ip="172.16.9.9/24"'),
        6,
        "r1-n",
        "subnet 172.16.9.0/24 overlaps pods_v4's pod pool 172.16.0.0/16",
    ),
    "SID pool in a subnet": (
        NODE.format(', ip="2001:db8::2/32", sid_pool="2001:db8:7::/64"'),
        6,
        "r1-n",
        "subnet 2001:db8::/32 overlaps n's SID pool",
    ),
    "small SID pool": (NODE.format(', sid_pool="2001:db8::/123"'), 6, "n", "/122 or a shorter"),
    "one SID": (NODE.format(', local_sids=("fcdd::aa:1",)'), 6, "n", "two addresses are needed"),
    "name of pods": ('self.addLink(r1, self.addHost("pod-a"))', 6, "pod-a", "a name for pods"),
    "device of the agent": (
        'self.addLink(self.addRouter("vxlan"), r1)\nself.addLink("vxlan", self.addHost("pods"))',
        7,
        "pods",
        "one of the agent's devices",
    ),
    "parallel links of unequal metric": (
        "self.addLink(r2, r1, igp_metric=11)",
        6,
        "r2-r1",
        "isisd would use both links alike",
    ),
    "bandwidth beyond Mininet's": (
        'self.addLink(r1, self.addHost("h"), bw=2000)',
        6,
        "r1-h",
        "a number from 0.001 to 1000 is needed",
    ),
    "bandwidth beyond tc's": ('self.addLink(r1, self.addHost("h"), bw=1e-9)', 6, "r1-h", "0.001"),
    "delay beyond tc's": (
        'self.addLink(r1, self.addHost("h"), delay="300s")',
        6,
        "r1-h",
        "at most 60s",
    ),
    "queue": (
        'self.addLink(r1, self.addHost("h"), max_queue_size=5)',
        6,
        "r1-h",
        "option 'max_queue_size' is unknown",
    ),
    "two control planes": (
        'for n in "ab": self.addLink(r1, self.addHost(n, cluster=True, control_plane=True))',
        6,
        "b",
        "a is the control plane",
    ),
    "late control plane": (NODE.format(", joins_later=True"), 6, "n", "cannot join later"),
    "no control plane": (NODE.format(", control_plane=False"), 6, "n", "no cluster node is"),
    "too many routers": (
        'for n in range(999): self.addLink(r1, self.addRouter(f"x{n}"))',
        6,
        "x998",
        "1001 routers, and a lab has 1000 at most",
    ),
    "too many cluster nodes": (
        'for n in range(251): self.addLink(r1, self.addHost(f"n{n}", cluster=True))',
        6,
        "n250",
        "251 cluster nodes, and a lab has 250 at most",
    ),
}


@pytest.mark.parametrize("case", ONE_FINDING)
def test_one_finding_with_its_line(tmp_path: Path, case: str) -> None:
    assert_one_finding(tmp_path, ONE_FINDING[case])


def test_paths_that_are_too_long_for_isis(tmp_path: Path) -> None:
    chain = (
        'rs = self.addRouters(*(f"r{n}" for n in range(1, COUNT)))\n'
        "for a, b in zip(rs, rs[1:]): self.addLink(a, b, igp_metric=16777214)"
    )
    assert plan_of(tmp_path, chain.replace("COUNT", "250"))
    (problem,) = problems_of(write(tmp_path, chain.replace("COUNT", "260")))
    assert problem.where == "mine.py:5"
    assert "IS-IS allows 4261412864" in problem.what


@pytest.mark.parametrize(
    ("pool", "what"),
    [
        ('pods_v4 = "172.16.0.0/30"', "has 0 blocks of a /26 for 2 cluster nodes"),
        ('pods_v4 = "172.16.0.0/26"', "has 1 blocks of a /26 for 2 cluster nodes"),
        ('pods_v6 = "fd77::/123"', "has 0 blocks of a /122"),
        ('pods_v6 = "fe80::/64"', "link-local"),
        ('pods_v6 = "ff00::/8"', "multicast"),
        ('pods_v4 = "0.0.0.0/0"', "unspecified"),
        ('pods_v4 = "64.0.0.0/2"', "it overlaps loopback addresses (127.0.0.0/8)"),
        ('pods_v6 = "fe00::/8"', "it overlaps link-local addresses (fe80::/10)"),
        ("pods_v4 = 5", "a text is needed"),
        ('pods_v6 = "cafe::/64"', "policy pool cafe::/118 overlaps pods_v6's pod pool cafe::/64"),
    ],
)
def test_pools_are_refused_at_their_line(tmp_path: Path, pool: str, what: str) -> None:
    body = TWO + 'for n, r in (("a", r1), ("b", r2)): self.addLink(r, self.addClusterNode(n))'
    file = Path(write(tmp_path, body, base="LabTopo"))
    file.write_text(file.read_text().replace("    def build", f"    {pool}\n    def build", 1))
    (problem,) = problems_of(str(file))
    assert what in problem.what
    assert problem.where == "mine.py:3"


AUTOMATIC = {
    f"{p}{n}" for p in ("10.1.0.", "fcf0:0:1:2::") for n in ("1/16", "2/16", "1/64", "2/64")
}


def ends(directory: Path, link: str) -> tuple[list[str], list[str]]:
    plan = plan_of(directory, 'r1, r2 = self.addRouters("r1", "r2")\n' + link)
    one, other = ([str(x) for x in port.addresses] for port in (plan.links[0].a, plan.links[0].b))
    return one, other


@pytest.mark.parametrize(
    ("given", "one", "other"),
    [
        ("'2001:db8::1/64'", ["2001:db8::1/64", "10.1.0.1/16"], ["2001:db8::2/64", "10.1.0.2/16"]),
        ("'2001:db8::2/64'", ["2001:db8::2/64", "10.1.0.1/16"], ["2001:db8::1/64", "10.1.0.2/16"]),
        ("'10.7.0.0/31'", ["fcf0:0:1:2::1/64", "10.7.0.0/31"], ["fcf0:0:1:2::2/64", "10.7.0.1/31"]),
        ("'2001:db8::/127'", ["2001:db8::/127", "10.1.0.1/16"], ["2001:db8::1/127", "10.1.0.2/16"]),
        (
            "('2001:db8:1::1/64', '2001:db8:2::1/64', '10.7.0.9/30')",
            ["2001:db8:1::1/64", "10.7.0.9/30", "2001:db8:2::1/64"],
            ["2001:db8:1::2/64", "10.7.0.10/30", "2001:db8:2::2/64"],
        ),
    ],
)
def test_what_is_given_at_one_end_is_completed_at_the_other(
    tmp_path: Path, given: str, one: list[str], other: list[str]
) -> None:
    assert ends(tmp_path, f"self.addLink(r1, r2, params1={{'ip': {given}}})") == (one, other)
    reverse = ends(tmp_path, f"self.addLink(r2, r1, params2={{'ip': {given}}})")
    assert [set(one) & set(reverse[1]), set(other) & set(reverse[0])] == [
        {x for x in one if x not in AUTOMATIC},
        {x for x in other if x not in AUTOMATIC},
    ]


def test_ends_use_the_subnet_that_they_share_first(tmp_path: Path) -> None:
    one, other = ends(
        tmp_path,
        "self.addLink(r1, r2, params1={'ip': ('2001:db8:1::1/64', '2001:db8:2::1/64')}, "
        "params2={'ip': '2001:db8:2::2/64'})",
    )
    assert one[0] == "2001:db8:2::1/64" and "2001:db8:1::1/64" in one
    assert other[0] == "2001:db8:2::2/64"


def port(directory: Path, host: str) -> tuple[Port, Port]:
    plan = plan_of(directory, f'r1 = self.addRouter("r1")\nself.addLink(r1, self.addHost({host}))')
    return plan.links[0].a, plan.links[0].b


def test_all_addresses_of_a_host_are_in_the_plan(tmp_path: Path) -> None:
    router, host = port(tmp_path, "'h', ip=['2001:db8:a::1/64', '2001:db8:b::2/64', '10.7.0.3/24']")
    assert list(map(str, host.addresses)) == ["2001:db8:a::1/64", "10.7.0.3/24", "2001:db8:b::2/64"]
    assert list(map(str, router.addresses)) == [
        "2001:db8:a::2/64",
        "10.7.0.1/24",
        "2001:db8:b::1/64",
    ]


def test_a_host_that_is_given_ipv4_has_ipv6_as_well(tmp_path: Path) -> None:
    for options in ("", ", cluster=True", ", injector=True"):
        router, host = port(tmp_path, f"'h', ip='10.7.0.9/24'{options}")
        assert str(host.v4) == "10.7.0.9/24" and str(router.v4) == "10.7.0.3/24"
        assert host.v6 is not None and router.v6 is not None
        assert host.v6.network == router.v6.network


def test_a_cluster_node_that_is_given_ipv6_has_no_ipv4(tmp_path: Path) -> None:
    router, host = port(tmp_path, "'n', cluster=True, ip='fd77::1000/64'")
    assert (host.v4, router.v4) == (None, None)
    assert str(router.v6) == "fd77::1020/64"


def test_all_addresses_of_a_loopback_are_in_the_plan(tmp_path: Path) -> None:
    given = ["2001:db8::1/128", "2001:db8::2", "10.9.9.1/32", "10.9.9.2/32"]
    plan = plan_of(tmp_path, f"self.addRouter('r1', lo_addresses={given})")
    found = {str(address) for address in plan.node("r1").loopbacks}
    assert found == {"2001:db8::1", "2001:db8::2", "10.9.9.1", "10.9.9.2"}
    assert all(plan.owner(address) == "r1" for address in plan.node("r1").loopbacks)


def test_automatic_addresses_avoid_those_that_are_given(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        TWO + "self.addLink(r1, self.addHost('a', ip=['10.1.7.2/24', 'fcf0:0:1:2::9/48']))\n"
        "self.addLink(r2, self.addHost('b', ip='fd00:0:12::2/64'))\n"
        "self.addLink(r1, self.addHost('c'))\nself.addLink(r2, self.addHost('h11'))\n"
        "for n in 'xy': self.addLink(r1, self.addHost(n, injector=True))",
    )
    backbone = plan.links[0]
    assert (str(backbone.a.v6), str(backbone.a.v4)) == ("fcf0:1:1:2::1/64", "100.64.0.1/24")
    subnets = [x.network for link in plan.links for x in link.a.addresses]
    assert len(set(subnets)) == len(subnets)


def test_identifiers_of_a_thousand_routers_and_250_cluster_nodes_are_unique(
    tmp_path: Path,
) -> None:
    names = "[f'r{n}' for n in (1, 2, 11, 1111, 2222)] + [f'as{n}r1' for n in range(995)]"
    plan = plan_of(
        tmp_path,
        f"rs = self.addRouters(*{names})\n"
        "for a, b in zip(rs, rs[1:]): self.addLink(a, b)\n"
        "for n in range(250):\n"
        "    ip = '10.254.0.9/30' if n == 7 else f'fd55:{n}::7/64'\n"
        "    given = {} if n % 2 else {'ip': ip}\n"
        "    self.addLink(rs[n], self.addHost(f'n{n}', cluster=True, **given))\n"
        "for n in range(10): self.addLink(rs[n], self.addHost(f'i{n}', injector=True))",
    )
    titles = {network_entity_title(router.number) for router in plan.routers}
    assert len(titles) == 1000
    assert len(set(bgp_identifiers(plan).values())) == 510  # with a router per cluster node
    assert len({node.cluster.sid_pool for node in plan.cluster if node.cluster}) == 250
    interfaces = [(p.node, p.interface) for link in plan.links for p in (link.a, link.b)]
    assert len(set(interfaces)) == len(interfaces)


def test_system_ids() -> None:
    assert network_entity_title(1) == "47.0001.1111.1111.1111.00"
    assert network_entity_title(12) == "47.0001.0012.0012.0012.00"
    assert network_entity_title(1111) == "47.0001.1111.1111.0000.00"
    assert len({network_entity_title(n) for n in range(1, 10000)}) == 9999


@pytest.mark.parametrize(
    ("params", "what", "fix"),
    [
        ({"rows": "0"}, "0 x 3 is no grid", "--set rows=3"),
        ({"rows": "-1"}, "-1 x 3 is no grid", "--set rows=3"),
        ({"rows": "²"}, "--set rows=²: a whole number is needed", "--set rows=3"),
        ({"rows": "three"}, "--set rows=three: a whole number is needed", "--set rows=3"),
        ({"rows": "999999999"}, "is no grid of 1 to 1000 routers", "--set rows=3"),
        ({"row": "3"}, "build() has no parameter 'row'", "did you mean --set rows=…?"),
    ],
)
def test_wrong_parameters_get_the_fields_words(params: dict[str, str], what: str, fix: str) -> None:
    (problem,) = problems_of("grid", params)
    assert what in problem.what
    assert problem.fix.startswith(fix)


@pytest.mark.parametrize("params", [{"nodes": "1"}, {"nodes": "251"}, {"present": "4"}])
def test_a_star_has_limits(params: dict[str, str]) -> None:
    (problem,) = problems_of("star", params)
    assert "a star has 2 to 250" in problem.what
    assert problem.fix.startswith("--set nodes=20 --set present=3")


def test_a_star_grows() -> None:
    plan = load_plan("star", params={"nodes": "5", "present": "2"})
    later = [node.name for node in plan.cluster if node.cluster and node.cluster.joins_later]
    assert later == ["worker2", "worker3", "worker4"]
    plan = load_plan("star", params={"nodes": "5"})
    assert not any(node.cluster and node.cluster.joins_later for node in plan.cluster)


def test_parameters_have_the_type_of_their_default(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\nclass Mine(LabTopo):\n"
        "    def build(self, name='7', big=False, metric=1, **options):\n"
        "        assert isinstance(name, str) and big is True and metric == -2, (name, big)\n"
        "        self.addRouter('r1')\n        super().build(**options)\n"
    )
    params = {"name": "12", "big": "yes", "metric": "-2"}
    with pytest.raises(Exception, match="--set big=maybe: true or false is needed"):
        load_plan(str(file), params={**params, "big": "maybe"})
    assert load_plan(str(file), params=params).routers


CORE = """r1, r2 = self.addRouters("r1", "r2")
self.addLink(r1, r2, mtu=MTU)
self.addLink(r1, self.addClusterNode("a"))
self.addLink(r2, self.addClusterNode("b"))
self.addLink(r2, self.addHost("h"), mtu=1280)"""


def test_pods_fit_through_the_narrowest_link_of_the_backbone(tmp_path: Path) -> None:
    # 40 + 8 + 3 × 16 bytes of outer headers; a router sends no hint that would reach the pod
    plan = plan_of(tmp_path, CORE.replace("MTU", "1400"), base="LabTopo")
    assert plan.pod_mtu == 1304


def test_a_backbone_link_too_narrow_for_pods_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, CORE.replace("MTU", "1300"), base="LabTopo")
    (problem,) = problems_of(file)
    assert (problem.where, problem.subject) == ("mine.py:5", "r1-r2")
    assert "MTU 1300 leaves pods 1204 bytes" in problem.what
