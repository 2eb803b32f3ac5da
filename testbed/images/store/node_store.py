"""Prepares a /var/lib/containerd with all builtin images once, and copies it to each node.

Unpacking for each node would cost it seconds. A node gets copies, never links: a privileged pod
may write to its node's files, and must not reach what other labs are made from.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from testbed.artefacts.cache_dir import give_all_to_owner, images_directory, locked_cache_dir
from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory, shared_directory
from testbed.host.run import run
from testbed.images.build.make import Made
from testbed.images.store.containerd import Programs, containerd, programs

_PREFIX = "containerd-"
_OURS = re.compile(rf"{_PREFIX}[0-9a-f]{{16}}")  # TESTBED_CACHE may hold other things too
_LAYOUT = 1  # of a prepared directory; another number makes all of them anew


def store_template(
    made: Sequence[Made], chosen: Programs | None = None, directory: Path | None = None
) -> Path:
    """The prepared directory for these images and this containerd, made if it is missing.

    Needs root where it must be made. Raises TestbedError, MachineUnfit.
    """
    chosen, directory = chosen or programs(), directory or images_directory()
    template = directory / f"{_PREFIX}{_template_key(made, chosen)}"
    if not template.is_dir():
        with locked_cache_dir(directory):
            if not template.is_dir():
                _prepare(made, chosen, template)
            _remove_others(template)
    return template


def clone_store(template: Path, target: Path) -> bool:
    """Copy the prepared directory to `target`; False if that is there already, and so kept.

    The copy belongs to the caller. Whole or not at all. Raises TestbedError.
    """
    if target.exists():
        return False
    draft = target.with_name(f".new-{target.name}")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # what a killed run left
        target.parent.mkdir(parents=True, exist_ok=True)
        with _hold_template(template):
            copy = ["cp", "-R", "--no-dereference", "--reflink=auto", "--preserve=mode,timestamps"]
            done = run([*copy, str(template), str(draft)], timeout=300, check=False)
        if done.returncode != 0:  # cp says it of every file; once is enough
            why = done.stderr.strip().rpartition("\n")[2].rpartition(": ")[2]
            what = "the images cannot be copied"
            raise TestbedError(what, where=str(target), why=why, exit_code=4)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return True


def _template_key(made: Sequence[Made], chosen: Programs) -> str:
    parts = [str(_LAYOUT), chosen.version(), *sorted(f"{m.name}@{m.digest}" for m in made)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _prepare(made: Sequence[Made], chosen: Programs, template: Path) -> None:
    draft = template.with_name(f".new-{template.name}")
    draft.mkdir(mode=0o711)
    try:
        with containerd(chosen, draft) as client:
            for image in made:
                client.call("images", "import", str(image.archive))
            # what is unpacked is not needed packed as well
            client.call("content", "prune", "references")
        shutil.rmtree(draft / "tmpmounts", ignore_errors=True)
        give_all_to_owner(draft)
        draft.rename(template)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _remove_others(template: Path) -> None:
    """Remove prepared directories of other images or another containerd, unless in use."""
    for old in template.parent.glob(f"{_PREFIX}*"):
        if old == template or not _OURS.fullmatch(old.name) or old.is_symlink():
            continue
        with suppress(LockHeld), locked_directory(old, 0.0):
            gone = old.with_name(f".new-{old.name}")
            old.rename(gone)
            shutil.rmtree(gone)


@contextmanager
def _hold_template(template: Path) -> Iterator[None]:
    """Keep a prepared directory from being removed. Raises TestbedError if it is gone."""
    with ExitStack() as held:
        try:
            held.enter_context(shared_directory(template))
        except FileNotFoundError:
            raise _template_gone(template) from None
        yield


def _template_gone(template: Path) -> TestbedError:
    return TestbedError(
        "the prepared images are gone",
        where=str(template),
        why="another version of the testbed has replaced them just now",
        fix="run the command again",
        exit_code=1,
    )
