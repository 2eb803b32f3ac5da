"""Exports and imports cached programs as one archive, for machines without a network.

bundle.json                  what kind of machine they are for
held/gobgp-4.8.0.json        as in the cache
objects/DIGEST/…             as in the cache: the programs, and SHA256SUMS, whose hash DIGEST is
"""

from __future__ import annotations

import contextlib
import gzip
import json
import platform
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from gzip import BadGzipFile
from pathlib import Path

from testbed.artefacts import cache
from testbed.artefacts.exclusive import locked_cache, scratch
from testbed.artefacts.fetch import say_on_stderr
from testbed.artefacts.lockfile import Artefact, artefacts, providing
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from testbed.host.files import replacing
from testbed.host.for_caller import hand_to_caller
from testbed.host.tar import add_file, add_path, writer

_PLAIN = r"\w[\w.+-]*"  # a file name that leads nowhere else
EXPORT = "make it anew by `testbed artefacts export FILE` on the other machine"
_MEMBER = re.compile(rf"bundle\.json|held/{_PLAIN}\.json|objects/[0-9a-f]{{64}}/{_PLAIN}")

Say = Callable[[str], None]


def export_bundle(file: Path, names: Sequence[str] = (), say: Say = say_on_stderr) -> list[str]:
    """Write the named artefacts (none: all that are cached) into `file`; gives their names.

    Raises MachineUnfit (exit code 4) if one that a lab needs is not cached, CheckFailed if one
    is damaged; then `file` stays as it was.
    """
    wanted = _choose_artefacts(names)
    with _open_for_export(file) as tar:
        add_file(tar, "bundle.json", json.dumps({"machine": platform.machine()}).encode())
        for artefact in wanted:
            _add_artefact(tar, artefact)
            say(f"✓ {artefact.title} {artefact.version}")
    return [artefact.name for artefact in wanted]


def import_bundle(file: Path, say: Say = say_on_stderr) -> list[str]:
    """Take the artefacts in `file` that the lock file names into the cache; gives their names.

    Every program is read and compared with its hash first. Raises CheckFailed (exit code 1) if
    anything in the archive is not what it should be, or if nothing in it is wanted.
    """
    if not file.is_file():
        raise TestbedError("no such file", where=str(file))
    with locked_cache("importing", say), scratch() as unpacked:
        _unpack_archive(file, unpacked)
        _require_same_machine(file, unpacked)
        found = {
            artefact: _verify_artefact(file, unpacked, artefact)
            for artefact in artefacts()
            if _record_path(unpacked, artefact).is_file()
        }
        _tell_the_unwanted(unpacked, say)
        if not found:
            raise CheckFailed(
                "nothing in this archive is of the locked versions", where=str(file), fix=EXPORT
            )
        for artefact, (directory, source) in found.items():
            cache.add(artefact, directory, f"import {source.removeprefix('import ')}")
            say(f"✓ {artefact.title} {artefact.version} from {file.name}")
    return [artefact.name for artefact in found]


def _choose_artefacts(names: Sequence[str]) -> list[Artefact]:
    if names:
        return list(dict.fromkeys(providing(name) for name in names))
    return [a for a in artefacts() if not a.optional or cache.held(a) is not None]


@contextlib.contextmanager
def _open_for_export(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with (
            replacing(file, prefix=".export-") as draft,
            draft.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            writer(packed) as tar,
        ):
            hand_to_caller(draft)
            yield tar
    except OSError as error:
        why = error.strerror or str(error)
        raise TestbedError("cannot write the archive", where=str(file), why=why) from None


def _add_artefact(tar: tarfile.TarFile, artefact: Artefact) -> None:
    held = cache.held(artefact)
    programs = cache.paths(artefact, whole=True)
    if held is None or programs is None:
        raise MachineUnfit(
            f"{artefact.title} {artefact.version} is not in the cache",
            fix=f"testbed artefacts fetch {artefact.name}",
        )
    record = cache.record_path(artefact)
    add_file(tar, f"held/{record.name}", record.read_bytes())
    directory = f"objects/{held.object}"
    files = dict.fromkeys(path.resolve() for path in programs.values())
    links = [path for path in programs.values() if path.is_symlink()]
    sums = next(iter(programs.values())).with_name(cache.SUMS)
    for path in (sums, *files, *links):
        add_path(tar, f"{directory}/{path.name}", path)


def _unpack_archive(file: Path, into: Path) -> None:
    # by hand, and only names that lead nowhere else: the archive may come from anywhere
    try:
        with tarfile.open(file, "r:gz") as tar:
            for member in tar:
                _unpack_member(tar, member, into, file)
    except (tarfile.TarError, EOFError, zlib.error, BadGzipFile) as error:
        raise CheckFailed(
            "the archive is damaged", where=str(file), why=str(error), fix=EXPORT
        ) from None


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path, file: Path) -> None:
    target = into / member.name
    plain = _MEMBER.fullmatch(member.name) is not None and not target.is_symlink()
    source = tar.extractfile(member) if plain and member.isreg() else None
    if source is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    elif plain and member.issym() and re.fullmatch(_PLAIN, member.linkname):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(member.linkname)
    else:
        raise CheckFailed(
            "not an archive that testbed artefacts export wrote",
            where=str(file),
            why=f"it holds {member.name!r}",
            fix=EXPORT,
        )


def _require_same_machine(file: Path, unpacked: Path) -> None:
    try:
        machine = json.loads((unpacked / "bundle.json").read_text())["machine"]
    except (OSError, ValueError, KeyError, TypeError):
        raise CheckFailed(
            "not an archive that testbed artefacts export wrote", where=str(file), fix=EXPORT
        ) from None
    if machine != platform.machine():
        raise CheckFailed(
            f"its programs are for {machine}",
            where=str(file),
            fix=f"{EXPORT}, which has to be a {platform.machine()}",
        )


def _record_path(unpacked: Path, artefact: Artefact) -> Path:
    return unpacked / "held" / cache.record_path(artefact).name


def _verify_artefact(file: Path, unpacked: Path, artefact: Artefact) -> tuple[Path, str]:
    """The object's directory and where it came from."""
    held = cache.read_record(_record_path(unpacked, artefact))
    directory = unpacked / "objects" / (held.object if held else "-")
    if held is None or not all((directory / name).is_file() for name in artefact.programs):
        raise CheckFailed(
            f"the archive lacks programs of {artefact.title}", where=str(file), fix=EXPORT
        )
    try:
        cache.verify_object(directory, artefact.programs)
    except CheckFailed as error:
        raise CheckFailed(
            f"{artefact.title} in the archive is not what its hashes say",
            where=str(file),
            why=error.why or error.what,
            fix=f"do not use it; {EXPORT}",
        ) from None
    return directory, held.source


def _tell_the_unwanted(unpacked: Path, say: Say) -> None:
    wanted = {cache.record_path(artefact).name for artefact in artefacts()}
    for record in sorted((unpacked / "held").glob("*.json")):
        if record.name not in wanted:
            say(f"left out, the lock file does not name it: {record.stem}")
