"""The third way: a build from the Go module, whose sources the committed go.sum pins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from testbed.artefacts.lockfile import Artefact
from testbed.artefacts.network import Unreachable
from testbed.artefacts.toolchain import find_go, pinned_go
from testbed.errors import CheckFailed

LIMIT = 3600  # seconds


def build(artefact: Artefact, into: Path, say: Callable[[str], None]) -> str:
    """Build the artefact's programs into `into`; says the cost before. Gives what was built.

    Raises Unreachable if toolchain or sources cannot be had, CheckFailed if they are not what
    go.sum says or do not build.
    """
    recipe = artefact.build
    system = find_go(recipe.go)
    say(
        f"building {artefact.title} {artefact.version} from its Go module: {recipe.cost}"
        + ("" if system else f" (and a Go toolchain first: none of {recipe.go} or newer here)")
    )
    go = system or pinned_go()
    work = into / ".build"
    module = work / "module"
    shutil.copytree(recipe.directory, module)
    command = [str(go), "build", "-trimpath", "-ldflags", recipe.ldflags, "-o", f"{into}/"]
    command += [f"{recipe.module}/{recipe.packages}/{name}" for name in artefact.programs]
    try:
        done = subprocess.run(
            command,
            cwd=module,
            env=_environment(work, own_caches=system is not None),
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"building {artefact.title} took more than {LIMIT} s") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if done.returncode:
        raise _failure(artefact, done.stderr)
    return f"{recipe.module} v{artefact.version} ({recipe.packages}/…)"


def _environment(work: Path, *, own_caches: bool) -> dict[str, str]:
    # CGO off: the programs run on any libc. GOTOOLCHAIN: nothing is downloaded unpinned.
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    settings["GOFLAGS"] = "-mod=readonly -modcacherw"
    environment = {**os.environ, **settings}
    for name in ("GOROOT", "GOOS", "GOARCH"):
        environment.pop(name, None)
    if not own_caches:  # no Go here: leave nothing of Go in the user's home
        environment["GOPATH"] = str(work / "gopath")
        environment["GOCACHE"] = str(work / "gocache")
        environment["XDG_CONFIG_HOME"] = str(work / "config")
    return environment


def _failure(artefact: Artefact, stderr: str) -> Exception:
    lines = [line for line in stderr.splitlines() if not line.startswith("go: downloading")]
    why = "; ".join(lines[-3:]) or "go build failed"
    if "checksum mismatch" in stderr or "SECURITY ERROR" in stderr:
        return CheckFailed(
            f"the sources of {artefact.title} are not what go.sum says",
            why=why,
            where=str(artefact.build.directory / "go.sum"),
        )
    network = (
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "TLS handshake",
        "Forbidden",
        "Not Found",
        "Bad Gateway",
        "module lookup disabled",
        "unreachable",
    )
    if any(word in stderr for word in network):
        return Unreachable(f"its Go modules cannot be had: {why}")
    return CheckFailed(f"{artefact.title} does not build", why=why)
