"""When the ConfigMaps count as in use."""

from __future__ import annotations

from testbed.conformance.lab import steering


def policy(source: str, chosen: bool = True) -> dict[str, object]:
    """An entry of `testbed policy list`."""
    return {
        "head_end": "worker1",
        "endpoint": "fd12::1000",
        "family": 4,
        "source": source,
        "chosen": chosen,
    }


def test_all_chosen_ones_are_from_configmaps() -> None:
    policies = [policy("configmap"), policy("best-effort", chosen=False)]
    assert steering(policies) == (True, "1 policies from ConfigMaps")


def test_another_one_is_named() -> None:
    found, said = steering([policy("configmap"), policy("best-effort")])
    assert found is None
    assert said == "worker1 → fd12::1000 IPv4: best-effort"


def test_no_policy_at_all_is_not_steered() -> None:
    assert steering([policy("configmap", chosen=False)])[0] is None
