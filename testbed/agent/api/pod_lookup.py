"""Pods as the API server gives them: what is read of each, and one that is being attached."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from testbed.agent.model.network_policy import ApiPod
from testbed.agent.model.pod_wish import PodMetadata
from testbed.agent.model.read_network_policy import ENDED, read_pod
from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unreachable
from testbed.kube.kubeconfig import reader


class PodLookup:
    """Safe for use by several threads."""

    def __init__(self, config: Path) -> None:
        self._client = KubeClient(reader(config))
        self._lock = threading.Lock()

    def find(self, namespace: str, name: str) -> PodMetadata:
        """What the API says of both now; raises TestbedError.

        The server reads no old copy: what is not there (any more) asks for nothing.
        """
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}"
        with self._lock:
            pod = self._get(f"{path}/pods/{quote(name, safe='')}")
            around = self._get(path)
        return PodMetadata(
            _read_texts(pod, "annotations"),
            _read_texts(around, "annotations"),
            _read_texts(around, "labels"),
            _read_pod(namespace, name, pod),
        )

    def _get(self, path: str) -> KubeObject:
        try:
            return self._client.call("GET", path)
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return {"metadata": {}}


def _read_pod(namespace: str, name: str, document: KubeObject) -> ApiPod:
    try:
        return read_pod(namespace, name, document)
    except (KeyError, ValueError, TypeError) as error:
        raise Unreachable(f"pod {namespace}/{name} is not understood", why=repr(error)) from None


def read_fields_of_pod(document: KubeObject) -> KubeObject:
    """What NetworkPolicies look at; of all that a status says, a change of no more than this."""
    spec, status = document.get("spec") or {}, document.get("status") or {}
    containers = {
        kind: [{k: c[k] for k in ("ports", "restartPolicy") if k in c} for c in spec[kind]]
        for kind in ("containers", "initContainers")
        if spec.get(kind)
    }
    own = {"hostNetwork": True} if spec.get("hostNetwork") else {}
    phase = {"phase": status["phase"]} if status.get("phase") in ENDED else {}
    addresses = {"podIPs": status["podIPs"]} if status.get("podIPs") else {}
    return {"spec": {**containers, **own}, "status": {**addresses, **phase}}


def _read_texts(document: KubeObject, key: str) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in (document["metadata"].get(key) or {}).items()}
