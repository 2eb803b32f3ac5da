"""One sample: what was measured of one case in one block, and one line of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

# A later version may add fields that have a default, so that this one's lines can still be read.
SCHEMA_VERSION = 1
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


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Values(_Record):
    """What was measured; None is what this sample did not measure.

    `loss` is a share of the packets sent, `rtt_load_s` the round-trip time beside the transfer,
    `cpu_s_per_gb` seconds of all cores per 10⁹ bytes of payload. `wire_packets` and `wire_bytes`
    are counted on one backbone link of the path, in the direction of the payload.
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

    def get(self, quantity: Quantity) -> float | None:
        """One of them by its name."""
        value: float | None = getattr(self, quantity)
        return value


class Sample(_Record):
    """`position` in the seeded order, `seconds` with preparation and proof.

    `marks` say what disturbed it, one sentence each; `path` how its path was proved.
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

    @property
    def is_measured(self) -> bool:
        """Does it count? A warm-up does not."""
        return self.kind == "measured"
