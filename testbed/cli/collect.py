"""collect: everything that a bug report needs, in one archive."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import DEFAULT_LAB, Name, directory, need_root, unwritable
from testbed.cli.doctor import all_verdicts
from testbed.errors import TestbedError
from testbed.host.for_caller import open_for_caller


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(collect)


def collect(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help=".tar.zst, .tar.xz or .tar.gz")
    ] = Path("testbed-report.tar.gz"),
    name: Name = DEFAULT_LAB,
) -> None:
    """Gather what a bug report needs: plan, status, routes, logs, doctor; no keys, no tokens."""
    from testbed.report.bundle import check_suffix, leave_out_secrets, pack

    output = output.resolve()
    check_suffix(output)
    need_root()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / output.name.partition(".tar.")[0]
        report.mkdir()
        _gather(name, report)
        left_out = leave_out_secrets(report)
        if left_out:
            (report / "left-out.txt").write_text(
                "".join(f"{file}: it holds a secret\n" for file in left_out)
            )
        pack(report, Path(scratch) / output.name)
        _copy(Path(scratch) / output.name, output)
        count = sum(file.is_file() for file in report.rglob("*"))
    print(f"{output}: {count} files; look through them before you pass them on")


def _gather(name: str, report: Path) -> None:
    """Everything that can be had, also of a lab that is dead, half built or not there."""
    from testbed.lab.state import enter
    from testbed.lab.status import read_lab_status
    from testbed.scenario.run.evidence import environment, keep_evidence

    (report / "environment.txt").write_text(environment())
    _write_json(report / "doctor.json", [asdict(v) for v in all_verdicts()])
    lab = directory(name)
    for file in ("plan.json", "init.log"):
        if (lab.path / file).exists():
            shutil.copy(lab.path / file, report / file)
    try:
        plan = enter(lab)
        _write_json(report / "status.json", read_lab_status(plan).to_json())
        keep_evidence(plan, report)
    except TestbedError as error:
        (report / "incomplete.txt").write_text(f"{error}\n")


def _copy(archive: Path, output: Path) -> None:
    try:
        with archive.open("rb") as source, os.fdopen(open_for_caller(output), "wb") as target:
            shutil.copyfileobj(source, target)
    except OSError as error:
        raise unwritable(output, error) from None


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, indent=1, default=str) + "\n")
