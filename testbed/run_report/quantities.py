"""Whatever samples hold, by its name: which numbers there are, and how people read them.

A field that a later testbed adds is shown without a change here, by the unit that its name has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.evaluate.sample import GIGA, Sample

THROUGHPUT, CPU = "throughput_bps", "cpu_s_per_gb"

_TITLES = {
    THROUGHPUT: "goodput",
    CPU: "processor time per payload",
    "packets_per_s": "small packets",
    "packets_per_gb": "packets on the wire per payload",
    "rtt_idle_s": "round-trip time, idle",
    "rtt_load_s": "round-trip time beside the transfer",
    "rtt_idle": "round-trip time, idle",
    "rtt_load": "round-trip time beside the transfer",
    "cpu_s": "processor time",
    "softirq_s": "processor time in softirqs",
    "memory_bytes": "memory",
}
# Ending of a name → unit for people, and its factor; the first that fits.
_UNITS = (
    ("_bps", "Gbit/s", 1e-9),
    ("_per_s", "1,000/s", 1e-3),
    ("_s_per_gb", "s/GB", 1.0),
    ("_per_gb", "1,000/GB", 1e-3),
    ("_bytes", "MB", 1e-6),
    ("_s", "ms", 1e3),
    ("loss", "%", 100.0),
    ("lost", "%", 100.0),
)
# Of a value per node, the sum over nodes is a quantity too.
_SUMMED = (CPU,)


@dataclass(frozen=True)
class Quantity:
    """`key` is its path in a sample's values, with dots; `factor` makes `unit` of it."""

    key: str
    title: str
    unit: str
    factor: float

    @property
    def heading(self) -> str:
        """Title and unit: goodput (Gbit/s)."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


def describe(key: str) -> Quantity:
    """How people read a quantity."""
    name, _, rest = key.partition(".")
    unit, factor = next(
        ((unit, factor) for part in (rest, name) for end, unit, factor in _UNITS
         if part.endswith(end)),
        ("", 1.0),
    )  # fmt: skip
    if name in ("cpu_s", "softirq_s"):
        unit, factor = "s", 1.0
    title = _TITLES.get(name, _words(name))
    return Quantity(key, f"{title}, {_words(rest)}" if rest else title, unit, factor)


def values_of(sample: Sample) -> dict[str, float]:
    """Key → value of every number that the sample has."""
    found = dict(_numbers(sample.values.model_dump(), ""))
    for key in _SUMMED:
        parts = [value for name, value in found.items() if name.startswith(f"{key}.")]
        if parts:
            found[key] = sum(parts)
    payload = found.get("payload_bytes")
    if payload and "wire_packets" in found:
        found["packets_per_gb"] = found["wire_packets"] * GIGA / payload
    return found


def flat(data: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """The leaves of a document, each with its path; lists of texts are one text."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from flat(value, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(data, list | tuple):
        yield prefix, "; ".join(map(str, data))
    else:
        yield prefix, data


def _numbers(data: object, prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in flat(data, prefix):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield key, float(value)


def _words(name: str) -> str:
    for end, _, _ in _UNITS:
        if name.endswith(end) and name != end and end.startswith("_"):
            name = name[: -len(end)]
            break
    return name.replace("_", " ").strip()
