"""Bandwidth, delay and loss of links, with the tc commands of Mininet's own TCIntf."""

from __future__ import annotations

from typing import Any

from testbed.errors import MachineUnfit
from testbed.host.run import in_netns, run
from testbed.plan.model import Link, Port, Shaping


def shape(link: Link) -> None:
    """Apply a link's shaping at both ends. Raises MachineUnfit where the kernel has no qdisc."""
    if not link.shaping.any:
        return
    for port in (link.a, link.b):
        for command in commands(link, port):
            done = run(in_netns(port.node, command.split()), check=False)
            if done.returncode != 0:
                raise MachineUnfit(
                    f"{port.interface}: this kernel does not do `{' '.join(command.split())}`",
                    where=link.where,
                    why=done.stderr.strip(),
                    fix="delay and loss need sch_netem (`modprobe sch_netem`), bandwidth "
                    "sch_htb; or remove the option",
                )


def commands(link: Link, port: Port) -> list[str]:
    """The tc commands for one end, as Mininet's TCLink would give them."""
    from mininet.link import TCIntf

    recorded: list[str] = []
    interface: Any = TCIntf.__new__(TCIntf)  # without a Mininet node: only its command builder
    interface.name = port.interface
    interface.tc = lambda command, tc="tc": recorded.append(
        command.replace("%s", "{}").format(tc, port.interface)
    )
    shaping = link.shaping
    built, parent = interface.bwCmds(bw=shaping.bandwidth)
    delayed, parent = interface.delayCmds(parent=parent, delay=shaping.delay, loss=shaping.loss)
    for command in built + delayed:
        recorded.append(command.replace("%s", "{}").format("tc", port.interface))
    return recorded


def reshape(link: Link, bw: float | None, delay: str | None, loss: float | None) -> None:
    """Replace a link's shaping; with nothing given the link is as fast as the machine."""
    for port in (link.a, link.b):
        run(
            in_netns(port.node, ["tc", "qdisc", "del", "dev", port.interface, "root"]),
            check=False,  # there may be none
        )
    shape(link.model_copy(update={"shaping": Shaping(bandwidth=bw, delay=delay, loss=loss)}))
