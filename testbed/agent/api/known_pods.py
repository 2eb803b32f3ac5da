"""Pods of this node as the API had them last: when they were attached, and as long as they are."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from testbed.agent.model.attachment import Attachment
from testbed.agent.model.network_policy import ApiPod


class KnownPods:
    """Fills two gaps: before the watch tells of a pod, and after its object was deleted by force.

    Safe for use by several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pods: dict[tuple[str, str], ApiPod] = {}

    def add(self, pod: ApiPod | None) -> None:
        """What the API says of a pod that is about to be attached; one without uid is not there."""
        if pod is not None and pod.uid:
            with self._lock:
                self._pods[pod.namespace, pod.name] = pod

    def update(
        self, listed: Iterable[ApiPod], attached: Iterable[Attachment]
    ) -> tuple[ApiPod, ...]:
        """Take over what the watch tells of those pods that are here; returns all that are known.

        Another pod of the same name, which is to be elsewhere or will be attached, changes nothing.
        """
        here = {(one.namespace, one.name) for one in attached}
        with self._lock:
            for pod in listed:
                name = pod.namespace, pod.name
                is_known = name in self._pods
                if is_known and self._pods[name].uid != pod.uid:
                    continue
                if name in here:
                    self._pods[name] = pod
                elif is_known:
                    del self._pods[name]
            return tuple(self._pods.values())
