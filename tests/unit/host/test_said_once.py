"""What is done in one place only: looked for in all modules by what it looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from testbed.paths import PACKAGE

# Pattern → the modules that may contain it.
PLACES = {
    r"\btime\.sleep\(": {
        "host/wait.py",
        "agent/cni/plugin_main.py",  # copied alone to any node: it imports nothing of ours
        "bench/idle.py",  # the interval that it measures
        "backbone/traffic.py",  # as above
    },
    r"\bfcntl\.flock\(|\bFileLock\b": {"host/lock.py"},
    r"tarfile\.open\([^)]*(?:mode=)?\"[wax]": {"host/tar.py"},
    r"\bTarInfo\(": {"host/tar.py"},
    r"\bos\.fsync\(": {"host/files.py"},
    r"\bhttp\.client\.HTTPS?Connection\b": {"kube/client.py"},
    # The time of day may jump: it is told to people, stands in certificates and beside packets;
    # nothing waits by it, and no age is reckoned with it but that of certificates and, in days, of
    # runs that `runs prune` removes.
    r"\btime\.time(_ns)?\(|\bdatetime\.(now|utcnow|today)\b|\bdate\.today\b": {
        "agent/api/kubernetes_source.py",  # "does not answer since 2026-11-26 10:31:07"
        "agent/api/reporter.py",  # of conditions, for people
        "cli/render.py",  # certificates
        "conformance/lab.py",  # certificates
        "evaluate/run/gate.py",  # when the machine was looked at
        "evaluate/run/knb.py",  # when, as knb's document says it
        "evaluate/run/take.py",  # when a sample was taken
        "lab/access/kube.py",  # certificates
        "lab/snapshots.py",  # certificates, and when a snapshot was saved
        "lab/up/machines.py",  # leases of machines that go on: theirs, which was set by resync.py
        "orchestrators/kubernetes/api.py",  # certificates
        "records/recorder.py",  # when a run began and ended
        "orchestrators/kubernetes/lifecycle.py",  # certificates
        "orchestrators/kubernetes/orchestrator.py",  # certificates
        "orchestrators/kubernetes/resume.py",  # certificates
        "providers/vagrant/box/build.py",  # when a box was made
        "providers/vagrant/guest/resync.py",  # sets the clock of machines that go on
        "providers/vagrant/stock/catalogue.py",  # when a box was taken
    },
}


def found_in(pattern: str, tree: Path) -> set[str]:
    return {
        str(file.relative_to(tree))
        for file in tree.rglob("*.py")
        if re.search(pattern, file.read_text())
    }


@pytest.mark.parametrize("pattern", PLACES)
def test_it_is_said_once(pattern: str) -> None:
    assert found_in(pattern, PACKAGE) == PLACES[pattern]
