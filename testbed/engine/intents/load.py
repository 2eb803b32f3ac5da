"""Loads a file of intents: read, and checked against a plan."""

from __future__ import annotations

from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.model import Intent
from testbed.engine.intents.read import read_intents
from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding, refuse_errors
from testbed.te.lint.policies import in_file_order


def load_intents(plan: Plan, text: str, source: str) -> tuple[list[Intent], list[Finding]]:
    """The intents of a text, and warnings.

    Raises LintFailed with every finding if one of them is an error, TestbedError for no YAML.
    """
    intents, findings = read_intents(text, source)
    findings = in_file_order([*findings, *lint_intents(plan, intents)])
    refuse_errors(source, findings)
    return [written.intent for written in intents], findings
