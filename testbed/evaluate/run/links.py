"""The links of the lab that is measured, as they are: by hand, they may be cut or shaped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from testbed.backbone.links_now import as_they_are
from testbed.errors import TestbedError
from testbed.host.progress import Progress
from testbed.lab.repeatable import PLAN, keep_plan
from testbed.lab.state import read_plan
from testbed.plan.model import Link, Plan, Shaping


def keep_links(directory: Path, plan: Plan, goes_on: bool, progress: Progress) -> None:
    """Keep the plan of the run with its links as they are, and say which are not as planned.

    A run that goes on has to find them as they were. Raises TestbedError, OSError.
    """
    now = as_they_are(plan)
    kept = read_plan(directory / PLAN) if goes_on else None
    if kept is None:
        keep_plan(directory, now)
        for sentence in unlike(plan.links, now.links):
            progress.note(f"not as planned: {sentence}")
        return
    changed = unlike(kept.links, now.links)
    if changed:
        raise TestbedError(
            "links are not as they were when this evaluation began",
            where=str(directory),
            why="; ".join(changed),
            fix=f"{'; '.join(restore(kept.links, now.links))}; or --out with another directory",
        )


def unlike(before: Iterable[Link], now: Iterable[Link]) -> list[str]:
    """A sentence for each link that is cut, is there again, or is shaped in another way; pure."""
    then, today = ({link.a: link for link in links} for links in (before, now))
    found = []
    for port in dict.fromkeys([*then, *today]):
        if port not in today:
            found.append(f"{_name(then[port])} is down")
        elif port not in then:
            found.append(f"{_name(today[port])} is up again")
        elif then[port].shaping != today[port].shaping:
            was, is_now = (_describe(links[port].shaping) for links in (then, today))
            found.append(f"{_name(today[port])} has {is_now} instead of {was}")
    return found


def restore(before: Iterable[Link], now: Iterable[Link]) -> list[str]:
    """The commands that make links as they were before; pure."""
    then, today = ({link.a: link for link in links} for links in (before, now))
    commands = [f"testbed link up {_ends(then[port])}" for port in then if port not in today]
    commands += [f"testbed link down {_ends(today[port])}" for port in today if port not in then]
    for port, link in then.items():
        if port in today and today[port].shaping != link.shaping:
            commands.append(f"testbed link set {_ends(link)}{_options(link.shaping)}")
    return commands


def _ends(link: Link) -> str:
    """With interfaces: of parallel links, the nodes alone name none."""
    return f"{link.a.node}:{link.a.interface} {link.b.node}:{link.b.interface}"


def _options(shaping: Shaping) -> str:
    words = [] if shaping.bandwidth is None else [f" --bw {shaping.bandwidth:g}"]
    words += [] if shaping.delay is None else [f" --delay {shaping.delay}"]
    return "".join(words + ([] if shaping.loss is None else [f" --loss {shaping.loss:g}"]))


def _name(link: Link) -> str:
    return f"{link.a.node}-{link.b.node}"


def _describe(shaping: Shaping) -> str:
    parts = [] if shaping.bandwidth is None else [f"{shaping.bandwidth:g} Mbit/s"]
    parts += [] if shaping.delay is None else [f"delay {shaping.delay}"]
    parts += [] if shaping.loss is None else [f"{shaping.loss:g} % loss"]
    return ", ".join(parts) or "no shaping"
