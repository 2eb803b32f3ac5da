"""Runs the go command: its environment, its progress, and the meaning of its failures."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.artefacts.network import Unreachable
from testbed.errors import CheckFailed

LIMIT = 3 * 3600  # seconds for one command: the longest takes 12 minutes on 2 cores

_NETWORK = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "connection refused",
    "connection reset",
    "TLS handshake",
    "Forbidden",
    "Not Found",
    "Bad Gateway",
    "module lookup disabled",
    "unreachable",
)


def environment(caches: Path | None) -> dict[str, str]:
    """The go command's environment; Go's caches are the user's own, or in `caches`."""
    # CGO off: the programs run on any libc. GOTOOLCHAIN: nothing is downloaded unpinned.
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    settings["GOFLAGS"] = "-mod=readonly -modcacherw"
    found = {**os.environ, **settings}
    for name in ("GOROOT", "GOOS", "GOARCH"):
        found.pop(name, None)
    if caches is not None:  # no Go here: leave nothing of Go in the user's home
        found.pop("GOMODCACHE", None)
        found["GOPATH"] = str(caches / "path")
        found["GOCACHE"] = str(caches / "cache")
        found["XDG_CONFIG_HOME"] = str(caches / "config")
    return found


def run_go(
    command: Sequence[str],
    directory: Path,
    env: dict[str, str],
    *,
    what: str,
    each: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run a go command on `what`; gives its output, and hands its remarks on as they come.

    Raises Unreachable if sources cannot be had, CheckFailed if it fails for another reason.
    """
    remarks: list[str] = []
    with subprocess.Popen(
        command, cwd=directory, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.extend(process.stdout or ()), daemon=True)
        reader.start()
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        try:
            for line in process.stderr:
                remarks.append(line.rstrip())
                each(remarks[-1])
            process.wait()
            reader.join()
        except BaseException:
            process.terminate()  # an interrupt: what is compiled so far stays in Go's cache
            raise
        finally:
            watchdog.cancel()
    if process.returncode < 0:
        raise CheckFailed(f"building {what} was ended by signal {-process.returncode}")
    if process.returncode:
        raise _classify_failure(what, remarks, directory)
    return [line.rstrip() for line in output]


def is_package(remark: str) -> bool:
    """Whether a line of `go build -v` names a package that is being compiled."""
    return re.fullmatch(r"[\w.~/+-]+", remark) is not None


def _classify_failure(what: str, remarks: list[str], directory: Path) -> Exception:
    said = [
        line
        for line in remarks
        if not line.startswith(("go: downloading", "#")) and not is_package(line)
    ]
    why = "; ".join(said[-3:]) or "the go command failed"
    text = "\n".join(said)
    if "checksum mismatch" in text or "SECURITY ERROR" in text:
        return CheckFailed(
            f"the sources of {what} are not what go.sum says",
            why=why,
            where=str(directory / "go.sum"),
        )
    if any(word in text for word in _NETWORK):
        return Unreachable(f"its Go modules cannot be had: {why}")
    return CheckFailed(f"{what} does not build", why=why)
