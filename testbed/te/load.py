"""Loads policy files and TE ConfigMaps, and checks each file as a whole against a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from testbed.errors import TestbedError
from testbed.object_fields.reserved import Network
from testbed.plan.model import Plan
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.files.yaml_tree import read_documents
from testbed.te.input_text import read_input
from testbed.te.lint import calico_objects
from testbed.te.lint.calico import Selected, lint_calico
from testbed.te.lint.findings import Finding, refuse_errors
from testbed.te.lint.object_items import as_kept, check_envelope, each_object, refuse_twins
from testbed.te.lint.policies import in_file_order, lint_configmaps, lint_policies
from testbed.te.resolve import resolver


def load_policy_file(
    plan: Plan, file: Path, force: bool = False, beside: Iterable[PolicyChange] = ()
) -> tuple[list[PolicyChange], list[Finding]]:
    """The changes of a policy file and what lint says of them.

    `beside`: policies of the lab that have binding SIDs. Raises TestbedError for what cannot be
    read, LintFailed for errors unless `force`.
    """
    changes = load_policies(read_input(file), file.name, resolver(plan))
    findings = lint_policies(plan, [c for c in changes if not c.withdraw], beside=beside)
    if not force:
        refuse_errors(file.name, findings)
    return changes, findings


def load_configmaps(
    plan: Plan, file: Path, force: bool = False, beside: Iterable[NodeConfig] = ()
) -> tuple[list[dict[str, object]], list[Finding]]:
    """The ConfigMap objects of a file and what lint says of them; raises as above."""
    objects, findings = load_objects(plan, file, force, beside=beside)
    return [o for o in objects if o["kind"] == "ConfigMap"], findings


def load_objects(
    plan: Plan,
    file: Path,
    force: bool = False,
    selected: Selected | None = None,
    pools_in_lab: Mapping[str, Network] = MappingProxyType({}),
    beside: Iterable[NodeConfig] = (),
) -> tuple[list[dict[str, object]], list[Finding]]:
    """TE ConfigMaps, Calico's IPPool, BGPPeer and BGPConfiguration, and NetworkPolicies.

    `selected`, `pools_in_lab`: see lint_calico. `beside`: the lab's TE ConfigMaps. Raises
    TestbedError for what is none of these, LintFailed for errors unless `force`.
    """
    text = read_input(file)
    documents = [d for whole in read_documents(text, file.name) for d in each_object(whole)]
    if not documents:
        raise TestbedError("the file holds no object", where=file.name)
    tunnels = [d for d in documents if configmap.recognises(d)]
    for document in documents:
        if document not in tunnels:
            calico_objects.check(document, plan.orchestrator_traits.containers)
        check_envelope(document)
    configs = configmap.each_once(tunnels, file.name)
    others = [d for d in documents if d not in tunnels]
    refuse_twins(others)
    findings = in_file_order(
        [
            *lint_configmaps(plan, configs, beside=beside),
            *lint_calico(plan, others, selected, pools_in_lab),
        ]
    )
    if not force:
        refuse_errors(file.name, findings)
    return [as_kept(d) for d in documents], findings
