"""policy, apply, path: traffic engineering and its proof."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.agent.contract import BEST_EFFORT, PolicyStatus
from testbed.cli.common import (
    DEFAULT_LAB,
    DryRun,
    Format,
    FormatOnlyOption,
    FormatOption,
    Name,
    directory,
    enter,
    orchestrator_of,
    print_data,
    recorded,
    show,
)
from testbed.cli.completion import nodes_and_pods, offering
from testbed.cli.completion import policies as injected_policies
from testbed.cli.printed import HeadEndPolicy
from testbed.errors import TestbedError
from testbed.report.tables import Column
from testbed.te.input_text import from_here

if TYPE_CHECKING:
    from testbed.plan.model import Plan
    from testbed.srpolicy.files.change import PolicyChange

policy_app = typer.Typer(help="SR Policies: apply, list, delete, explain.", no_args_is_help=True)

FileOption = Annotated[Path, typer.Option("--file", "-f", help="The file to apply.")]
Force = Annotated[bool, typer.Option("--force", help="Apply in spite of what lint says.")]


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(policy_app, name="policy")
    app.command()(apply)
    app.command()(delete)
    app.command()(mode)
    app.command()(path)


@policy_app.command("apply")
def policy_apply(
    file: FileOption, force: Force = False, dry_run: DryRun = False, name: Name = DEFAULT_LAB
) -> None:
    """Announce the SR Policies of FILE over BGP (the injector's YAML, or our own form)."""
    file = from_here(file)
    plan = enter(name)
    from testbed.lab import policies
    from testbed.te.load import load_policy_file

    changes, findings = load_policy_file(plan, file, force, policies.bindable(plan))
    _print_findings(findings)
    if not dry_run:
        for outcome in policies.inject(plan, changes):
            print(outcome)
        _note_protect(plan, changes)
        return
    for outcome in policies.preview_injection(plan, changes):
        print(f"{outcome} (dry run)")


def _note_protect(plan: Plan, changes: Iterable[PolicyChange]) -> None:
    from testbed.orchestrators.agents import te_mode

    asking = any(change.protect for change in changes)
    if asking and te_mode(orchestrator_of(plan).api(plan)) != "bgp":
        note = "note: TE mode is configmap, in which these and their detours do not count"
        print(f"{note}; `testbed mode bgp` makes them", file=sys.stderr)


@policy_app.command("list")
def policy_list(name: Name = DEFAULT_LAB, format: FormatOption = Format.table) -> None:
    """What each node really has: valid or not, chosen or not, and why."""
    plan = enter(name)
    from testbed.orchestrators.agent_status import agent_status
    from testbed.providers.members import present

    names = [field.name for field in fields(PolicyStatus)]  # a policy remembers more than these
    found = [
        HeadEndPolicy(**{of: getattr(policy, of) for of in names}, head_end=node.name)
        for node in present(plan)
        if (status := agent_status(node.name))
        for policy in status.policies
    ]
    columns = [
        Column("head end"),
        Column("endpoint"),
        Column("family"),
        Column("source"),
        Column("pref", rank=1),
        Column("segments", prose=True),
        Column("state", prose=True),
    ]
    show(
        format,
        [policy.to_json() for policy in found],
        columns,
        [
            [
                p.head_end,
                p.endpoint,
                f"IPv{p.family}",
                p.source,
                str(p.preference),
                "\n".join(" → ".join(one.segments) for one in p.segment_lists),
                _describe_state(p),
            ]
            for p in found
        ],
    )


def _describe_state(policy: PolicyStatus) -> str:
    state = "chosen" if policy.chosen else "valid" if policy.valid else "invalid"
    why = f": {policy.why}" if policy.why else ""
    if not policy.binding_sid_state or policy.source == BEST_EFFORT:  # whose SIDs are names
        return f"{state}{why}"
    return f"{state}{why}; BSID {policy.binding_sid} {policy.binding_sid_state}"


@policy_app.command("users")
def policy_users(name: Name = DEFAULT_LAB, format: FormatOption = Format.table) -> None:
    """Which pods' packets take which tunnel: by head end, endpoint and family, and why."""
    plan = enter(name)
    from testbed.lab.objects import pools_in
    from testbed.lab.tunnel_uses import COLUMNS, tunnel_uses
    from testbed.orchestrators.agent_status import agent_status
    from testbed.providers.members import present

    orchestrator = orchestrator_of(plan)
    statuses = [status for node in present(plan) if (status := agent_status(node.name))]
    found = tunnel_uses(plan, statuses, orchestrator.pods(plan), pools_in(orchestrator.api(plan)))
    show(format, [use.to_json() for use in found], COLUMNS, [use.row() for use in found])


@policy_app.command("delete")
def policy_delete(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="As `apply` said them.", autocompletion=offering(injected_policies)),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that was injected.")] = False,
    name: Name = DEFAULT_LAB,
) -> None:
    """Withdraw SR Policies from BGP."""
    plan = enter(name)
    from testbed.lab import policies

    gone = policies.select(plan, names or [], all_)
    policies.withdraw(plan, [policy.key for policy in gone])
    for policy in gone:
        print(f"{policy.name} withdrawn {policy.key}")
    unreadable = policies.discard_unreadable(plan) if all_ else []
    for broken in unreadable:
        print(f"{broken.name} removed: it could not be read")
    if not gone and not unreadable:
        print("no policy is injected")


@policy_app.command("explain")
def policy_explain(
    file: FileOption,
    name: Name = DEFAULT_LAB,
    format: FormatOnlyOption = Format.table,
) -> None:
    """Each SID of FILE: node, pool, behaviour, reachable or not; the path the plan predicts."""
    file = from_here(file)
    plan, beside = _look_into(name)
    from testbed.te.explain import explain_all, explain_text
    from testbed.te.lint.policies import bindable
    from testbed.te.load import load_policy_file

    changes, findings = load_policy_file(plan, file, True, beside)
    policies = bindable(changes, beside)
    candidates = [change.candidate for change in changes if change.candidate]
    explained = [e for c in candidates for e in explain_all(plan, c, policies=policies)]
    if print_data([e.to_dict() for e in explained], format):
        return
    for explanation in explained:
        print(explain_text(explanation))
    _print_findings(findings)


def _look_into(name: str) -> tuple[Plan, list[PolicyChange]]:
    """A lab's plan, and its policies that may be entered; others than root see no such."""
    if os.geteuid() != 0 or not directory(name).built:
        return recorded(name), []
    plan = enter(name)
    from testbed.lab.policies import bindable

    return plan, bindable(plan)


def apply(
    file: FileOption, force: Force = False, dry_run: DryRun = False, name: Name = DEFAULT_LAB
) -> None:
    """Apply TE ConfigMaps, Calico's objects, Intents: checked first, then all of them or none."""
    file = from_here(file)
    plan = enter(name)
    from testbed.lab import objects
    from testbed.orchestrators.agents import te_mode
    from testbed.te.load import load_objects

    api = orchestrator_of(plan).api(plan)
    documents, findings = load_objects(
        plan,
        file,
        force,
        objects.selected_by(plan, api),
        objects.pools_in(api),
        beside=objects.te_configs_in(api),
        lint_intents=objects.intents_linted(plan),
    )
    _print_findings(findings)
    if dry_run:
        for previewed in objects.preview_objects(api, documents):
            print(f"{previewed} (dry run)")
    else:
        for applied in objects.apply_objects(api, documents):
            print(f"{applied} applied")
    if te_mode(api) != "configmap" and any(d["kind"] == "ConfigMap" for d in documents):
        print("note: TE mode is bgp; `testbed mode configmap` makes it count", file=sys.stderr)


def delete(file: FileOption, name: Name = DEFAULT_LAB) -> None:
    """Delete the objects that FILE names, as `kubectl delete -f` does."""
    file = from_here(file)
    plan = enter(name)
    from testbed.lab import objects
    from testbed.te.load import load_objects

    documents, _ = load_objects(plan, file, force=True, lint_intents=objects.intents_linted(plan))
    for name, was_there in objects.delete_objects(orchestrator_of(plan).api(plan), documents):
        print(f"{name} {'deleted' if was_there else 'was not there'}")


def _print_findings(findings: Iterable[object]) -> None:
    for finding in findings:
        print(finding, file=sys.stderr)


def path(
    source: Annotated[
        str, typer.Argument(help="Host, node or pod.", autocompletion=offering(nodes_and_pods))
    ],
    destination: Annotated[
        str, typer.Argument(help="Host, node or pod.", autocompletion=offering(nodes_and_pods))
    ],
    ipv4: Annotated[bool, typer.Option("-4", help="IPv4.")] = False,
    ipv6: Annotated[bool, typer.Option("-6", help="IPv6 (default where both have it).")] = False,
    expect: Annotated[
        str | None,
        typer.Option(
            help="Segment endpoints, e.g. r6,r8; or vxlan, ipip, routed, direct, plain. "
            "Default: promised."
        ),
    ] = None,
    pcap: Annotated[Path | None, typer.Option(help="Write FILE.pcapng.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the path into FILE.svg.")] = None,
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """Prove by packets which path traffic takes: PASS or FAIL."""
    pcap, svg = (file.resolve() if file else None for file in (pcap, svg))
    if ipv4 and ipv6:
        raise TestbedError("-4 and -6 exclude each other", fix="give one of them")
    plan = enter(name)
    from testbed.prove import picture
    from testbed.prove.in_lab import WITHOUT_SEGMENTS, expected_nodes, prove

    waypoints = None
    if expect is not None:
        waypoints = [expect] if expect in WITHOUT_SEGMENTS else expected_nodes(plan, expect)
    proof = prove(plan, source, destination, 4 if ipv4 else 6, waypoints)
    if pcap is not None:
        proof.write_pcap(pcap)
    if svg is not None:
        picture.write(svg, plan, proof.traces)
    if not print_data(proof.to_dict(), format):
        print(proof.drawing())
    if not proof.passed:
        raise typer.Exit(1)


def mode(
    te_mode: Annotated[str, typer.Argument(metavar="bgp|configmap")], name: Name = DEFAULT_LAB
) -> None:
    """Switch where TE comes from, on all nodes, while running."""
    if te_mode not in ("bgp", "configmap"):
        raise TestbedError(f"no TE mode {te_mode!r}", fix="bgp or configmap")
    plan = enter(name)
    from testbed.orchestrators.agents import write_te_mode

    write_te_mode(te_mode, orchestrator_of(plan).api(plan))
