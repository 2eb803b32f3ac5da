"""Asks the API server for a pod that is being attached, and for its namespace."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from testbed.agent.model.pod_wish import PodMetadata
from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused
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
        )

    def _get(self, path: str) -> KubeObject:
        try:
            return self._client.call("GET", path)
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return {"metadata": {}}


def _read_texts(document: KubeObject, key: str) -> Mapping[str, str]:
    return {str(k): str(v) for k, v in (document["metadata"].get(key) or {}).items()}
