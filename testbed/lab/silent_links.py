"""Links that are up and lose packets, found by BFD: sentences for `status`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from testbed.backbone.bfd.sessions import silent_links
from testbed.errors import CheckFailed
from testbed.lab.access.links import name_link
from testbed.plan.model import Link, Plan


def problems(plan: Plan, cut: Collection[Link] = ()) -> Iterator[str]:
    """Links between routers without a BFD session that is up; not those that are cut."""
    try:
        silent = silent_links(plan)
    except CheckFailed as error:
        yield f"{error.what}, so BFD sessions are not known (`{error.fix}`)"
        return
    for link, ends in silent.items():
        if link not in cut:
            yield (
                f"{link.a.interface} is up, but its BFD session is down ({', '.join(ends)}): "
                "packets are lost there "
                f"(`testbed link set {name_link(plan, link)}` ends loss that was set)"
            )
