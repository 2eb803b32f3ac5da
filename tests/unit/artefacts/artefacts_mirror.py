"""A release mirror on the loopback that can be told to misbehave."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from testbed.artefacts.lockfile import ReleaseFile, providing

[GOBGP] = providing("gobgp").release()
PROGRAMS = {"gobgpd": b"#!/bin/sh\necho daemon\n" * 5000, "gobgp": b"#!/bin/sh\necho client\n"}


def archive(programs: dict[str, bytes]) -> bytes:
    """A tar.gz as the release has it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in programs.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@dataclass
class Mirror:
    """What it serves, what it was asked, and how it misbehaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path, Range
    break_after: int | None = None  # bytes of the archive, then the connection is closed
    redirect: str | None = None
    base: str = ""

    def release(self, content: bytes, checksum_of: bytes | None = None) -> None:
        """Serve an archive of GoBGP, and a checksum file for it (or for other content)."""
        digest = hashlib.sha256(content if checksum_of is None else checksum_of).hexdigest()
        name = GOBGP.file.rsplit("/", 1)[-1]
        self.files[f"/{GOBGP.file}"] = content
        sums = f"{'0' * 64}  other.tar.gz\n{digest}  {name}\n"
        self.files[f"/{GOBGP.checksums}"] = sums.encode()

    def serve(self, file: ReleaseFile, content: bytes) -> None:
        """Serve a file and a checksum file that holds its digest and nothing else."""
        self.files[f"/{file.file}"] = content
        self.files[f"/{file.checksums}"] = hashlib.sha256(content).hexdigest().encode()

    def asked_for(self, name: str) -> list[str | None]:
        """The Range headers of the requests for one file."""
        return [wanted for path, wanted in self.asked if path.endswith(name)]


@contextmanager
def serving(mirror: Mirror) -> Iterator[Mirror]:
    """The mirror at `mirror.base`, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            mirror.asked.append((self.path, wanted))
            if mirror.redirect:
                self.send_response(302)
                self.send_header("Location", mirror.redirect + self.path)
                self.end_headers()
                return
            body = mirror.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            if mirror.break_after is not None and self.path.endswith(".tar.gz"):
                rest = rest[: mirror.break_after]
            self.wfile.write(rest)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    mirror.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield mirror
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
