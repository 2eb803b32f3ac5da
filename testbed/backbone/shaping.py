"""Shapes links (bandwidth, delay, loss) with the tc commands of Mininet's TCIntf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from testbed.backbone.ports import port_end
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import in_netns, run
from testbed.plan import shaping_rules
from testbed.plan.model import Link, Plan


class _TCIntf(Protocol):
    """What is used of Mininet's TCIntf, which has no types of its own."""

    name: str
    tc: Callable[..., None]  # called with a command, which has %s for tc and for the interface

    def bwCmds(self, bw: float | None) -> tuple[list[str], str]: ...

    def delayCmds(
        self, parent: str, delay: str | None, loss: float | None
    ) -> tuple[list[str], str]: ...


def shape(plan: Plan, link: Link) -> None:
    """Apply a link's shaping at both ends. Raises MachineUnfit where the kernel has no qdisc."""
    if not link.shaping.any:
        return
    for port in (link.a, link.b):
        netns, interface = port_end(plan, port)
        for command in commands(link, interface):
            done = run(_enter_netns(netns, command.split()), check=False)
            if done.returncode != 0:
                raise MachineUnfit(
                    f"{interface}: this kernel does not do `{' '.join(command.split())}`",
                    where=link.where,
                    why=done.stderr.strip(),
                    fix="delay and loss need `modprobe sch_netem`, bandwidth `modprobe sch_htb`; "
                    "or remove the option",
                )


def _enter_netns(netns: str | None, command: list[str]) -> list[str]:
    return in_netns(netns, command) if netns else command


def commands(link: Link, name: str) -> list[str]:
    """The tc commands for the interface at one end, as Mininet's TCLink would give them."""
    from mininet.link import TCIntf

    recorded: list[str] = []
    # without a Mininet node: only its command builder
    interface = cast(_TCIntf, TCIntf.__new__(TCIntf))
    interface.name = name
    interface.tc = lambda command, tc="tc": recorded.append(_fill_in(command, tc, name))
    shaping = link.shaping
    built, parent = interface.bwCmds(bw=shaping.bandwidth)
    delayed, parent = interface.delayCmds(parent=parent, delay=shaping.delay, loss=shaping.loss)
    for command in built + delayed:
        recorded.append(_fill_in(command, "tc", name))
    return recorded


def _fill_in(command: str, tc: str, name: str) -> str:
    return command.replace("%s", "{}").format(tc, name)


def reshape(
    plan: Plan, link: Link, bw: float | None, delay: str | None, loss: float | None
) -> None:
    """Replace a link's shaping; without values the link is not shaped.

    Raises TestbedError for values that cannot be applied, before anything is removed.
    """
    try:
        wanted = shaping_rules.shaping(bw, delay, loss)
    except (TypeError, ValueError) as error:
        raise TestbedError(
            f"bw={bw} delay={delay} loss={loss}: {error}", fix="correct it"
        ) from None
    for port in (link.a, link.b):
        netns, interface = port_end(plan, port)
        delete = ["tc", "qdisc", "del", "dev", interface, "root"]
        run(_enter_netns(netns, delete), check=False)  # there may be none
    shape(plan, link.model_copy(update={"shaping": wanted}))
