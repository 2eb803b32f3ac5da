"""Why a pod's sandbox is not made, in the kubelet's words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from urllib.parse import quote

from testbed.errors import CheckFailed, TestbedError
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.api import KubernetesApi

_REASON = "FailedCreatePodSandBox"
_PAUSE = 1.0  # seconds between two questions: most pods start without any
# What trying again does not mend; the kubelet does so for ever.
_FINAL = ("failed to find plugin",)


class SandboxFailures:
    """The last failure of one pod's sandbox; the API server is asked now and then."""

    def __init__(
        self, api: KubernetesApi, pod: KubeObject, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api, self._pod, self._clock = api, pod, clock
        self._last = ""
        self._asked = clock()

    def last(self) -> str:
        """Empty if there was none. Raises CheckFailed if trying again cannot help."""
        if self._clock() - self._asked >= _PAUSE:
            self._asked = self._clock()
            self._last = self._ask()
        if any(words in self._last for words in _FINAL):
            metadata, node = self._pod["metadata"], self._pod["spec"]["nodeName"]
            raise CheckFailed(
                f"pod {metadata['name']} cannot start on {node}",
                why=self._last,
                fix=f"testbed logs {node}.containerd; testbed doctor",
            )
        return self._last

    def _ask(self) -> str:
        metadata = self._pod["metadata"]
        chosen = quote(f"involvedObject.name={metadata['name']},reason={_REASON}")
        path = f"/api/v1/namespaces/{metadata['namespace']}/events?fieldSelector={chosen}"
        try:
            return last_failure(self._api.items(path))
        except TestbedError:  # a busy API server; it will be asked again
            return self._last


def last_failure(events: Iterable[KubeObject]) -> str:
    """The message of the newest event on one line; empty if there is none."""
    newest = max(events, key=_time_of, default=None)
    if newest is None:
        return ""
    return " ".join(str(newest.get("message", "")).split())[:500]


def _time_of(event: KubeObject) -> str:
    """RFC 3339 in UTC, which sorts as text."""
    series = event.get("series") or {}
    return str(
        series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime") or ""
    )
