"""A router's kernel: what is wanted comes, what is not goes, and nothing before IS-IS is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from testbed.backbone.repair import ip_commands, kernel
from testbed.backbone.repair.kernel import RouterKernel
from testbed.engine.repair.routes import MAIN, TABLE, Place, RepairRoute
from testbed.host.route_dump import ISIS

FAR, NEAR = ip_network("fcff:8::1/128"), ip_network("fcff:7::1/128")


@dataclass
class FakeKernel:
    """A kernel with one router; routes of an interface that is down are refused."""

    main: dict[Place, str] = field(default_factory=dict)
    ours: dict[Place, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    def places(self, router: str, protocol: int) -> frozenset[Place]:
        assert router == "r6"
        return frozenset(self.main if protocol == ISIS else self.ours)

    def run(
        self, command: list[str], stdin: str | None = None, check: bool = True
    ) -> SimpleNamespace:
        assert not check
        if stdin is None:
            self.done.append(" ".join(command[3:6]))
        for line in (stdin or "").splitlines():
            self._apply(line)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    def _apply(self, line: str) -> None:
        words = line.split()
        place = Place(
            int(words[words.index("table") + 1]),
            ip_network(words[2]),
            words[words.index("dev") + 1],
        )
        self.done.append(" ".join(words[1:3]))
        if words[1] == "del":
            del self.ours[place]
        elif place.interface not in self.down:
            same = [p for p in self.ours if (p.table, p.prefix) == (place.table, place.prefix)]
            for old in same:
                del self.ours[old]
            self.ours[place] = line


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    found = FakeKernel(main={Place(MAIN, FAR, "r6-r8"): "", Place(MAIN, NEAR, "r6-r7"): ""})
    monkeypatch.setattr(kernel, "_places", found.places)
    monkeypatch.setattr(ip_commands, "run", found.run)
    return found


def backup(interface: str, prefix: str = str(FAR)) -> RepairRoute:
    return RepairRoute(Place(TABLE, ip_network(prefix), interface), "via fe80::1")


HOPS = {FAR: frozenset({"r6-r8"})}


def test_a_backup_comes_once_and_the_rules_with_it(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    assert router.apply([backup("r6-r7")], HOPS)
    assert router.apply([backup("r6-r7")], HOPS)
    assert fake.done == ["replace fcff:8::1/128", "-6 rule add", "-4 rule add"]


def test_a_backup_is_replaced_and_not_removed_first(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    router.apply([backup("r6-r7")], HOPS)
    fake.done.clear()
    assert router.apply([backup("r6-r4")], HOPS)
    assert fake.done == ["replace fcff:8::1/128"]
    assert list(fake.ours) == [Place(TABLE, FAR, "r6-r4")]


def test_what_is_not_wanted_goes(fake: FakeKernel) -> None:
    RouterKernel("r6").apply([backup("r6-r7")], HOPS)
    assert RouterKernel("r6").apply([], HOPS)  # the program's successor
    assert not fake.ours


def test_a_backup_that_carries_packets_stays_until_isis_has_a_route(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    router.apply([backup("r6-r7")], HOPS)
    del fake.main[Place(MAIN, FAR, "r6-r8")]  # the link is down
    after = {FAR: frozenset({"r6-r7"})}
    assert not router.apply([backup("r6-r4")], after)
    assert not router.apply([], after)
    assert list(fake.ours) == [Place(TABLE, FAR, "r6-r7")]
    fake.main[Place(MAIN, FAR, "r6-r7")] = ""
    assert router.apply([backup("r6-r4")], after)
    assert list(fake.ours) == [Place(TABLE, FAR, "r6-r4")]


def test_a_route_that_the_kernel_refused_is_tried_again(fake: FakeKernel) -> None:
    fake.down.add("r6-r7")
    router = RouterKernel("r6")
    assert not router.apply([backup("r6-r7")], HOPS)
    fake.down.clear()
    assert router.apply([backup("r6-r7")], HOPS)


def test_a_route_that_somebody_took_comes_back(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    router.apply([backup("r6-r7")], HOPS)
    fake.ours.clear()
    assert router.apply([backup("r6-r7")], HOPS)
    assert list(fake.ours) == [Place(TABLE, FAR, "r6-r7")]


def test_rules_that_were_lost_come_back(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    router.apply([], {})
    fake.done.clear()
    router.rule_was_lost()
    router.apply([], {})
    assert fake.done == ["-6 rule add", "-4 rule add"]


def test_all_of_it_goes(fake: FakeKernel) -> None:
    router = RouterKernel("r6")
    router.apply([backup("r6-r7")], HOPS)
    fake.done.clear()
    router.clear()
    assert not fake.ours
    assert fake.done == ["-6 rule del", "-4 rule del", "del fcff:8::1/128"]
