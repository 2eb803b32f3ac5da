"""Two runs that differ in exactly one thing: that is named as the cause of what else differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.records.store import Store
from testbed.replay.areas import AREAS, Area
from testbed.replay.causes import CHANCE, DISTURBED, RULES, likely_cause
from testbed.replay.diff import ALONE, Diff, diff
from testbed.replay.evidence import read_evidence
from tests.shipped_plans import shipped_plan
from tests.unit.replay.pairs import CASE, Run, pair

RATES = [9e9, 9.1e9, 9.2e9, 9.05e9, 9.15e9]


def sysctl(run: Run) -> None:
    run.environment["sysctls"] = {"net.ipv4.tcp_rmem": "4096 4096 4096"}


def sysctl_of_a_node(run: Run) -> None:
    run.sysctl = "0"


def mtu(run: Run) -> None:
    run.plan = json.loads(json.dumps(run.plan).replace('"mtu": 1500', '"mtu": 1400'))


def profile(run: Run) -> None:
    run.plan = json.loads(shipped_plan("full", "paper").model_dump_json())
    run.fields["options"] = {"profile": "paper"}


def policy(run: Run) -> None:
    run.policy = Path(__file__).parents[3] / "scenarios/policies/worker2-via-r4.yaml"


def quota(run: Run) -> None:
    run.environment["processors"] = {"count": 2, "quota": "1 processors"}


def kernel(run: Run) -> None:
    run.environment["kernel"] = {"release": "6.1", "config": ["CONFIG_HZ=1000"]}


def program(run: Run) -> None:
    run.environment["programs"] = {"frr": "FRR 10"}


def patch(run: Run) -> None:
    run.fields["changed"] = True


def topology(run: Run) -> None:
    run.plan = json.loads(json.dumps(run.plan).replace('"metric": 10', '"metric": 20'))


ONE_THING: list[tuple[Callable[[Run], None], Area]] = [
    (sysctl, "sysctl"),
    (mtu, "MTU"),
    (profile, "timer profile"),
    (policy, "policy"),
    (quota, "CPU quota"),
    (kernel, "kernel"),
    (program, "programs"),
    (patch, "testbed"),
    (topology, "topology"),
]


def compared(store: Store) -> Diff:
    runs = store.find("a"), store.find("b")
    return diff(runs, (read_evidence(runs[0]), read_evidence(runs[1])))


@pytest.mark.parametrize(("change", "area"), ONE_THING)
@pytest.mark.parametrize("effect", ["rate", "time", "verdict"])
def test_the_one_thing_that_differs_is_named(
    tmp_path: Path, change: Callable[[Run], None], area: Area, effect: str
) -> None:
    def worse(run: Run) -> None:
        run.rates = [(0.8 + 0.001 * n) * rate for n, rate in enumerate(run.rates)]
        run.gaps = (2.0,)
        run.verdict = "fail" if effect == "verdict" else "pass"
        change(run)

    found = compared(pair(tmp_path, worse, of=RATES if effect == "rate" else ()))
    assert {row["area"] for row in found["conditions"]} == {area}
    differing = [row for row in found["results"] if row["differs"]]
    assert effect in {row["effect"] for row in differing}
    assert {row["area"] for row in differing} == {area}
    assert all(row["cause"] and not row["others"] for row in differing)


def test_a_sysctl_within_the_lab_is_named(tmp_path: Path) -> None:
    def worse(run: Run) -> None:
        run.verdict = "fail"
        sysctl_of_a_node(run)

    [row] = [row for row in compared(pair(tmp_path, worse))["results"] if row["differs"]]
    assert row["area"] == "sysctl"
    assert "worker1: net.ipv6.seg6_flowlabel, 1 → 0" in row["cause"]


def test_equal_runs_do_not_differ(tmp_path: Path) -> None:
    found = compared(pair(tmp_path, lambda _: None, of=RATES))
    assert found["conditions"] == []
    assert [row["differs"] for row in found["results"]] == [False, False]


def test_a_rate_is_compared_by_the_statistics_of_evaluations(tmp_path: Path) -> None:
    def slower(run: Run) -> None:
        run.rates = [0.9 * rate * (1 + 0.001 * n) for n, rate in enumerate(run.rates)]

    [_, row] = compared(pair(tmp_path, slower, of=RATES))["results"]
    assert (row["of"], row["verdict"], row["effect"]) == (CASE, "slower", "rate")
    assert row["low"] is not None
    assert row["high"] is not None
    assert row["low"] < 0.9018 < row["high"]
    assert row["says"].startswith("slower by 9.8")
    assert (row["area"], row["cause"]) == (None, CHANCE)


def test_a_case_that_is_about_as_fast_is_comparable(tmp_path: Path) -> None:
    def about(run: Run) -> None:
        run.rates = [rate * f for rate, f in zip(RATES, (1.01, 0.99, 1.0, 1.01, 0.99), strict=True)]

    [_, row] = compared(pair(tmp_path, about, of=RATES))["results"]
    assert (row["verdict"], row["differs"]) == ("comparable", False)


def test_few_values_differ_by_more_than_half(tmp_path: Path) -> None:
    def gap(run: Run) -> None:
        run.gaps = (0.29,)

    [_, row] = compared(pair(tmp_path, gap))["results"]
    assert not row["differs"]
    assert row["says"] == "higher, 1.4 times: by less than half; too few values for statistics"


def test_what_only_one_run_has(tmp_path: Path) -> None:
    store = pair(tmp_path, lambda _: None)
    Run(rates=RATES).keep(store, "c")
    runs = store.find("a"), store.find("c")
    found = diff(runs, (read_evidence(runs[0]), read_evidence(runs[1])))
    assert {row["of"]: row["cause"] for row in found["results"] if row["differs"]} == {
        "te-bgp": ALONE,
        CASE: ALONE,
    }


def test_a_run_whose_evidence_is_gone_has_its_verdicts(tmp_path: Path) -> None:
    def worse(run: Run) -> None:
        run.verdict = "fail"

    store = pair(tmp_path, worse)
    store.prune(store.find("a"), store.find("a").record.started)
    found = compared(store)
    assert [(row["of"], row["a"], row["b"]) for row in found["results"]] == [
        ("te-bgp", "pass", "fail")
    ]
    assert {"CPU quota", "sysctl", "MTU", "policy"} < set(found["not_recorded"])
    assert found["conditions"] == []


def test_a_run_of_an_older_testbed_has_no_crate(tmp_path: Path) -> None:
    store = pair(tmp_path, lambda _: None)
    (store.directory / "20250101-000000").mkdir()
    older = store.find("20250101")
    assert read_evidence(older).record == older.record


def test_what_an_older_testbed_did_not_record_is_no_difference(tmp_path: Path) -> None:
    def older(run: Run) -> None:
        run.environment["processors"] = {"count": 2}

    found = compared(pair(tmp_path, older))
    assert found["conditions"] == []
    assert found["not_recorded"] == ["CPU quota"]


def test_every_area_has_a_rule() -> None:
    assert tuple(rule.area for rule in RULES) == AREAS


def test_a_cause_that_fits_goes_before_one_that_does_not() -> None:
    unlike = [
        {"area": "timer profile", "name": "full", "a": "fast", "b": "paper"},
        {"area": "sysctl", "name": "net.ipv4.tcp_rmem", "a": "1", "b": "2"},
    ]
    cause = likely_cause("rate", unlike)  # type: ignore[arg-type]
    assert (cause.area, cause.others) == ("sysctl", ("timer profile",))
    assert likely_cause("time", unlike).area == "timer profile"  # type: ignore[arg-type]


def test_other_load_is_a_cause_where_nothing_fits() -> None:
    assert likely_cause("rate", [], disturbed=True).says == DISTURBED
    assert likely_cause("rate", []).says == CHANCE


def test_hostile_documents_say_nothing(tmp_path: Path) -> None:
    def hostile(run: Run) -> None:
        run.environment = {"sysctls": [1], "processors": "x", "kernel": None, "packages": {"a": []}}
        run.plan = {"nodes": {"a": 1}, "links": [[], 1]}

    assert compared(pair(tmp_path, hostile))["results"][0]["differs"] is False
