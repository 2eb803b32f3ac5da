"""Which cases are measured where none are chosen, how often, and how long that takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from testbed.evaluate.cases import CASES, Case
from testbed.evaluate.figures.knb import SECONDS
from testbed.evaluate.figures.rate_search import STEPS
from testbed.evaluate.selector import select

_ONE = "streams=1,mtu=own,segments=0,segments=1"
_QUICK = (
    f"traffic=pod-to-pod,protocol=tcp,family=4,placement=across,{_ONE}",
    "overlay=veth,protocol=tcp,family=4,streams=1,mtu=own",
    f"traffic=pod-to-service,protocol=tcp,family=4,overlay=srv6,overlay=vxlan,{_ONE}",
    f"traffic=pod-to-pod,protocol=udp,family=4,overlay=srv6,overlay=vxlan,{_ONE}",
)
_FULL = (
    *_QUICK,
    f"traffic=pod-to-pod,protocol=tcp,family=6,placement=across,{_ONE}",
    f"traffic=pod-to-service,protocol=tcp,family=4,placement=across,{_ONE}",
    "traffic=pod-to-pod,protocol=tcp,family=4,overlay=srv6,segments=2,segments=3,streams=1,mtu=own",
    # a lab's pods have one MTU, its nodes a larger one
    "traffic=pod-to-pod,protocol=tcp,family=4,placement=across,streams=1,mtu=equal,segments=0,"
    "segments=1,overlay=srv6,overlay=none",
    f"traffic=pod-to-pod,protocol=udp,family=4,overlay=none,placement=across,{_ONE}",
    f"traffic=pod-to-service,protocol=udp,family=4,overlay=srv6,overlay=vxlan,{_ONE}",
)
# Seconds that a sample takes beyond its transfers: its path's proof, a series of echo requests.
_AROUND = 2.7
_AROUND_A_RUN = 0.25  # of UDP: starting iperf3 in a pod, counters
_PREPARING = 25.0  # seconds until the machine is examined, and pods and Services are there


@dataclass(frozen=True)
class Extent:
    """How much is measured: the words for its cases, samples of each, seconds of each transfer.

    `steps`: the runs of a search for a rate. `limit`: no block of samples is begun that would end
    after so many seconds; None: all of them are.
    """

    words: Sequence[str]
    repeats: int
    seconds: int
    steps: int
    limit: float | None


QUICK = Extent(_QUICK, 3, 1, 4, 270)
FULL = Extent(_FULL, 10, 3, STEPS, 2600)

KNB = Extent((), 1, SECONDS, 1, None)


def extent_of(quick: bool, repeats: int | None, seconds: int | None, chosen: bool) -> Extent:
    """What was asked for. Whoever chooses cases, or more of them, waits for all of them."""
    base = QUICK if quick else FULL
    limit = base.limit if quick or not (chosen or repeats or seconds) else None
    return replace(
        base, repeats=repeats or base.repeats, seconds=seconds or base.seconds, limit=limit
    )


def default_cases(extent: Extent, max_segments: int) -> tuple[Case, ...]:
    """Those of its words that a lab has room for, in the order of all."""
    chosen = {case for words in extent.words for case in select(words)}
    return tuple(c for c in CASES if c in chosen and c.segments <= max_segments)


def with_control(cases: Sequence[Case]) -> tuple[Case, ...]:
    """One of them twice, which must come out as comparable: across nodes, by SRv6, if there is."""
    if any(case.again for case in cases):
        return tuple(cases)
    best = min(cases, key=lambda c: (c.protocol != "tcp", c.overlay != "srv6", c.segments))
    return (*cases, replace(best, again=True))


def estimate(cases: Iterable[Case], extent: Extent) -> float:
    """Of a whole run, in seconds, before anything is known of the machine."""
    block = sum(_sample_seconds(case, extent) for case in cases)
    return _PREPARING + (1 + extent.repeats) * block


def _sample_seconds(case: Case, extent: Extent) -> float:
    """About how long one sample takes on a machine with processors of its own."""
    if case.protocol == "udp":
        return _AROUND + 2 * extent.steps * (1 + _AROUND_A_RUN)
    return _AROUND + 1 + extent.seconds


def in_words(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
