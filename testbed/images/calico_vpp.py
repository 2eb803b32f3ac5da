"""Gets Calico-VPP's images and Calico's manifests, which this project may not redistribute.

Kept beside the cached programs, calico-vpp/VERSION/: an archive per image, named after it, and
the manifests. Without a network, put the files there by hand.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.artefacts.cache import sha256
from testbed.artefacts.cache_dir import fresh, locked_cache_dir
from testbed.artefacts.download import download
from testbed.artefacts.network import Network, Unreachable
from testbed.artefacts.settings import cache_root, sources
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.run import run
from testbed.images.archive.check import check_archive
from testbed.render.calico_vpp_images import (
    AGENT,
    CALICO,
    MANIFESTS,
    MANIFESTS_BASE,
    images,
)

ANSWER = 10.0  # seconds for a registry's first word: name, TLS, token, manifest
PULL = 3600.0  # seconds for one image, which may be half a gigabyte
# Its policy file says which signatures images need; most machines have none, or one that asks none.
SKOPEO = ("skopeo", "--insecure-policy")
NO_RELEASES = "not asked for: TESTBED_ARTEFACT_SOURCES has no release"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Supplies:
    """All that is needed: full image name → archive, file name → manifest."""

    images: Mapping[str, Path]
    manifests: Mapping[str, Path]


def directory() -> Path:
    """Where the files of this version lie; it need not exist yet."""
    return cache_root().parent / "calico-vpp" / CALICO


def archive_name(image: str) -> str:
    """docker.io/calicovpp/agent:v1 → docker.io_calicovpp_agent_v1.tar"""
    return image.translate(str.maketrans("/:", "__")) + ".tar"


def supplies(say: Say, network: Network | None = None) -> Supplies:
    """Everything; what is missing from the registries by skopeo, and from Calico's repository.

    Raises MachineUnfit with all that cannot be had, and why; TestbedError for wrong content.
    """
    home = directory()
    wanted = Supplies(
        {image: home / archive_name(image) for image in images()},
        {name: home / name for name in MANIFESTS},
    )
    with locked_cache_dir(home):
        missing = _get_images(wanted.images, say)
        missing |= _get_manifests(wanted.manifests, network or Network(), say)
    if missing:
        raise MachineUnfit(
            f"Calico-VPP {CALICO} cannot be had here",
            why="\n       ".join(by_reason(missing)),
            fix=f"where there is network: skopeo copy docker://IMAGE oci-archive:FILE:IMAGE, and "
            f"{MANIFESTS_BASE}/{next(iter(MANIFESTS))} …; then everything into {home}, an "
            f"archive called after its image ({archive_name(AGENT)}); or the default overlay",
        )
    return wanted


def at_hand() -> tuple[int, int]:
    """How many of the files are there, and of how many; nothing is read or asked for."""
    files = [*map(archive_name, images()), *MANIFESTS]
    return sum((directory() / name).exists() for name in files), len(files)


def by_reason(missing: Mapping[str, str]) -> list[str]:
    """What → why, as lines that name a reason once."""
    reasons = dict.fromkeys(missing.values())
    return [f"{', '.join(k for k, v in missing.items() if v == why)}: {why}" for why in reasons]


def _get_images(wanted: Mapping[str, Path], say: Say) -> dict[str, str]:
    """Pull what is missing; gives what cannot be had, and why."""
    missing: dict[str, str] = {}
    silent: dict[str, str] = {}  # registry → its last word; not asked again
    for image, archive in wanted.items():
        if archive.exists():
            _require_image(image, archive)
            continue
        registry = image.partition("/")[0]
        why = silent.get(registry) or _pull_failure(image)
        if why:
            missing[image] = silent[registry] = why
            continue
        say(f"pulling {image}, once")
        with fresh(archive) as draft:
            run([*SKOPEO, "copy", f"docker://{image}", f"oci-archive:{draft}:{image}"], None, PULL)
            _require_image(image, draft)
    return missing


def _pull_failure(image: str) -> str:
    """Why a registry does not give this image; empty if it would."""
    if "release" not in sources():
        return NO_RELEASES
    if shutil.which("skopeo") is None:
        return "skopeo is not installed (make deps NODES=vagrant)"
    try:
        run([*SKOPEO, "inspect", "--raw", f"docker://{image}"], timeout=ANSWER)
    except TestbedError as error:
        return _last_words(error.why or f"no answer within {ANSWER:g} s")
    return ""


def _last_words(said: str) -> str:
    """skopeo logs key="value" pairs, and in msg one cause after the other, behind addresses."""
    message = said.strip().splitlines()[-1].rpartition('msg="')[2].rstrip('"')
    return message.rpartition('\\": ')[2][-300:]


def _require_image(image: str, archive: Path) -> None:
    """The archive is sound and holds this image. Raises TestbedError."""
    names = set(check_archive(archive, str(archive)).names.values())
    if image not in names:
        raise TestbedError(
            f"the archive does not hold {image}",
            where=str(archive),
            why=f"it holds {', '.join(sorted(names))}",
            fix="remove it, or save the right image there",
        )


def _get_manifests(wanted: Mapping[str, Path], network: Network, say: Say) -> dict[str, str]:
    """Download what is missing; gives what cannot be had, and why. Raises CheckFailed."""
    missing: dict[str, str] = {}
    for name, file in wanted.items():
        if file.exists() and sha256(file) == MANIFESTS[name]:
            continue
        if "release" not in sources():
            missing[name] = NO_RELEASES
            continue
        try:
            part = download(network, f"{MANIFESTS_BASE}/{name}", MANIFESTS[name], say)
        except Unreachable as error:
            missing[name] = str(error)
            continue
        with fresh(file) as draft:
            shutil.move(part, draft)
    return missing
