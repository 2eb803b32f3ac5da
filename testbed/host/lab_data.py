"""What labs keep on disk: directories that carry their lab's mark. Nothing else is ever removed.

A lab claims its directory: the claim goes into the lab's record (/run/testbed/NAME) and into the
registry, and then, as the mark, into the directory, which appears together with it by one rename.
The registry lies at the default place whatever TESTBED_DATA says, so that the data of a lab whose
record is gone (a reboot, `down --keep`) is found by everyone.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.paths import LABS_DATA

DEFAULT_DIR = LABS_DATA
DATA_DIR = Path(os.environ.get("TESTBED_DATA") or DEFAULT_DIR).resolve()  # of new labs
REGISTRY = DEFAULT_DIR / "_labs"  # no lab can be called so
MARK = "testbed-lab.json"
_LARGEST = 1 << 16  # bytes of a mark that is worth reading


class Claim(BaseModel):
    """The same in a lab's record, in the registry and in the mark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lab: str
    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    data: Path
    base_made: bool  # the directory above is the testbed's own

    @property
    def aside(self) -> Path:
        """The directory before it has its name, and when it is being removed."""
        return self.data.with_name(f".testbed-{self.id}")


def place(lab: str) -> Path:
    """Where a new lab of this name has its data."""
    return DATA_DIR / lab


def own(lab: str, record: Path) -> Claim | None:
    """The claim to the lab's data that is there; its record wins over the environment."""
    return next(
        (
            c
            for c in _recorded_claims(lab, record)
            if os.path.lexists(c.data) and not _why_not_ours(c)
        ),
        None,
    )


def claimed(lab: str, record: Path) -> bool:
    """True if there is a claim of the lab: with its data, with a part of them, or alone."""
    return any(True for _ in _recorded_claims(lab, record))


def strange(lab: str, record: Path) -> list[str]:
    """What lies where the lab's data would, and why it is not the lab's."""
    found = {claim.data: _why_not_ours(claim) for claim in _recorded_claims(lab, record)}
    found.setdefault(place(lab), _why_unmarked(place(lab), lab))
    there = {path: why for path, why in found.items() if why and os.path.lexists(path)}
    return [f"{path} is left: {why}" for path, why in there.items()]


def refuse(lab: str, record: Path) -> None:
    """Raises TestbedError if the lab has no data and something else lies in its place."""
    where = place(lab)
    if own(lab, record) or not os.path.lexists(where) or _is_empty(where):
        return
    raise _not_ours(where, lab)


def claim(lab: str, record: Path) -> Path:
    """The lab's directory, made with its mark if the lab has none. Raises TestbedError."""
    there = own(lab, record)
    if there is None:
        refuse(lab, record)
        where = place(lab)
        base_made = not where.parent.exists() or _is_ours(where.parent)
        for old in _recorded_claims(lab, record):
            _remove_aside(old)  # of an `up` that was killed
        new = Claim(lab=lab, id=uuid.uuid4().hex, data=where, base_made=base_made)
        _write_down(new, record)
        _make_directory(new)
        return where
    _write_down(there, record)
    return there.data


def remove(lab: str, record: Path) -> list[str]:
    """Remove what carries the lab's mark; says what else lies there, and why it stays."""
    claims = list(_recorded_claims(lab, record))
    found = own(lab, record)
    left = [] if found else strange(lab, record)
    if found:
        found.data.rename(found.aside)  # a killed removal leaves no half of it under the name
    for each in claims:
        _remove_aside(each)
    for file in (
        _registry_entry(lab),
        *REGISTRY.glob(f".{lab}.json.*"),
    ):  # and drafts of killed writers
        file.unlink(missing_ok=True)
    for base in {each.data.parent for each in claims if each.base_made}:
        if not _is_ours(base):  # no lab is left there that could remove it
            _remove_if_empty(base)
    _remove_if_empty(REGISTRY)
    _remove_if_empty(DEFAULT_DIR)
    return left


def registered() -> list[Claim]:
    """All claims of the registry, by lab."""
    files = sorted(REGISTRY.glob("*.json")) if REGISTRY.is_dir() else []
    found = ((file.stem, _read_claim(file)) for file in files)
    return [claim for lab, claim in found if claim and claim.lab == lab]


def orphans(living: set[str]) -> list[tuple[Claim, str]]:
    """Data whose lab is not among `living`, each with the command that removes it."""
    found = {c.data: c for c in registered() if not _why_not_ours(c) or c.aside.is_dir()}
    command = {c.data: f"testbed down -n {c.lab}" for c in found.values()}
    for base in {DEFAULT_DIR, DATA_DIR}:
        for mark in _readable_files(base, f"*/{MARK}"):
            there = _claim_by_mark(mark.parent, mark.parent.name)
            if there and there.data not in found:
                found[there.data] = there
                command[there.data] = f"TESTBED_DATA={base} testbed down -n {there.lab}"
    return [(c, command[c.data]) for c in found.values() if c.lab not in living]


def unmarked() -> list[Path]:
    """Directories that look like a lab's data and carry no mark: an earlier version's, maybe."""
    plans = {
        p for base in {DEFAULT_DIR, DATA_DIR} for p in _readable_files(base, "[!._]*/plan.json")
    }
    return sorted(p.parent for p in plans if not os.path.lexists(p.parent / MARK))


def _recorded_claims(lab: str, record: Path) -> Iterator[Claim]:
    """By rank: the lab's record, the registry, the mark of what lies in the lab's place.

    A mark alone will do only where neither of the others says which it has to be.
    """
    read = (_read_claim(record), _read_claim(_registry_entry(lab)))
    known = {found.id: found for found in read if found and found.lab == lab}
    yield from known.values()
    mark = _claim_by_mark(place(lab), lab)
    if mark and (not known or mark.id in known) and mark not in known.values():
        yield mark


def _claim_by_mark(directory: Path, lab: str) -> Claim | None:
    """By its mark alone; it may have been moved since it was written."""
    mark = None if directory.is_symlink() else _read_claim(directory / MARK)
    if mark is None or mark.lab != lab:
        return None
    return mark if mark.data == directory else _moved_claim(mark, directory)


def _moved_claim(mark: Claim, directory: Path) -> Claim:
    return mark.model_copy(update={"data": directory, "base_made": False})


def _why_not_ours(claim: Claim) -> str | None:
    """Why what lies there is not what was claimed; None if it is."""
    if claim.data.is_symlink() or claim.data.resolve() != claim.data:
        return "a symbolic link leads there"
    mark = _read_claim(claim.data / MARK)
    if mark and (mark.lab, mark.id) == (claim.lab, claim.id):
        return None
    return _why_unmarked(claim.data, claim.lab)


def _why_unmarked(path: Path, lab: str) -> str:
    if path.is_symlink():
        return "it is a symbolic link"
    if not path.is_dir():
        return "it is no directory"
    mark = _read_claim(path / MARK)
    if mark:
        whose = "another lab of this name" if mark.lab == lab else f"lab {mark.lab!r}"
        return f"its mark ({MARK}) is of {whose}"
    return f"no mark of this lab ({MARK}) is in it: an earlier version's data, or not the testbed's"


def _not_ours(where: Path, lab: str) -> TestbedError:
    return TestbedError(
        f"what lies where lab {lab!r} is to have its data is not this lab's",
        where=str(where),
        why=_why_unmarked(where, lab),
        fix="set TESTBED_DATA to another directory, or move it away; "
        "if it is old data of yours that nobody needs, remove it",
    )


def _read_claim(file: Path) -> Claim | None:
    """None where there is none that can be read, or only a link to one."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb", buffering=0) as stream:
            found = Claim.model_validate_json(stream.read(_LARGEST) or b"")
    except (OSError, ValueError):
        return None
    return found if found.data.is_absolute() and found.data.name else None


def _registry_entry(lab: str) -> Path:
    return REGISTRY / f"{lab}.json"


def _write_down(claim: Claim, record: Path) -> None:
    REGISTRY.mkdir(parents=True, exist_ok=True)
    for file in (record, _registry_entry(claim.lab)):
        write_atomically(file, claim.model_dump_json())


def _make_directory(claim: Claim) -> None:
    claim.aside.mkdir(mode=0o700, parents=True)
    write_atomically(claim.aside / MARK, claim.model_dump_json(), 0o600)
    try:
        claim.aside.rename(claim.data)  # onto nothing, or an empty directory
    except OSError:
        _remove_aside(claim)
        if _is_empty(claim.data):
            raise  # e.g. a mount point
        raise _not_ours(claim.data, claim.lab) from None


def _remove_aside(claim: Claim) -> None:
    """Its name, which nobody can guess, says whose it is: its mark may be removed already."""
    if claim.aside.is_dir() and not claim.aside.is_symlink():
        shutil.rmtree(claim.aside)


def _is_ours(base: Path) -> bool:
    return any(c.data.parent == base and c.base_made for c in registered())


def _is_empty(path: Path) -> bool:
    with suppress(OSError):
        return not path.is_symlink() and not any(path.iterdir())
    return False


def _remove_if_empty(directory: Path) -> None:
    with suppress(OSError):
        directory.rmdir()


def _readable_files(base: Path, pattern: str) -> list[Path]:
    """Below directories that this user may enter."""
    try:
        return sorted(base.glob(pattern))
    except OSError:
        return []
