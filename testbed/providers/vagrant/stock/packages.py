"""What a stock box may lack, as one disk: Debian packages, with an index as apt reads it.

The host's apt chooses and downloads them, once, as if for an empty machine, so that they are enough
whatever the box has; the guest's apt then takes what is missing there.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from testbed.artefacts.cache_dir import fresh, locked_cache_dir
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import run
from testbed.providers.vagrant.box.box import boxes_directory, packages
from testbed.providers.vagrant.box.distribution import Distribution
from testbed.providers.vagrant.machines import PACKAGES

LIMIT = 900.0  # seconds; the mirror may be slow
_PREFIX = "packages"
_SPARE = 16  # MiB; the file system's own


def ensure_packages(distribution: Distribution, say: Callable[[str], None]) -> Path:
    """The disk for this release, made if missing. Raises TestbedError."""
    directory = boxes_directory()
    target = directory / f"{_PREFIX}-{_content_key(distribution)}.img"
    if not target.exists():
        with locked_cache_dir(directory):
            if not target.exists():
                say(f"downloading packages of {distribution.suite} that a box may lack")
                _make_image(target, distribution)
    return target


def _make_image(target: Path, distribution: Distribution) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as name:
        tree = Path(name)
        (tree / "partial").mkdir()
        sources = tree / "sources.list"
        sources.write_text("".join(f"{line}\n" for line in distribution.sources))
        try:
            run(["apt-get", *options(sources, tree), "install", *packages()], timeout=LIMIT)
        except TestbedError as error:
            raise MachineUnfit(
                "the packages for stock boxes cannot be downloaded",
                where=", ".join(distribution.sources),
                why=error.why,
                fix="apt-get update; is the mirror reachable?",
            ) from None
        shutil.rmtree(tree / "partial")
        for other in (sources, tree / "lock"):
            other.unlink(missing_ok=True)
        (tree / "Packages").write_text(index(sorted(tree.glob("*.deb"))))
        with fresh(target) as draft:
            size = sum(path.stat().st_size for path in tree.iterdir())
            make = ["mkfs.ext4", "-q", "-F", "-L", PACKAGES[:16], "-O", "^has_journal", "-m", "0"]
            make += ["-E", "lazy_itable_init=0", "-d", str(tree), str(draft)]
            run([*make, f"{size * 21 // 20 // (1 << 20) + _SPARE}M"], timeout=LIMIT)


def options(sources: Path, archives: Path) -> list[str]:
    """apt-get's, to download for a machine that has nothing, and to change nothing here."""
    settings = {
        "Dir::State::status": "/dev/null",
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Cache::archives": archives,
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
    }
    return [
        "-q",
        "-y",
        "--download-only",
        *(w for k, v in settings.items() for w in ("-o", f"{k}={v}")),
    ]


def index(files: list[Path]) -> str:
    """The text of a `Packages` file for .deb files that lie beside it."""
    paragraphs = []
    for file in files:
        control = run(["dpkg-deb", "--field", str(file)]).stdout.strip()
        data = file.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        paragraphs.append(
            f"{control}\nFilename: ./{file.name}\nSize: {len(data)}\nSHA256: {sha256}\n"
        )
    return "\n".join(paragraphs)


def _content_key(distribution: Distribution) -> str:
    """Hash of what decides what is on the disk, but for versions: apt takes the newest."""
    text = f"{distribution.name} {distribution.suite} {' '.join(packages())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
