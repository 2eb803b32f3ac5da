"""Files of policies and objects that are mended as their findings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.te.lint.findings import LintFailed
from testbed.te.load import load_objects, load_policy_file
from tests.shipped_plans import shipped_plan
from tests.unit.fixes.applied import edited, is_printed_by
from tests.unit.te.lint.test_lint import selected

HEAD = "apiVersion: crd.projectcalico.org/v1\nkind: "
POOL = HEAD + "IPPool\nmetadata: {name: p}\nspec:\n  cidr: 172.16.4.0/24\n"
Said = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Mended:
    """A file; what of the named line is replaced, and by what."""

    fix: str
    text: str
    old: str
    new: str
    anywhere: bool = False  # the line to edit is not the one that is named


def changed(text: str) -> Callable[..., Mended]:
    """Makes cases out of a right text in which `wrong` stands for `right`."""

    def case(
        fix: str,
        right: str,
        wrong: str,
        new: str | None = None,
        *,
        old: str = "",
        anywhere: bool = False,
    ) -> Mended:
        """`old` is edited, if not all that is wrong; `new` is written, if not what was right."""
        assert right in text
        new = right if new is None else new
        return Mended(fix, text.replace(right, wrong), old or wrong, new, anywhere)

    return case


def said_of(plan: Plan, file: Path) -> Said:
    """Place and fix of everything that is said of a file."""
    text = file.read_text()
    of_policies = "SRPolicy" in text or "segmentlist" in text
    try:
        if of_policies:
            findings = load_policy_file(plan, file)[1]
        else:
            findings = load_objects(plan, file, selected=selected)[1]
    except LintFailed as error:
        findings = error.findings
    except TestbedError as error:
        return [(error.where or "", error.fix)]
    return [(f.where, f.fix) for f in findings]


def check_mended(directory: Path, case: Mended) -> None:
    """What is said of the case's file has its fix; after that is followed, nothing is said."""
    plan, file = shipped_plan("full"), directory / "mine.yaml"
    file.write_text(case.text)
    said = said_of(plan, file)
    where, fix = next(((w, f) for w, f in said if is_printed_by(case.fix, f)), ("", None))
    assert fix is not None, said
    file.write_text(edited(case.text, None if case.anywhere else where, case.old, case.new, fix))
    left = said_of(plan, file)
    assert left == [], left
