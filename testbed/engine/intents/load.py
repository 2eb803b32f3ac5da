"""Loads a file of intents: read, and checked against a plan and the intents that are there."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.read import Written, read_intents
from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding, refuse_errors
from testbed.te.lint.policies import in_file_order


def load_intents(
    plan: Plan, text: str, source: str, there: Sequence[Written] = ()
) -> tuple[list[Written], list[Finding]]:
    """The intents of a text, and warnings; those of `there` with another name stay beside them.

    Raises LintFailed with every finding if one of them is an error, TestbedError for no YAML.
    """
    intents, findings = read_intents(text, source)
    names = {written.intent.name for written in intents}
    beside = [written for written in there if written.intent.name not in names]
    about = lint_intents(plan, [*beside, *intents])
    here = [finding for finding in about if finding.where.rpartition(":")[0] == source]
    findings = in_file_order([*findings, *here])
    refuse_errors(source, findings)
    return intents, findings
