"""Loads image archives into a lab: checks, imports on each node, and keeps for later nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory
from testbed.images.archive.check import check_archive
from testbed.images.archive.incoming import take_in
from testbed.images.store.containerd import NAMESPACE
from testbed.images.store.loaded_archives import Names, note, records

# run(node, argv, stdin): run a program in a node, its input from a file; gives its output.
# Raises TestbedError if it fails.
RunOnNode = Callable[[str, Sequence[str], Path | None], str]

_CTR = ("ctr", "-n", NAMESPACE)
_AT_ONCE = 4  # nodes: they share the machine's disk
_PATIENCE = 300.0  # seconds, for another command that is loading


@dataclass(frozen=True)
class LabImages:
    """A lab as far as images go: its nodes, how to run something there, and where to keep them."""

    nodes: tuple[str, ...]
    run: RunOnNode
    kept: Path


def load(stream: BufferedReader, where: str, lab: LabImages) -> list[str]:
    """Load the archive into all nodes of the lab; gives the full names of its images.

    `where` names the archive in errors. An archive that cannot be used changes nothing; loading
    the same again is harmless. Raises TestbedError.
    """
    with _lock_archives(lab.kept):
        draft = lab.kept / ".new-archive"
        try:
            digest = take_in(stream, draft, where)
            names = check_archive(draft, where).names
            _import_into(lab, lab.nodes, draft, names)
            kept = draft.replace(lab.kept / f"{digest[:16]}.tar")
        finally:
            draft.unlink(missing_ok=True)
        note(lab.kept, kept.name, names)
    return sorted(set(names.values()))


def loaded(kept: Path) -> list[str]:
    """Full names of all images that were loaded into the lab."""
    return sorted({full for names in records(kept).values() for full in names.values()})


def load_again(lab: LabImages, nodes: Sequence[str]) -> None:
    """Import what was loaded before into those of these nodes that lack it. Raises TestbedError."""
    if not records(lab.kept):
        return
    with _lock_archives(lab.kept):  # an archive that is being replaced is removed
        there = {node: set(_list_images(lab, node)) for node in nodes}
        for archive, names in records(lab.kept).items():
            lacking = [node for node in nodes if not there[node].issuperset(names.values())]
            _import_into(lab, lacking, lab.kept / archive, names)


def listing(lab: LabImages) -> dict[str, list[str]]:
    """Full image name → the nodes that have it. Raises TestbedError."""
    found: dict[str, list[str]] = {}
    for node in lab.nodes:
        for name in _list_images(lab, node):
            if not name.startswith("sha256:") and "@" not in name:
                found.setdefault(name, []).append(node)
    return dict(sorted(found.items()))


def _list_images(lab: LabImages, node: str) -> list[str]:
    return lab.run(node, [*_CTR, "images", "list", "-q"], None).split()


@contextmanager
def _lock_archives(kept: Path) -> Iterator[None]:
    try:
        with locked_directory(kept, _PATIENCE):
            yield
    except LockHeld:
        raise TestbedError(
            "another testbed command is loading images into this lab",
            where=str(kept),
            fix="wait until it has ended",
            exit_code=1,
        ) from None


def _import_into(lab: LabImages, nodes: Sequence[str], archive: Path, names: Names) -> None:
    def one(node: str) -> TestbedError | None:
        try:
            _import_archive(lab.run, node, archive, names)
        except TestbedError as error:
            return error
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = dict(zip(nodes, pool.map(one, nodes), strict=True))
    failed = {node: error for node, error in results.items() if error}
    if failed:
        done = [node for node in nodes if node not in failed]
        first = next(iter(failed.values()))
        raise TestbedError(
            f"the image was not imported on {', '.join(failed)}"
            + (f", only on {', '.join(done)}" if done else ""),
            why=first.why or first.what,
            fix="`testbed status` says whether containerd is well there; then load it again",
            exit_code=1,
        )


def _import_archive(run: RunOnNode, node: str, archive: Path, names: Names) -> None:
    run(node, [*_CTR, "images", "import", "-"], archive)
    for called, full in names.items():
        if called != full:
            run(node, [*_CTR, "images", "tag", "--force", called, full], None)
    # it is unpacked now; packed as well it would take the space twice
    run(node, [*_CTR, "content", "prune", "references"], None)
