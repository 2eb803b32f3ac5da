"""Shapes links (bandwidth, delay, loss) with the tc commands of Mininet's TCIntf."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from testbed.backbone.ports import port_end
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import in_netns, run
from testbed.plan import shaping_rules
from testbed.plan.model import Link, Plan, Port, Shaping

ALL = 100.0  # per cent


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
                raise _unfit(link, f"{interface}: ", command, done.stderr)


def _unfit(link: Link, subject: str, command: str, words: str) -> MachineUnfit:
    return MachineUnfit(
        f"{subject}this kernel does not do `{' '.join(command.split())}`",
        where=link.where,
        why=words.strip(),
        fix="delay and loss need `modprobe sch_netem`, bandwidth `modprobe sch_htb`; "
        "or remove the option",
    )


def _enter_netns(netns: str | None, command: list[str]) -> list[str]:
    return in_netns(netns, command) if netns else command


def commands(link: Link, name: str) -> list[str]:
    """The tc commands for the interface at one end, as Mininet's TCLink would give them.

    Where every packet gets lost nothing else matters, and the queue that does it is in any kernel.
    """
    if link.shaping.loss == ALL:
        return [f"tc qdisc add dev {name} root blackhole"]
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

    Raises TestbedError for values that cannot be applied, and MachineUnfit where the kernel does
    not, before anything is removed.
    """
    shaped = link.model_copy(update={"shaping": _read_options(bw, delay, loss)})
    if shaped.shaping.any:
        _try_commands(shaped)
    for port in (link.a, link.b):
        netns, interface = port_end(plan, port)
        delete = ["tc", "qdisc", "del", "dev", interface, "root"]
        run(_enter_netns(netns, delete), check=False)  # there may be none
    shape(plan, shaped)


def preview(
    plan: Plan, link: Link, bw: float | None, delay: str | None, loss: float | None
) -> list[str]:
    """What `reshape` would do at each end, a line for each; nothing of the lab is changed.

    Raises what `reshape` would raise: the kernel is asked in a network namespace of its own.
    """
    shaped = link.model_copy(update={"shaping": _read_options(bw, delay, loss)})
    becomes = _try_commands(shaped)
    words = describe(shaped.shaping)
    lines = []
    for port in (link.a, link.b):
        change = change_of(_read_state(plan, shaped, port), becomes)
        lines.append(f"{port.node}:{port.interface} {change}: {words}")
    return lines


def describe(shaping: Shaping) -> str:
    """The shaping as options of `link set`, or that there is none."""
    options = (("bw", shaping.bandwidth), ("delay", shaping.delay), ("loss", shaping.loss))
    given = [f"{k} {v if isinstance(v, str) else f'{v:g}'}" for k, v in options if v is not None]
    return ", ".join(given) or "no shaping"


def change_of(now: Sequence[str], becomes: Sequence[str]) -> str:
    """What happens to an end, from the kernel's own descriptions."""
    if now == becomes:
        return "unchanged"
    if not now:
        return "shaped"
    return "changed" if becomes else "withdrawn"


# What differs between two interfaces that are shaped alike.
_OF_INTERFACE = re.compile(
    r" dev \S+| refcnt \d+| direct_packets_stat \d+| direct_qlen \d+| seed \d+"
)
_SHOW = ("qdisc show dev", "class show dev")


def comparable(shown: str) -> list[str]:
    """What tc shows of an interface, without the kernel's defaults (handle 0)."""
    lines = [" ".join(_OF_INTERFACE.sub("", line).split()) for line in shown.splitlines()]
    return [x for x in lines if x and not re.match(r"qdisc \S+ 0: |class \S+ :", x)]


def _try_commands(link: Link) -> list[str]:
    """The state that a link's commands lead to, on the loopback of a new network namespace."""
    wanted = [command.removeprefix("tc ") for command in commands(link, "lo") if command]
    done = run(
        ["unshare", "--net", "tc", "-batch", "-"],
        "\n".join([*wanted, *(f"{show} lo" for show in _SHOW), ""]),
        check=False,
    )
    if done.returncode != 0:
        failed = re.search(r"^Command failed -:(\d+)", done.stderr, re.MULTILINE)
        command = wanted[int(failed[1]) - 1] if failed else wanted[0]
        raise _unfit(link, "", f"tc {command}", done.stderr.splitlines()[0])
    return comparable(done.stdout)


def _read_state(plan: Plan, link: Link, port: Port) -> list[str]:
    netns, interface = port_end(plan, port)
    text = ""
    for show in _SHOW:
        done = run(_enter_netns(netns, ["tc", *show.split(), interface]), check=False)
        if done.returncode != 0 and link.shaping.any:
            raise _unfit(link, f"{interface}: ", f"tc {show} {interface}", done.stderr)
        text += done.stdout
    return comparable(text)


def _read_options(bw: float | None, delay: str | None, loss: float | None) -> Shaping:
    try:
        return shaping_rules.shaping(bw, delay, loss)
    except (TypeError, ValueError) as error:
        raise TestbedError(
            f"bw={bw} delay={delay} loss={loss}: {error}", fix="correct it"
        ) from None
