"""Downloads one file of a release, resumes if interrupted, and checks a remembered checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from testbed.artefacts.cache import sha256
from testbed.artefacts.network import Network, Unreachable
from testbed.artefacts.progress import Progress
from testbed.artefacts.settings import cache_root
from testbed.errors import CheckFailed
from testbed.host.files import write_atomically

ATTEMPTS = 5  # interruptions in one run, as long as each attempt brings something
CHECKSUMS_LIMIT = 1 << 20  # bytes
BLOCK = 1 << 16


def remembered(url: str) -> Path:
    """Where the checksum file of that address is kept, once it has been seen."""
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    return cache_root() / "checksums" / f"{name}-{url.rsplit('/', 1)[-1]}"


def checksum_of(network: Network, url: str, of: str) -> str:
    """SHA-256 that the checksum file at `url` gives for the file at the address `of`.

    The file is fetched once and remembered: a release that changes later is noticed.
    Raises Unreachable, or CheckFailed if the checksum file does not name the other.
    """
    file = of.rsplit("/", 1)[-1]
    kept = remembered(url)
    if not kept.is_file():
        try:
            with network.open(url) as response:
                data = response.read(CHECKSUMS_LIMIT)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{url}: {error}") from None
        text = data.decode("utf-8", "replace")
        _find_checksum(text, file, url)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, text)
    return _find_checksum(kept.read_text(), file, str(kept))


def _find_checksum(text: str, file: str, where: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):  # a checksum file of this file alone
        return text.strip().lower()
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-fA-F]{64})\s+\*?(\S+)\s*", line)
        if match and match[2] == file:
            return match[1].lower()
    raise CheckFailed(f"no checksum for {file}", where=where, why="the checksum file lacks it")


def download(network: Network, url: str, digest: str, say: Callable[[str], None]) -> Path:
    """Fetch `url` whose content must have SHA-256 `digest`; the caller removes the result.

    Resumes an interrupted download. Raises Unreachable, or CheckFailed if the content is wrong
    (it is then removed, so that no run resumes it).
    """
    part = cache_root() / "downloads" / f"{digest}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    if part.exists() and sha256(part) == digest:  # whole already: the other files were not
        return part
    for _ in range(ATTEMPTS):
        before = _size_of(part)
        if _fetch_rest(network, url, part, say):
            break
        if _size_of(part) <= before:
            raise network.give_up_on(url, f"the download was interrupted at {before} bytes")
    else:
        raise Unreachable(f"{url}: interrupted {ATTEMPTS} times; the next run resumes it")
    found = sha256(part)
    if found != digest:
        part.unlink()
        raise CheckFailed(
            "wrong checksum: the download is not what the release's checksum file says",
            where=url,
            why=f"SHA-256 {found}, expected {digest}",
            fix="do not use it; try another network, or TESTBED_ARTEFACT_SOURCES=cache,build",
        )
    return part


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _fetch_rest(network: Network, url: str, part: Path, say: Callable[[str], None]) -> bool:
    """Append what is missing; False if the connection broke before the end."""
    start = _size_of(part)
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        response = network.open(url, headers)
    except Unreachable as error:
        if start and "HTTP 416" in str(error):  # nothing is left to send, or another file
            return True
        raise
    with response:
        again = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        length = response.headers.get("Content-Length")
        got = 0
        progress = Progress(say, lambda mebibytes: f"downloading {url}: {mebibytes} MiB")
        try:
            with part.open("ab" if again else "wb") as file:
                while block := response.read1(BLOCK):
                    file.write(block)
                    got += len(block)
                    progress.at((got + (start if again else 0)) >> 20)
        except (TimeoutError, ConnectionError, HTTPException):
            return False
    return length is None or got >= int(length)
