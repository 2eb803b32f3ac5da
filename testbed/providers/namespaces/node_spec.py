"""What the lab tells the init of a node in namespaces: how the node is to be made.

Standard library only, as the init imports it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodeSpec:
    """One node's root and its init.

    `directory`: shared by lab and node. `scratch`: where the root is put together. `read_only`:
    directories of the host that stay visible. `binds`: source → path in the node. `files`, `links`:
    path in the node → content, target. `runtime`: where the wrapped container runtime goes.
    `conf`: the supervisor's configuration. `environment`: of all the node's programs.
    """

    name: str
    directory: str
    scratch: str
    read_only: Sequence[str]
    binds: Mapping[str, str]
    files: Mapping[str, str]
    runtime: str
    links: Mapping[str, str]
    conf: str
    environment: Mapping[str, str]

    @classmethod
    def read(cls, file: Path) -> NodeSpec:
        """As provision.write_spec() wrote it."""
        return cls(**json.loads(file.read_text()))
