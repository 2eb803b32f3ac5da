"""The second way: the project's own release, checked against its published checksums."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from testbed.artefacts.download import checksum_of, download
from testbed.artefacts.lockfile import Artefact
from testbed.artefacts.network import Network, require_safe
from testbed.artefacts.settings import release_base
from testbed.errors import CheckFailed


def fetch_release(artefact: Artefact, network: Network, into: Path) -> str:
    """Put the artefact's programs into `into`; gives the archive's URL.

    Raises Unreachable (the next way may do), CheckFailed (wrong content: stop),
    MachineUnfit (no archive for this machine).
    """
    release = artefact.release
    directory = f"{release_base(release.base)}/{release.path}"
    require_safe(directory)
    file = release.archive()
    digest = checksum_of(network, f"{directory}/{release.checksums}", file)
    archive = download(network, f"{directory}/{file}", digest)
    try:
        _unpack(archive, artefact.programs, into, f"{directory}/{file}")
    finally:
        archive.unlink()
    return f"{directory}/{file}"


def _unpack(archive: Path, names: tuple[str, ...], into: Path, where: str) -> None:
    # by exact name and as plain files: nothing else of the archive reaches the disk
    try:
        with tarfile.open(archive, "r:*") as tar:
            for name in names:
                member = tar.getmember(name)
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    raise CheckFailed(f"{name} is no plain file in the archive", where=where)
                with source, (into / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise CheckFailed(
            "the archive does not hold what it should", where=where, why=str(error)
        ) from None
