"""knb's arguments and key paths, as its version 1.5.0 has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from testbed.evaluate.figures.counters import Cpu, Machine
from testbed.evaluate.figures.knb import TRANSFERS, Result, Usage, arguments, bandwidth, document
from tests.unit.evaluate.figures.knb_paths import KEY_PATHS

BEFORE = Machine(Cpu(), 0, 0, 0, 0)
AFTER = Machine(
    Cpu(user=2, nice=1, system=3, idle=10, iowait=1, softirq=2, steal=1), 0, 512 << 20, 0, 0
)
NODE = Usage.between(BEFORE, AFTER)


def test_usage_is_in_percent_and_mebibytes() -> None:
    assert NODE.document() == {
        "cpu": {
            "total": 50.0,
            "user": 10.0,
            "nice": 5.0,
            "system": 15.0,
            "iowait": 5.0,
            "steal": 5.0,
        },
        "ram": 512,
    }


def test_the_document_has_knbs_key_paths_and_no_others() -> None:
    result = Result(9414.6, NODE, NODE)
    metadata = {"name": "run", "date": "2026-11-26", "server-node": "b", "client-node": "a"}
    data: dict[str, str | int] = {"cpu": "x", "kernel": "6.1", "k8s-version": "v1", "mtu": 1284}
    found = document(metadata, data, Result(0, NODE, NODE), dict.fromkeys(TRANSFERS, result))
    assert sorted(paths(found)) == sorted(KEY_PATHS)
    assert value(found, "data.pod2svc.udp.bandwidth") == 9415
    assert value(found, "data.idle.bandwidth") == 0


def paths(document: object, at: str = "") -> Iterator[str]:
    if not isinstance(document, Mapping):
        yield at
        return
    for key, below in document.items():
        yield from paths(below, f"{at}.{key}" if at else str(key))


def value(document: object, path: str) -> object:
    for key in path.split("."):
        assert isinstance(document, Mapping)
        document = document[key]
    return document


def test_the_order_is_knbs() -> None:
    assert [f"{group} {protocol}" for group, protocol in TRANSFERS] == [
        *("pod2pod tcp", "pod2pod udp", "pod2svc tcp", "pod2svc udp"),
    ]


def test_iperf3_is_called_as_knb_calls_it() -> None:
    assert " ".join(arguments("tcp", "T")) == "iperf3 -c T -O 1 -f m -t 10 --json"
    assert " ".join(arguments("udp", "T")) == "iperf3 -u -b 0 -c T -O 1 -f m -t 10 --json"


@pytest.mark.parametrize("key", ["sum_received", "sum"])  # of UDP, old versions have the second
def test_the_receivers_bandwidth_counts(key: str) -> None:
    assert bandwidth({"end": {key: {"bits_per_second": 5e8}}}) == 500
