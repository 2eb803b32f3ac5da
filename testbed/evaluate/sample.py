"""One sample: what was measured of one case in one block, and one line of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

# A later version may add fields that have a default, so that this one's lines can still be read.
SCHEMA_VERSION = 2
GIGA = 1e9  # bit/s are shown as Gbit/s

Kind = Literal["warm-up", "measured"]
Quantity = Literal[
    "throughput_bps",
    "retransmits",
    "loss",
    "jitter_s",
    "packets_per_s",
    "rtt_idle_s",
    "rtt_load_s",
    "wire_packets",
    "wire_bytes",
]
# Neither infinite nor no number: JSON has no word for these, and they would be lost.
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoundTrips(_Record):
    """Round-trip times of a series of echo requests; `lost` is the share without an answer."""

    sent: Count
    lost: Share
    min_s: Number
    p50_s: Number
    p90_s: Number
    p99_s: Number
    max_s: Number


class Values(_Record):
    """What was measured; None is what this sample did not measure.

    `throughput_bps` of UDP is the highest rate found with little loss; `loss`, a share of the
    packets sent, and `jitter_s` are those at this rate. `packets_per_s`: the same with small
    packets. `rtt_idle_s` and `rtt_load_s` are medians, before and beside the transfer.
    `cpu_s_per_gb`: seconds of all cores per 10⁹ bytes of payload. `wire_packets` and `wire_bytes`
    are counted on one backbone link of the path, in the direction of the payload, while
    `payload_bytes` were sent; so are `cpu_s` and `softirq_s`: the latter is of the whole machine
    of each node, and nodes that are namespaces share one.
    """

    throughput_bps: Number | None = None
    retransmits: Count | None = None
    loss: Annotated[Number, Field(le=1)] | None = None
    jitter_s: Number | None = None
    packets_per_s: Number | None = None
    rtt_idle_s: Number | None = None
    rtt_load_s: Number | None = None
    cpu_s_per_gb: Mapping[str, Number] = {}  # by node
    memory_bytes: Mapping[str, Count] = {}  # by node
    wire_packets: Count | None = None
    wire_bytes: Count | None = None
    payload_bytes: Count | None = None
    rtt_idle: RoundTrips | None = None
    rtt_load: RoundTrips | None = None
    cpu_s: Mapping[str, Number] = {}  # by node
    softirq_s: Mapping[str, Number] = {}  # by node
    mtu: Count | None = None  # of the sender's interface

    def get(self, quantity: Quantity) -> float | None:
        """One of them by its name."""
        value: float | None = getattr(self, quantity)
        return value


class Disturbance(_Record):
    """What the machines did during a transfer that the transfer did not ask for.

    Of several machines, each figure is that of the worst. `steal`: time that a hypervisor gave to
    others; `other_load`: time of processes outside the lab; `busy`: all time that was not idle;
    each is a share of all processors. `throttled`: periods in which a quota held a lab's process
    back; `softirq_drops`: packets that found a processor's backlog full; `clock_jump_s`: by how
    much the time of day moved against the time that passed.
    """

    steal: Share = 0
    other_load: Share = 0
    busy: Share = 0
    throttled: Count = 0
    softirq_drops: Count = 0
    clock_jump_s: Number = 0


class Sample(_Record):
    """`position` in the seeded order, `seconds` with preparation and proof.

    `marks` say what disturbed it, one sentence each; `path` how its path was proved.
    `disturbance` is None where it was not looked at.
    """

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    case: Annotated[str, Field(min_length=1)]
    block: Count
    position: Count
    kind: Kind
    started: AwareDatetime
    seconds: Number
    values: Values
    marks: tuple[str, ...] = ()
    path: str
    disturbance: Disturbance | None = None

    @property
    def is_measured(self) -> bool:
        """Does it count? A warm-up does not."""
        return self.kind == "measured"
