"""Loads policy files and TE ConfigMaps, and checks each file as a whole against a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from testbed.errors import TestbedError
from testbed.object_fields.reserved import Network
from testbed.plan.model import Plan
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.configmap import NodeConfig
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.files.yaml_tree import Value, read_documents
from testbed.te.input_text import read_input
from testbed.te.lint import calico_objects
from testbed.te.lint.calico import Selected, lint_calico
from testbed.te.lint.findings import Finding, refuse_errors
from testbed.te.lint.object_items import as_kept, check_envelope, each_object, refuse_twins
from testbed.te.lint.policies import in_file_order, lint_configmaps, lint_policies
from testbed.te.resolve import resolver

LintIntents = Callable[[Sequence[Value]], list[Finding]]


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
    lint_intents: LintIntents | None = None,
) -> tuple[list[dict[str, object]], list[Finding]]:
    """TE ConfigMaps, Calico's IPPool, BGPPeer and BGPConfiguration, NetworkPolicies, Intents.

    `selected`, `pools_in_lab`: see lint_calico. `beside`: the lab's TE ConfigMaps. Without
    `lint_intents` nobody takes Intents that are objects. Raises TestbedError for what is none of
    these, LintFailed for errors unless `force`.
    """
    text = read_input(file)
    documents = [d for whole in read_documents(text, file.name) for d in each_object(whole)]
    if not documents:
        raise TestbedError("the file holds no object", where=file.name)
    tunnels = [d for d in documents if configmap.recognises(d)]
    intents = [d for d in documents if lint_intents and calico_objects.kind(d) == "Intent"]
    of_engine = set(map(id, intents))
    for document in documents:
        if document not in tunnels and id(document) not in of_engine:
            calico_objects.check(document, plan.orchestrator_traits.containers)
        check_envelope(document)
    configs = configmap.each_once(tunnels, file.name)
    others = [d for d in documents if d not in tunnels]
    refuse_twins(others)
    of_calico = [d for d in others if id(d) not in of_engine]
    found = [
        *lint_configmaps(plan, configs, beside=beside),
        *lint_calico(plan, of_calico, selected, pools_in_lab),
    ]
    found += lint_intents(intents) if lint_intents and intents else []
    findings = in_file_order(found)
    if not force:
        refuse_errors(file.name, findings)
    return [as_kept(d) for d in documents], findings
