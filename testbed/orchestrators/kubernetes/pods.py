"""Pods of a Kubernetes lab: made through the API, found through what the agents attached."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.api import KubernetesApi, connect
from testbed.orchestrators.kubernetes.sandbox import SandboxFailures
from testbed.orchestrators.pod import Pod, checked_name, unknown_pod
from testbed.paths import NETNS, NODES
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.registry import handle

NAMESPACE = "default"
IMAGE = "testbed.invalid/tools:latest"
PATIENCE = 240.0  # seconds until a pod runs, or is gone; software emulation may need them
# As PID 1 a plain sleep would not hear SIGTERM, and the kubelet waits two seconds for it.
_SLEEP = "trap exit TERM; sleep infinity & wait"


def create(plan: Plan, name: str, node: str) -> Pod:
    """Start a pod on a node; returns once it runs. Raises TestbedError."""
    if connect(plan).get(manifest(checked_name(name), node)) is not None:
        raise TestbedError(f"pod {name!r} exists", fix=f"testbed pod delete {name}, or rename")
    ensure(plan, {name: node})
    return get(plan, name)


def ensure(plan: Plan, wanted: Mapping[str, str]) -> None:
    """Have these pods, name → node; returns once all run and are attached. Raises TestbedError."""
    api = connect(plan)
    _service_account(api)
    documents = [manifest(name, node) for name, node in wanted.items()]
    for document in documents:
        if api.get(document) is None:
            api.apply(document)
    for document in documents:
        name, node = document["metadata"]["name"], document["spec"]["nodeName"]
        wait_for(
            f"pod {name} on {node} to run",
            partial(_probe_running, plan, api, document, SandboxFailures(api, document)),
            PATIENCE,
            api.polling.interval,
            fix=f"testbed kubectl describe pod {name}; testbed logs {node}.kubelet",
        )


def delete(plan: Plan, name: str) -> None:
    """Remove a pod, be it attached now or not yet; returns once its addresses are free again.

    Raises TestbedError.
    """
    api = connect(plan)
    found = api.get(manifest(checked_name(name), ""))
    if found is None:
        raise _not_ours(plan, name)
    api.delete(found)
    wait_for(
        f"pod {name} to go",
        partial(_probe_gone, plan, api, found),
        PATIENCE,
        api.polling.interval,
        fix=f"testbed kubectl describe pod {name}",
    )


def _probe_gone(plan: Plan, api: KubernetesApi, document: KubeObject) -> tuple[bool | None, str]:
    if document["metadata"]["name"] in {pod.name for pod in listing(plan)}:
        return None, "still attached"
    return (None, "its kubelet ends it") if api.get(document) else (True, "gone")


def _not_ours(plan: Plan, name: str) -> TestbedError:
    """The error for a pod that is not in the namespace of the lab's own."""
    there = [pod.name for pod in listing(plan)]
    if name not in there:
        return unknown_pod(name, there)
    return TestbedError(
        f"pod {name!r} is not in the namespace {NAMESPACE}",
        why="`testbed pod` makes and deletes pods of this namespace only",
        fix="testbed kubectl get pods -A",
    )


def manifest(name: str, node: str) -> KubeObject:
    """A pod with the tools of a lab, on this node whatever its taints say."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}},
        "spec": {
            "nodeName": node,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "main",
                    "image": IMAGE,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sh", "-c", _SLEEP],
                }
            ],
        },
    }


def listing(plan: Plan) -> list[Pod]:
    """The pods of the lab's network, by name; each can be entered as /run/netns/pod-NAME."""
    found = [pod for node in present(plan) for pod in _attached_pods(node.name)]
    return sorted(found, key=lambda pod: pod.name)


def get(plan: Plan, name: str) -> Pod:
    """The pod of this name. Raises TestbedError."""
    pods = {pod.name: pod for pod in listing(plan)}
    if name not in pods:
        raise unknown_pod(name, pods)
    return pods[name]


def _attached_pods(node: str) -> Iterator[Pod]:
    root = handle(node).root()
    for file in (NODES / node / "cni").glob("*.json"):
        # detached meanwhile; or garbage, which the node's agent names in its status
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            record = json.loads(file.read_text())
            pod = Pod(
                record["name"],
                node,
                _with_length(record["ipv4"], 32),
                _with_length(record["ipv6"], 128),
            )
            if root is not None:
                _name_netns(pod, f"{root}{_resolve_run(record['netns'])}")
            yield pod


def _with_length(address: str | None, length: int) -> str | None:
    return f"{address}/{length}" if address else None


def _resolve_run(path: str) -> str:
    """/var/run is a link to /run, which would lead out of the node's root."""
    return path.removeprefix("/var") if path.startswith("/var/run/") else path


def _name_netns(pod: Pod, target: str) -> None:
    """The pod's namespace is pinned in its node; here its name is a link to that."""
    link = NETNS / pod.netns
    with suppress(OSError):
        if link.readlink() == Path(target):
            return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _service_account(api: KubernetesApi) -> None:
    """The controller manager makes it a moment after the namespace."""
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": NAMESPACE},
    }
    wait_for(
        "the default service account",
        lambda: (api.get(account), "the controller manager has not made it yet"),
        PATIENCE,
    )


def _probe_running(
    plan: Plan, api: KubernetesApi, document: KubeObject, sandbox: SandboxFailures
) -> tuple[bool | None, str]:
    """After a warm start the API still says Running of a pod that its node has yet to start."""
    status = (api.get(document) or {}).get("status", {})
    waiting = [
        state["waiting"].get("message") or state["waiting"]["reason"]
        for container in status.get("containerStatuses") or []
        if "waiting" in (state := container["state"])
    ]
    name = document["metadata"]["name"]
    attached = name in {pod.name for pod in listing(plan)}
    if status.get("phase") == "Running" and attached:
        return True, "it runs"
    found = [str(status.get("phase")), *waiting, "" if attached else "not attached", sandbox.last()]
    return None, "; ".join(filter(None, found))
