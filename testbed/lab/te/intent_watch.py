"""The intents of an API server, as they are there; loads nothing of the engine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from testbed.kube.api_wait import ApiWait
from testbed.kube.backoff import SharedBackoff
from testbed.kube.client import LIMITS, KubeClient, Limits
from testbed.kube.dial import dial_in
from testbed.kube.documents import KubeObject
from testbed.kube.kubeconfig import reader
from testbed.kube.watch import Resource, ResourceWatch
from testbed.object_fields.intent_object import PATH

# Not `optional`: while a server starts it may not know the kind yet, and intents are not gone then.
_INTENTS = Resource("Intent", PATH, whole=True)
NAME = "te-engine"


class IntentWatch:
    """`changed` is an eventfd that can be read when specs have changed.

    While the server is away, the last state stays. `on_status` is called, from another thread,
    when only statuses have changed.
    """

    def __init__(self, client: KubeClient) -> None:
        self.changed = os.eventfd(0, os.EFD_NONBLOCK)
        self.on_status: Callable[[], None] = lambda: None
        self._versions: Mapping[str, object] | None = None
        self._watch = ResourceWatch(client, _INTENTS, self._note, SharedBackoff(), ApiWait())

    def start(self) -> None:
        """Watch from now on, until the process ends."""
        self._watch.start()

    def take_change(self) -> None:
        """The change is known now: `changed` can be read after the next one."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.changed)

    @property
    def objects(self) -> Mapping[str, KubeObject] | None:
        """By name; None until the server has answered for the first time."""
        return self._watch.documents if self._watch.listed else None

    def _note(self) -> None:
        objects = self.objects
        if objects is None:
            return
        versions = {n: (o["metadata"].get("uid"), generation(o)) for n, o in objects.items()}
        if versions != self._versions:
            self._versions = versions
            os.eventfd_write(self.changed, 1)
        else:
            self.on_status()


def generation(document: KubeObject) -> int:
    """Counts the changes of its spec."""
    return int(document["metadata"].get("generation") or 0)


def client_of(netns: str, kubeconfig: Path, slowness: int = 1) -> KubeClient:
    """The engine's own, of a server that is reached from a namespace."""
    limits = Limits(LIMITS.connect * slowness, LIMITS.answer * slowness)
    return KubeClient(reader(kubeconfig), dial=dial_in(netns), limits=limits, name=NAME)
