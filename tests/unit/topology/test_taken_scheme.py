"""Where the whole addressing scheme is taken, it is said at once instead of counting on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv6Network

import pytest

from testbed.plan import addressing
from testbed.plan.addressing import IPv6Pair
from testbed.plan.model import Role
from testbed.plan.subnets import Subnets
from testbed.topology.link_addresses import LinkAddresses


def at_most_one(pairs: Callable[..., Iterator[object]]) -> Callable[..., Iterator[object]]:
    def first(*numbers: int) -> Iterator[object]:
        yield next(pairs(*numbers))
        raise AssertionError("it went on to the next")

    return first


def test_no_second_link_subnet_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressing, "links_v6", at_most_one(addressing.links_v6))
    chosen = LinkAddresses(Subnets([IPv6Network("fc00::/7")])).between_routers((1, 2), ([], []))
    assert [address.version for end in chosen for address in end] == [4, 4]


@pytest.mark.parametrize("taken", ["fd00::/32", "fc00::/7"])
def test_no_second_subnet_of_an_injector_is_tried(
    monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    monkeypatch.setattr(addressing, "injectors_v6", at_most_one(addressing.injectors_v6))
    addresses = LinkAddresses(Subnets([IPv6Network(taken)]))
    chosen = addresses.access(1, "gobgp", Role.INJECTOR, 0, ([], []))
    assert [address.version for end in chosen for address in end] == [4, 4]


def test_a_free_one_behind_a_taken_one_is_found() -> None:
    taken: IPv6Pair = next(addressing.links_v6(1, 2))
    addresses = LinkAddresses(Subnets([taken[0].network]))
    one, other = addresses.between_routers((1, 2), ([], []))
    assert str(one[0]) == "fcf0:1:1:2::1/64" and str(other[0]) == "fcf0:1:1:2::2/64"
