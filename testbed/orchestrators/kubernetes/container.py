"""A command in a pod's container, as `kubectl exec` runs it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from testbed.artefacts import program
from testbed.errors import TestbedError
from testbed.host.run import in_netns
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.api import USERS, connect
from testbed.plan.kubernetes import control_plane
from testbed.plan.model import Plan


def exec_command(plan: Plan, pod: str, command: Sequence[str], terminal: bool) -> list[str]:
    """What runs `command` in the pod's default container; the caller is inside the lab.

    Raises TestbedError.
    """
    namespace = namespace_of(pod, connect(plan).items("/api/v1/pods"), command)
    kubectl = [str(program("kubectl")), "--kubeconfig", str(USERS / "admin.conf")]
    kubectl += ["-n", namespace, "exec", "-i", *(["-t"] if terminal else []), pod, "--"]
    return in_netns(plan.vantage(control_plane(plan).name), [*kubectl, *command])


def namespace_of(pod: str, pods: Iterable[KubeObject], command: Sequence[str]) -> str:
    """Where the pod of this name is. Raises TestbedError if it is nowhere, or in several.

    `command`: what is to run in it.
    """
    found = sorted(p["metadata"]["namespace"] for p in pods if p["metadata"]["name"] == pod)
    if not found:
        raise TestbedError(f"the API server has no pod {pod!r}", fix="testbed kubectl get pods -A")
    if len(found) > 1:
        raise TestbedError(
            f"there are pods {pod!r} in the namespaces {', '.join(found)}",
            fix=f"testbed kubectl -n {found[0]} exec {pod} -- {shlex.join(command)}",
        )
    return str(found[0])
