"""Makes images, and makes one again only when a file that it was made from has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from testbed.artefacts.cache_dir import fresh, images_directory, locked_cache_dir, supersede
from testbed.host import tar
from testbed.images.build.libraries import libraries
from testbed.images.build.oci import Image, write_layout
from testbed.images.build.recipe import Recipe
from testbed.images.build.tree import Directory, Entry, File, Link, complete

_RECORDS = "made.json"
_LOADER_CACHE = Path("/etc/ld.so.cache")  # decides which libraries a program gets


@dataclass(frozen=True)
class Made:
    """An image's archive; `digest` is the manifest's digest, which identifies the content."""

    name: str
    archive: Path
    digest: str


@dataclass(frozen=True)
class _Record:
    """The inputs of an image: path → stat, and the hash of the code that made it."""

    code: str
    inputs: dict[str, list[int]]
    archive: str
    digest: str


def make_images(recipes: Sequence[Recipe], directory: Path | None = None) -> list[Made]:
    """The archives of these images, made where they are missing or out of date.

    Raises TestbedError, MachineUnfit.
    """
    directory = directory or images_directory()
    records = _read_records(directory)
    if not all(_is_up_to_date(recipe, records, directory) for recipe in recipes):
        with locked_cache_dir(directory):
            records = _read_records(directory)  # another run may have made them meanwhile
            for recipe in recipes:
                if not _is_up_to_date(recipe, records, directory):
                    records[recipe.name] = _make_image(recipe, directory)
            _write_records(directory, records)
    found = [(recipe.name, records[recipe.name]) for recipe in recipes]
    return [Made(name, directory / record.archive, record.digest) for name, record in found]


def content_key(image: Image) -> str:
    """Hash of everything that the image's archive depends on."""
    digest = hashlib.sha256(json.dumps([image.name, image.config], sort_keys=True).encode())
    for path, entry in complete(image.tree).items():
        digest.update(f"\0{path}\0{_describe_entry(entry)}".encode())
    return digest.hexdigest()


def _describe_entry(entry: Entry) -> str:
    if isinstance(entry, Link):
        return f"link {entry.target}"
    if isinstance(entry, Directory):
        return f"directory {entry.mode:o}"
    return f"file {entry.mode:o} {_content_hash(entry)}"


def _content_hash(file: File) -> str:
    digest = hashlib.sha256()
    if isinstance(file.content, bytes):
        digest.update(file.content)
    else:
        with file.content.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _make_image(recipe: Recipe, directory: Path) -> _Record:
    needed = libraries(recipe.programs)
    # before it is read: a change while it is read is then noticed the next time
    inputs = _states_of([*_list_roots(recipe), *needed])
    image = recipe.make(needed)
    prefix = recipe.name.rpartition("/")[2].partition(":")[0]
    archive = directory / f"{prefix}-{content_key(image)[:16]}.tar"
    with fresh(archive) as draft:
        digest = write_layout(image, draft)
    supersede(archive, prefix)
    return _Record(_hash_code(), inputs, archive.name, digest)


def _is_up_to_date(recipe: Recipe, records: dict[str, _Record], directory: Path) -> bool:
    record = records.get(recipe.name)
    if record is None or record.code != _hash_code() or not (directory / record.archive).is_file():
        return False
    if not {str(path) for path in _list_roots(recipe)} <= record.inputs.keys():
        return False  # a program was installed meanwhile
    return _states_of(map(Path, record.inputs)) == record.inputs


def _list_roots(recipe: Recipe) -> list[Path]:
    return [*recipe.programs, *recipe.files, _LOADER_CACHE]


def _states_of(paths: Iterable[Path]) -> dict[str, list[int]]:
    return {str(path): _state_of(path) for path in paths}


def _state_of(path: Path) -> list[int]:
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


@cache
def _hash_code() -> str:
    """Hash of the code that makes images: changed code may make another image of the same files."""
    digest = hashlib.sha256()
    for module in (*sorted(Path(__file__).parent.glob("*.py")), Path(tar.__file__)):
        digest.update(module.read_bytes())
    return digest.hexdigest()


def _read_records(directory: Path) -> dict[str, _Record]:
    try:
        raw = json.loads((directory / _RECORDS).read_text())
        return {name: _Record(**fields) for name, fields in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # absent, damaged, or of another version: all is made anew


def _write_records(directory: Path, records: dict[str, _Record]) -> None:
    text = json.dumps({name: asdict(record) for name, record in records.items()}, indent=1)
    with fresh(directory / _RECORDS) as draft:
        draft.write_text(text + "\n")
