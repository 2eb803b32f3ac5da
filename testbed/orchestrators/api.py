"""The API of a lab: objects shaped as Kubernetes shapes them, wherever they lie."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.kube.documents import KubeObject
from testbed.paths import API

_LONGEST = 200  # characters of kind and name: file systems take 255, and a draft's name is longer


class Api(Protocol):
    """What the testbed itself does with objects. Every call raises TestbedError on failure."""

    def apply(self, document: KubeObject) -> None:
        """Make an object, or make it as `document` says."""

    def preview(self, document: KubeObject) -> KubeObject:
        """The object as `apply` would leave it; nothing is kept. Raises what `apply` would."""

    def delete(self, document: KubeObject) -> bool:
        """Remove the object of that kind and name; False if there was none."""

    def get(self, document: KubeObject) -> KubeObject | None:
        """The object of that kind and name, or None."""

    def all_of(self, version: str, kind: str) -> list[KubeObject]:
        """All objects of a kind, in all namespaces."""


class DirectoryApi:
    """The light lab's: one directory that plays the API, one file per object."""

    def __init__(self, directory: Path = API) -> None:
        self.directory = directory

    def apply(self, document: KubeObject) -> None:
        """One object, one file: applying it again replaces it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_json(self._object_file(document), document)

    def preview(self, document: KubeObject) -> KubeObject:
        """The document itself: nobody but `apply` writes into the file."""
        self._object_file(document)
        return document

    def delete(self, document: KubeObject) -> bool:
        """Remove the object's file."""
        file = self._object_file(document)
        there = file.exists()
        file.unlink(missing_ok=True)
        return there

    def get(self, document: KubeObject) -> KubeObject | None:
        """The object as it lies there."""
        file = self._object_file(document)
        if not file.exists():
            return None
        try:
            return dict(json.loads(file.read_text()))
        except ValueError as error:
            name, fix = f"{document['kind']} {document['metadata']['name']}", "apply it again"
            what = f"{name} cannot be read"
            raise TestbedError(what, where=str(file), why=str(error), fix=fix) from None

    def all_of(self, version: str, kind: str) -> list[KubeObject]:
        """The objects that can be read; agents report the others, and applying replaces them."""
        found = []
        for file in sorted(self.directory.glob(f"{kind}.*.json")):
            with suppress(OSError, ValueError):  # removed meanwhile, or broken
                found.append(dict(json.loads(file.read_text())))
        return found

    def _object_file(self, document: KubeObject) -> Path:
        name = f"{document['kind']}.{document['metadata']['name']}"
        if len(name) > _LONGEST:
            raise TestbedError(
                f"{name[:60]}…: the name is too long",
                why="without Kubernetes, an object is a file of its name",
                fix=f"take at most {_LONGEST - len(document['kind']) - 1} characters",
            )
        safe = "".join(c if c.isalnum() or c in ".-" else "-" for c in name)
        return self.directory / f"{safe}.json"
