"""Taking an online box: by its name in Vagrant's catalogue, a URL, a file, or one that is there.

Vagrant itself adds it, with its own rules and checks, to a home of its own; then it is moved beside
our boxes, whole or not at all. What was taken is on record, and taken once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from testbed.artefacts.cache_dir import give_all_to_owner, give_to_owner, locked_cache_dir
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.files import write_json
from testbed.host.run import run
from testbed.providers.vagrant.box.box import PROVIDER, SLASH, Box, boxes_directory

LIMIT = 3600.0  # seconds; boxes have hundreds of megabytes
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Taken:
    """What stands for a box that was asked for."""

    asked: str  # name, URL or absolute path
    name: str
    version: str
    sha256: str  # of its disk
    directory: str
    date: str

    @property
    def box(self) -> Box:
        return Box(self.name, Path(self.directory), self.version, stock=True)


def location(asked: str) -> str:
    """What stands in the plan: an absolute path if there is such a file, else as it was said.

    Raises TestbedError for what cannot be one.
    """
    if not asked or asked.startswith("-"):
        raise TestbedError(f"{asked!r} is no box", fix="a name, a URL, or a .box file")
    path = Path(asked).expanduser()
    return str(path.absolute()) if path.is_file() else asked


def find_taken(asked: str) -> Taken | None:
    """The box that was taken for this before, if it is still there (and the file the same)."""
    try:
        taken = Taken(**json.loads(_record_file(asked).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return taken if (taken.box.directory / "metadata.json").exists() else None


def take_box(asked: str, say: Callable[[str], None], again: bool = False) -> Taken:
    """The box for this, added now if it was not yet (or `again`). Raises MachineUnfit."""
    found = None if again else find_taken(asked)
    if found is not None:
        return found
    with locked_cache_dir(boxes_directory()):
        there = None if again else _added_before(asked)
        box = there or _add_box(asked, say)
        say(f"computing the checksum of box {box.name} {box.version}")
        date = datetime.now(timezone.utc).isoformat(timespec="seconds")
        sha256 = _disk_sha256(disk(box.directory))
        taken = Taken(asked, box.name, box.version, sha256, str(box.directory), date)
        write_json(_record_file(asked), asdict(taken))
        give_to_owner(_record_file(asked))
    return taken


def remove(asked: str) -> bool:
    """Forget what was taken, and remove it where it lies beside our boxes. False if none was."""
    taken = find_taken(asked)
    if taken is None:
        return False
    with locked_cache_dir(boxes_directory()):
        _record_file(asked).unlink()
        if taken.box.collection == boxes_directory():
            named = boxes_directory() / taken.name.replace("/", SLASH)
            shutil.rmtree(named / taken.version)
            if not any(named.iterdir()):
                named.rmdir()
    return True


def _record_file(asked: str) -> Path:
    return boxes_directory() / f"taken-{_short_hash(asked)}.json"


def _short_hash(asked: str) -> str:
    """Of what was said and, for a file, which it was as stat sees it."""
    text = asked
    if asked.startswith("/") and (path := Path(asked)).is_file():
        found = path.stat()
        text += f" {found.st_size} {found.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _is_location(asked: str) -> bool:
    return asked.startswith("/") or "://" in asked


def own_name(asked: str) -> str | None:
    """The name for a box from a URL or file; None where Vagrant knows it (catalogue, JSON)."""
    if not _is_location(asked) or asked.endswith(".json"):
        return None
    stem = Path(asked.partition("?")[0]).stem or "box"
    return f"{stem}-{_short_hash(asked)}"


def _add_box(asked: str, say: Callable[[str], None]) -> Box:
    say(f"adding box {asked} (vagrant box add)")
    name = own_name(asked)
    with tempfile.TemporaryDirectory(dir=boxes_directory(), prefix=".new-") as home:
        command = ["vagrant", "box", "add", asked, "--provider", PROVIDER, "--no-tty"]
        command += ["--name", name] if name else []
        try:
            run(["env", *_vagrant_settings(Path(home)), *command], timeout=LIMIT)
        except MachineUnfit:
            raise MachineUnfit("vagrant is missing", fix="make deps NODES=vagrant") from None
        except TestbedError as error:
            raise MachineUnfit(
                "the box cannot be had",
                where=asked,
                why=reason(error.why or error.what),
                fix="--box takes a name of Vagrant's catalogue, a URL or a .box file; without it, "
                "`up` makes a box from packages",
            ) from None
        box = newest(Path(home, "boxes"))
        if box is None:
            raise MachineUnfit(f"vagrant added no box for {PROVIDER}", where=asked)
        return _move_box(box, Path(home, "boxes"))


def _vagrant_settings(home: Path) -> list[str]:
    # no Vagrantfile there: the lab's own is not meant
    values: Mapping[str, object] = {
        "VAGRANT_HOME": home,
        "VAGRANT_CWD": home,
        "VAGRANT_CHECKPOINT_DISABLE": 1,
    }
    return [f"{key}={value}" for key, value in values.items()]


def reason(said: str) -> str:
    """Vagrant's own words for a failure, without those on what it was doing."""
    lines = [line.strip() for line in said.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("==>"))[-500:]


def _move_box(box: Box, boxes: Path) -> Box:
    target = boxes_directory() / box.directory.relative_to(boxes)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    box.directory.rename(target)
    for made in reversed(target.relative_to(boxes_directory()).parents):
        give_to_owner(boxes_directory() / made)
    give_to_owner(target)
    give_all_to_owner(target)
    return Box(box.name, target, box.version, stock=True)


def _added_before(asked: str) -> Box | None:
    """One that the user has added for other purposes; it is used where it lies."""
    if _is_location(asked):
        return None
    own = Path(os.environ.get("VAGRANT_HOME") or _vagrant_home() / ".vagrant.d")
    return newest(own / "boxes", asked)


def _vagrant_home() -> Path:
    user = os.environ.get("SUDO_USER")
    return Path(f"~{user}").expanduser() if user else Path.home()


def newest(boxes: Path, name: str | None = None) -> Box | None:
    """The newest version of a box (the only one, if it has no name) in a directory of Vagrant's."""
    pattern = name.replace("/", SLASH) if name else "*"
    found = [*_installed_boxes(boxes, pattern)]
    return max(found, key=lambda box: version_order(box.version), default=None)


def _installed_boxes(boxes: Path, pattern: str) -> Iterator[Box]:
    for depth in ("", "*/"):  # newer ones have a directory per architecture
        for file in boxes.glob(f"{pattern}/*/{depth}{PROVIDER}/metadata.json"):
            named, version = file.relative_to(boxes).parts[:2]
            yield Box(named.replace(SLASH, "/"), file.parent, version, stock=True)


def version_order(version: str) -> list[tuple[int, int, str]]:
    """For comparing versions: numbers as numbers, after words, as 1.0.beta comes before 1.0."""
    parts = version.replace("-", ".").split(".")
    return [*((1, int(p), "") if p.isdigit() else (-1, 0, p) for p in parts), (0, 0, "")]


def disk(directory: Path) -> Path:
    """The first disk of a box: box.img, or what its metadata name."""
    disks = json.loads((directory / "metadata.json").read_text()).get("disks")
    return directory / (disks[0]["path"] if disks else "box.img")


def _disk_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
