"""Renders containerd's config.toml for the version that a node has: what differs is told here.

A distribution may build other directories into it than upstream has (Debian 13: /usr/lib/cni for
CNI plugins), so none of its defaults is relied on.
"""

from __future__ import annotations

import re

from testbed.paths import CNI_NETWORKS, CNI_PLUGINS, CONTAINER_RUNTIME
from testbed.render.environment import render
from testbed.render.kubernetes import CONTAINERD_SOCKET, PAUSE_IMAGE

Version = tuple[int, int]


def parse_version(said: str) -> Version:
    """The version in what `containerd --version` says; raises ValueError if none is."""
    found = re.search(r" v?(\d+)\.(\d+)\.\d+", said)
    if not found:
        raise ValueError(f"no version in {said.strip()!r}")
    return int(found[1]), int(found[2])


def file_format(version: Version) -> int:
    """2 for containerd 1.x, 3 for 2.x."""
    return 3 if version >= (2, 0) else 2


def configuration(version: Version) -> str:
    """config.toml for this containerd."""
    return render(
        f"kubernetes/containerd-v{file_format(version)}.toml.j2",
        socket=CONTAINERD_SOCKET,
        pause=PAUSE_IMAGE,
        runtime=CONTAINER_RUNTIME,
        plugins=CNI_PLUGINS,
        networks=CNI_NETWORKS,
        # one directory until 2.0; a list from 2.1 on, which refuses both at once
        several=version >= (2, 1),
    )
