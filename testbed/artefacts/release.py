"""Gets an artefact from its project's release, checked against the published checksums."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from testbed.artefacts.download import checksum_of, download
from testbed.artefacts.lockfile import Artefact, ReleaseFile
from testbed.artefacts.network import Network, require_safe
from testbed.artefacts.settings import release_base
from testbed.errors import CheckFailed


def fetch_release(
    artefact: Artefact, network: Network, into: Path, say: Callable[[str], None]
) -> str:
    """Put the artefact's programs into `into`; gives the URL of (the first of) its files.

    Raises Unreachable (the next way may do), CheckFailed (wrong content: stop),
    MachineUnfit (no release for this machine).
    """
    files = {_url_of(file, file.file): file for file in artefact.release()}
    # every checksum first: a host that does not answer is found out before the long downloads
    digests = {
        url: checksum_of(network, _url_of(file, file.checksums), url) for url, file in files.items()
    }
    # nothing is moved before all of it is there: an interrupted run resumes here
    parts = {url: download(network, url, digest, say) for url, digest in digests.items()}
    try:
        for url, part in parts.items():
            _place_file(files[url], part, into, url)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return next(iter(files))


def _url_of(file: ReleaseFile, path: str) -> str:
    url = f"{release_base(file.base)}/{path}"
    require_safe(url)
    return url


def _place_file(file: ReleaseFile, part: Path, into: Path, where: str) -> None:
    if file.is_archive:
        _unpack_programs(part, file, into, where)
    else:
        shutil.move(part, into / file.programs[0])


def _unpack_programs(archive: Path, file: ReleaseFile, into: Path, where: str) -> None:
    # by exact name and as plain files: nothing else of the archive reaches the disk
    try:
        with tarfile.open(archive, "r:*") as tar:
            for name in file.programs:
                member = tar.getmember(file.inside + name)
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    raise CheckFailed(f"{name} is no plain file in the archive", where=where)
                with source, (into / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise CheckFailed(
            "the archive does not hold what it should", where=where, why=str(error)
        ) from None
