"""What a running lab knows of itself, inside its own /run/testbed."""

from __future__ import annotations

from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.labs import LabDir
from testbed.paths import BUILT, GOBGPD, PLAN
from testbed.plan.model import Plan


def save(plan: Plan) -> None:
    """Keep the plan inside the lab."""
    write_atomically(PLAN, plan.model_dump_json(indent=1))


def gobgpd() -> Path:
    """The gobgpd of this lab; `gobgp` is beside it."""
    return GOBGPD.readlink()


def plan_inside() -> Plan | None:
    """The plan of the lab that this process has entered; None if it cannot be read."""
    return read_plan(PLAN)


def enter(lab: LabDir) -> Plan:
    """Enter the lab and give its plan. Raises TestbedError if it is not up."""
    continues = lab.up_command  # from inside the lab, the record is out of sight
    lab.enter()
    if not BUILT.exists():
        raise TestbedError(
            f"lab {lab.name!r} is half built",
            why="its `up` was interrupted",
            fix=f"`{continues}` continues, `testbed down -n {lab.name}` removes it",
        )
    plan = plan_inside()
    if plan is None:
        raise foreign(lab, continues)
    return plan


def foreign(lab: LabDir, command: str) -> TestbedError:
    """The error for a running lab whose plan cannot be read; `command` is its `up`."""
    return TestbedError(
        f"the plan of lab {lab.name!r} cannot be read",
        why="another version of testbed made the lab",
        fix=f"{command} --recreate, or testbed down -n {lab.name}",
    )


_COMPARED = (
    *("topology", "profile", "asn", "te_mode", "max_segments", "orchestrator", "backend", "box"),
)


def differences(old: Plan, new: Plan) -> list[str]:
    """In words, what `new` would change."""
    said = [
        f"{field}: {getattr(old, field)} → {getattr(new, field)}"
        for field in _COMPARED
        if getattr(old, field) != getattr(new, field)
    ]
    before, after = set(old.by_name), set(new.by_name)
    said += [f"node {name} is new" for name in sorted(after - before)]
    said += [f"node {name} is gone" for name in sorted(before - after)]
    for name in sorted(before & after):
        one, other = (_flat(name, p.node(name).model_dump(exclude={"where"})) for p in (old, new))
        keys = [*one, *(key for key in other if key not in one)]
        said += [f"{k}: {one.get(k)} → {other.get(k)}" for k in keys if one.get(k) != other.get(k)]
    said += _link_differences(old, new)
    if not said and _without_origins(old) != _without_origins(new):
        said.append("pools or options")
    return said


def _flat(name: str, value: object) -> dict[str, object]:
    """Nested fields by their path: worker2.cluster.joins_later."""
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {k: v for key, inner in value.items() for k, v in _flat(f"{name}.{key}", inner).items()}


def _link_differences(old: Plan, new: Plan) -> list[str]:
    one, other = (
        {f"{x.a.interface}": x.model_dump(exclude={"where"}) for x in p.links} for p in (old, new)
    )
    said = [f"link {name} is new" for name in sorted(set(other) - set(one))]
    said += [f"link {name} is gone" for name in sorted(set(one) - set(other))]
    said += [f"link {n} changes" for n in sorted(set(one) & set(other)) if one[n] != other[n]]
    return said


def _without_origins(plan: Plan) -> object:
    pools = plan.pools.model_copy(update={"where_v4": None, "where_v6": None})
    exclude = {"nodes": {"__all__": {"where"}}, "links": {"__all__": {"where"}}}
    return plan.model_copy(update={"pools": pools}).model_dump(exclude=exclude)


def recorded_plan(lab: LabDir) -> Plan | None:
    """The plan that the host has on record for a lab; None if there is none to read."""
    return read_plan(lab.plan_file)


def read_plan(file: Path) -> Plan | None:
    """The plan in a file; None if there is none to read."""
    try:
        return Plan.model_validate_json(file.read_text())
    except (OSError, ValueError):
        return None
