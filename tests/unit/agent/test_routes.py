"""Routes: what is rendered for `ip` is what `ip` lists again, and the diff replaces in place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.desired import route_listing, routes
from testbed.agent.desired.routes import Hop, Route

POD = Route("172.16.0.1/32", (Hop("cali1"),), source="192.168.11.254")
BE = Route("172.16.1.0/26", (Hop("up", mode="encap.red", segments=("fcdd::1",)),))
TE = Route("172.16.1.0/26", (Hop("up", mode="encap", segments=("fcff:6::1", "fcdd::1")),))
SPREAD = Route(
    "fdfb::40/122",
    (
        Hop("up", 1, "encap.red", ("fcdd::1",)),
        Hop("up", 3, "encap", ("fcff:6::1", "fcdd::1")),
    ),
)
DX4 = Route("fcdd::aa/128", (Hop("up"),), action="End.DX4 nh4 0.0.0.0")
OWN = Route("172.16.0.0/26", refusal="blackhole")


def test_rendering() -> None:
    assert routes.render(POD) == ("172.16.0.1/32 proto 201 dev cali1 src 192.168.11.254 scope link")
    assert routes.render(TE) == (
        "172.16.1.0/26 proto 201 encap seg6 mode encap segs fcff:6::1,fcdd::1 dev up"
    )
    assert routes.render(SPREAD) == (
        "fdfb::40/122 proto 201"
        " nexthop encap seg6 mode encap.red segs fcdd::1 via fe80::1 dev up weight 1"
        " nexthop encap seg6 mode encap segs fcff:6::1,fcdd::1 via fe80::1 dev up weight 3"
    )
    assert routes.render(DX4) == (
        "fcdd::aa/128 proto 201 encap seg6local action End.DX4 nh4 0.0.0.0 dev up"
    )
    assert routes.render(OWN) == "blackhole 172.16.0.0/26 proto 201"


def test_parsing_what_ip_lists() -> None:
    listed: list[dict[str, object]] = [
        {"dst": "fcdd::aa", "encap": "seg6local", "action": "End.DX4", "nh4": "0.0.0.0",
         "dev": "up", "metric": 1024, "flags": [], "pref": "medium"},
        {"dst": "fcdd::ab", "encap": "seg6local", "action": "End.DT6", "table": "254",
         "dev": "up", "metric": 1024},
        {"type": "6", "dst": "fdfb::/122", "dev": "lo", "metric": 1024, "flags": []},
        {"dst": "fdfb::40/122", "nexthops": [
            {"encap": "seg6", "mode": "encap", "segs": ["fcff:6::1", "fcdd::1"],
             "gateway": "fe80::1", "dev": "up", "weight": 3, "flags": []},
            {"encap": "seg6", "mode": "encap.red", "segs": ["fcdd::1"],
             "gateway": "fe80::1", "dev": "up", "weight": 1, "flags": []}]},
    ]  # fmt: skip
    assert route_listing.parse(listed, 6) == [
        DX4,
        Route("fcdd::ab/128", (Hop("up"),), action="End.DT6 table 254"),
        Route("fdfb::/122", refusal="blackhole"),
        SPREAD,
    ]
    pod = {"dst": "172.16.0.1", "dev": "cali1", "scope": "link", "prefsrc": "192.168.11.254"}
    assert route_listing.parse([pod], 4) == [POD]


def test_a_changed_route_is_replaced_never_deleted() -> None:
    change = routes.diff([TE, POD], [BE, POD, OWN])
    assert change == routes.Change(replace=(TE,), delete=(OWN,))
    assert routes.commands(change, 4) == [
        f"route replace {routes.render(TE)}",
        "route del blackhole 172.16.0.0/26 proto 201",
    ]
    assert routes.commands(change, 6) == []


ROUTES = st.lists(st.sampled_from([POD, BE, SPREAD, DX4, OWN, TE]), unique_by=lambda r: r.prefix)


@given(ROUTES, ROUTES)
def test_the_diff_leads_exactly_to_what_is_wanted(wanted: list[Route], actual: list[Route]) -> None:
    change = routes.diff(wanted, actual)
    after = routes.by_key(actual)
    after.update(routes.by_key(change.replace))
    for route in change.delete:
        del after[route.key]
    assert after == routes.by_key(wanted)
    assert routes.diff(wanted, wanted).empty
