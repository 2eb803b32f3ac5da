"""Reads and watches the directory that plays the Kubernetes API in a light lab.

One object or several (multi-document YAML, a List) per file; files appear by rename or are
complete when they are closed. Hidden files are temporary ones of writers and not read.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import inotify_simple

from testbed.agent.api import registration
from testbed.agent.api.publish import publish_once
from testbed.agent.config import AgentConfig
from testbed.agent.contract import NodeStatus
from testbed.agent.desired.te_config import Refusal
from testbed.agent.ipam import addresses
from testbed.agent.model import read_objects
from testbed.agent.model.objects import IpNetwork, Node, Objects
from testbed.agent.model.pod_wish import PodMetadata
from testbed.api_objects import NAMESPACE_NAME
from testbed.errors import TestbedError
from testbed.kube.documents import load_yaml, short_text

log = logging.getLogger(__name__)
_FLAGS = inotify_simple.flags
SUFFIXES = (".json", ".yaml", ".yml")
MAX_SIZE = 1 << 20  # bytes; etcd would not hold a larger object either


@dataclass(frozen=True)
class _File:
    """A file as last read: what tells it from a newer one, and its documents."""

    stamp: tuple[int, int, int]
    documents: tuple[object, ...]
    problem: str | None


class DirectoryReader:
    """Reads the directory; files that did not change are not parsed again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[str, _File] = {}

    def read(self) -> Objects:
        """All objects as of now. A file that became unreadable keeps its last good content."""
        lost = self._refresh_files()
        documents = [(n, d) for n in sorted(self._files) for d in self._files[n].documents]
        problems = [f.problem for _, f in sorted(self._files.items()) if f.problem]
        return read_objects.read(documents, [*lost, *problems])

    def _refresh_files(self) -> list[str]:
        try:
            names = {e.name for e in os.scandir(self._directory) if _is_read(e.name)}
        except OSError as error:
            # the objects did not vanish, the way to them did: keep what we know
            return [f"{self._directory}: cannot be read ({error.strerror}); last state kept"]
        for gone in self._files.keys() - names:
            del self._files[gone]
        for name in names:
            self._read_file(name)
        return []

    def _read_file(self, name: str) -> None:
        path, known = self._directory / name, self._files.get(name)
        try:
            info = path.stat()
        except FileNotFoundError:
            self._files.pop(name, None)
            return
        except OSError as error:
            self._keep_last(name, (0, 0, 0), f"{name}: {error.strerror}")
            return
        stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
        if known is not None and known.stamp == stamp:
            return
        try:
            self._files[name] = _File(stamp, tuple(load_documents(path)), None)
        except TestbedError as error:
            self._keep_last(name, stamp, f"{name}: {error.what}: {error.why}")

    def _keep_last(self, name: str, stamp: tuple[int, int, int], problem: str) -> None:
        known = self._files.get(name)
        note = f"{problem}; its last good content is kept" if known and known.documents else problem
        self._files[name] = _File(stamp, known.documents if known else (), note)


def _is_read(name: str) -> bool:
    return not name.startswith(".") and name.endswith(SUFFIXES)


def load_documents(path: Path) -> list[object]:
    """The documents of one JSON or YAML file; raises TestbedError on anything else."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            raise ValueError(f"larger than {MAX_SIZE} bytes")
        text = data.decode()
        if path.suffix == ".json":
            return [json.loads(text)]
        return load_yaml(text)
    except (OSError, ValueError, RecursionError) as error:
        raise TestbedError("cannot be read", where=str(path), why=short_text(error)) from None


class DirectoryWatch(threading.Thread):
    """Calls `on_change` with all objects: once at the start, then after every change.

    The constructor raises TestbedError when the directory cannot be watched.
    """

    def __init__(self, directory: Path, on_change: Callable[[Objects], None]) -> None:
        super().__init__(name="source", daemon=True)
        self._directory = directory
        self._on_change = on_change
        self._reader = DirectoryReader(directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._inotify = inotify_simple.INotify()
            self._add_watch()
        except OSError as error:
            raise TestbedError(
                "cannot watch the API directory",
                where=str(directory),
                why=str(error),
                fix="raise fs.inotify.max_user_instances if it is the limit",
                exit_code=4,
            ) from None

    def _add_watch(self) -> None:
        mask = _FLAGS.CLOSE_WRITE | _FLAGS.MOVED_TO | _FLAGS.MOVED_FROM | _FLAGS.DELETE
        self._inotify.add_watch(self._directory, mask | _FLAGS.DELETE_SELF | _FLAGS.MOVE_SELF)

    def run(self) -> None:
        """Watched first, read second: nothing that happens in between is missed."""
        self._publish_objects()
        while True:
            events = self._inotify.read()
            if any(e.mask & (_FLAGS.DELETE_SELF | _FLAGS.MOVE_SELF) for e in events):
                self._publish_objects()  # reports the loss; the objects stay
                if not self._wait_until_back():
                    return
                self._publish_objects()
            elif any(e.mask & _FLAGS.Q_OVERFLOW or _is_read(e.name) for e in events):
                self._publish_objects()

    def _wait_until_back(self) -> bool:
        """Wait until the directory is there again, watching its parent; False if that is lost."""
        try:
            with inotify_simple.INotify() as parent:
                parent.add_watch(self._directory.parent, _FLAGS.CREATE | _FLAGS.MOVED_TO)
                while not self._directory.is_dir():
                    parent.read()
            self._add_watch()
        except OSError as error:
            log.error("%s is not watched any more: %s", self._directory, error)
            return False
        return True

    def _publish_objects(self) -> None:
        self._on_change(self._reader.read())


class DirectorySource:
    """The directory as a Source: claims and the node's own object are files that appear once."""

    def __init__(self, config: AgentConfig, directory: Path) -> None:
        self._config, self._directory = config, directory

    def start(self, on_change: Callable[[Objects], None]) -> None:
        """Watch from now on."""
        DirectoryWatch(self._directory, on_change).start()

    def claim(self, block: IpNetwork, node: Node) -> bool:
        """Make the claim appear complete and at most once; False if somebody was first."""
        target = self._claim_file(block)
        return (
            publish_once(target, addresses.affinity(block, node))
            or _read_owner(target) == node.name
        )

    def release(self, block: IpNetwork, node: Node) -> None:
        """Remove the claim if it is this node's."""
        target = self._claim_file(block)
        if _read_owner(target) == node.name:
            target.unlink(missing_ok=True)

    def register(self) -> None:
        """A joining node writes its own Node object."""
        registration.register(self._config, self._directory)

    def pod(self, namespace: str, _name: str) -> PodMetadata:
        """Pods of a light lab are no objects; their namespace has the label that each one has."""
        return PodMetadata(namespace_labels={NAMESPACE_NAME: namespace})

    def report(self, status: NodeStatus, refusals: Iterable[Refusal]) -> None:
        """Nobody reads answers here: `testbed status` shows status.json."""

    def _claim_file(self, block: IpNetwork) -> Path:
        return self._directory / f"BlockAffinity.{addresses.affinity_name(block)}.json"


def _read_owner(claim: Path) -> str | None:
    try:
        return str(json.loads(claim.read_text())["spec"]["node"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
