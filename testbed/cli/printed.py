"""Rows that commands make themselves, and, per command, the type of what it prints as data.

The schemas in docs/schemas are made from this table; docs/json.md lists it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from typing_extensions import TypedDict, TypeForm

from testbed.agent.contract import PolicyStatus
from testbed.cli.error_data import ErrorDocument


class ProgramRow(TypedDict):
    """A program of the lab, its supervisor's word for its state, and since when (HH:MM:SS)."""

    program: str
    state: str
    since: str


@dataclass(frozen=True)
class HeadEndPolicy(PolicyStatus):
    """A candidate, and the head end that has it."""

    head_end: str


class ScenarioRow(TypedDict):
    """A shipped scenario: its name, the paper's claims that it tests, what it shows.

    `long`: `run --all` leaves it out, `run --long` takes it.
    """

    name: str
    claims: list[str]
    long: bool
    shows: str


class ArtefactCheck(TypedDict):
    """A cached program that was read in full; `problem` is None if it is as locked."""

    name: str
    ok: bool
    problem: str | None


class LoadedImages(TypedDict):
    """The images that an archive had, and the nodes that have them now."""

    images: list[str]
    nodes: list[str]


class ImageRow(TypedDict):
    """An image, the nodes that have it, and if `image load` brought it."""

    image: str
    nodes: list[str]
    loaded: bool


class SchemaRow(TypedDict):
    """A schema, and the command that prints what it describes, or the files that it is of."""

    name: str
    command: str


@dataclass(frozen=True)
class Printed:
    """What a command prints as data: its type, for the schema generator."""

    command: str
    type: TypeForm[object]


@dataclass(frozen=True)
class Form:
    """Files of a form of our own that commands read, and their schema."""

    files: str
    schema: Callable[[], Mapping[str, object]]


def forms() -> Mapping[str, Form]:
    """Name of the schema → what it is of: what is read, as `printed` is what is printed."""
    from testbed.object_fields.intent import intent_schema

    return {"intent": Form("files of the TE engine, kind Intent", intent_schema)}


def printed() -> Mapping[str, Printed]:
    """Name of the schema → what it is of; all of them, in the order of the page."""
    from testbed.artefacts.inventory import ArtefactRow
    from testbed.doctor.verdict import Verdict
    from testbed.evaluate.table import CaseRow
    from testbed.host.progress import Event as ProgressEvent
    from testbed.lab.isolation import Judged
    from testbed.lab.snapshots import SnapshotRow
    from testbed.lab.summary import LabSummary
    from testbed.lab.te.changes import IntentPlan
    from testbed.lab.te.explained import ExplainedIntent
    from testbed.lab.te.listing import IntentRow
    from testbed.lab.te.what_if import WhatIf
    from testbed.lab.tunnel_uses import TunnelUse
    from testbed.orchestrators.kubernetes.dry_run import Verdict as FileVerdict
    from testbed.orchestrators.pod import Pod
    from testbed.plan.model import Plan
    from testbed.plan.problems import Problem
    from testbed.prove.draw import ProofData
    from testbed.providers.vagrant.box.box import OwnBox
    from testbed.providers.vagrant.stock.catalogue import Taken
    from testbed.records.claims.ledger import ClaimRow
    from testbed.records.rows import PrunedRow, RunDetails, RunRow
    from testbed.replay.diff import Diff
    from testbed.report.event import Event
    from testbed.report.lab_status import LabStatus
    from testbed.report.live_topology import LiveTopology
    from testbed.report.protection import ProtectionReport
    from testbed.scenario.run.parity import RowData
    from testbed.scenario.run.result import ScenarioResult
    from testbed.te.explain import Explanation

    return {
        "doctor": Printed("doctor", list[Verdict]),
        "progress": Printed("up, down: a line each with --progress json", ProgressEvent),
        "ls": Printed("ls", list[LabSummary]),
        "status": Printed("status", LabStatus),
        "events": Printed("events: a line each", Event),
        "logs": Printed("logs", list[ProgramRow]),
        "policy-list": Printed("policy list", list[HeadEndPolicy]),
        "policy-users": Printed("policy users", list[TunnelUse]),
        "policy-explain": Printed("policy explain", list[Explanation]),
        "te-topology": Printed("te topology", LiveTopology),
        "te-protection": Printed("te protection", ProtectionReport),
        "te-plan": Printed("te plan", IntentPlan),
        "te-list": Printed("te list", list[IntentRow]),
        "te-explain": Printed("te explain", list[ExplainedIntent]),
        "te-whatif": Printed("te whatif", WhatIf),
        "netpol-explain": Printed("netpol explain", list[Judged]),
        "path": Printed("path", ProofData),
        "run": Printed("run", list[ScenarioResult]),
        "run-list": Printed("run --list", list[ScenarioRow]),
        "runs-list": Printed("runs list", list[RunRow]),
        "runs-show": Printed("runs show", RunDetails),
        "runs-prune": Printed("runs prune", list[PrunedRow]),
        "replay": Printed("replay", list[ScenarioResult]),
        "diff": Printed("diff", Diff),
        "claims": Printed("claims", list[ClaimRow]),
        "evaluate": Printed("evaluate", list[CaseRow]),
        "parity": Printed("parity", list[RowData]),
        "validate": Printed(
            "validate: the plan; with exit code 2 its problems", Plan | list[Problem]
        ),
        "pod-list": Printed("pod list", list[Pod]),
        "render-calico-vpp": Printed("render calico-vpp --check", list[FileVerdict]),
        "artefacts-list": Printed("artefacts list", list[ArtefactRow]),
        "artefacts-fetch": Printed("artefacts fetch: name → path", dict[str, str]),
        "artefacts-verify": Printed("artefacts verify", list[ArtefactCheck]),
        "image-load": Printed("image load", LoadedImages),
        "image-list": Printed("image list", list[ImageRow]),
        "box-show": Printed("box show: our own box, or one that was taken", OwnBox | Taken),
        "snapshot-list": Printed("snapshot list", list[SnapshotRow]),
        "schema": Printed("schema", list[SchemaRow]),
        "error": Printed(
            "COMMAND: on stderr, where a command that prints data fails", ErrorDocument
        ),
    }
