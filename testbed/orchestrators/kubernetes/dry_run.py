"""Rendered objects before a running API server: what does it say, with nothing kept?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused
from testbed.orchestrators.kubernetes.api import KubernetesApi, UnknownKind
from testbed.render.kubernetes import documents


@dataclass(frozen=True)
class Verdict:
    """On one object or one pair of files; `why` says what is wrong, or why nobody looked."""

    subject: str
    state: Literal["accepted", "refused", "unchecked"]
    why: str = ""


def judge(api: KubernetesApi, files: Mapping[str, str]) -> list[Verdict]:
    """A verdict on every object of every .yaml file. Raises TestbedError when no server answers."""
    return [
        _judge_file(api, name, document)
        for name, text in files.items()
        if name.endswith(".yaml")
        for document in documents(name, text)
    ]


def _judge_file(api: KubernetesApi, file: str, document: KubeObject) -> Verdict:
    subject = f"{file}: {document['kind']} {document['metadata']['name']}"
    try:
        api.dry_run(document)
    except UnknownKind as error:
        return Verdict(subject, "unchecked", error.what)
    except Refused as error:
        return Verdict(subject, "refused", error.why or error.what)
    return Verdict(subject, "accepted")
