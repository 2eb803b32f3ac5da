"""Recipes that replace the images of Kubernetes' network conformance tests, by their names.

Their programs are the distribution's and our build's, so nothing is pulled from a registry.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.artefacts import program
from testbed.errors import MachineUnfit
from testbed.images.build import busybox
from testbed.images.build.libraries import system_program
from testbed.images.build.oci import Image
from testbed.images.build.recipe import Recipe
from testbed.images.build.tree import Entry, File
from testbed.images.build.userland import userland

# As Kubernetes 1.37.2 asks for them (test/utils/image/manifest.go).
_REGISTRY = "registry.k8s.io/e2e-test-images"
AGNHOST = f"{_REGISTRY}/agnhost:2.66.1"
RESOLVER = f"{_REGISTRY}/glibc-dns-testing:2.1.1"
NGINX = f"{_REGISTRY}/nginx:1.27.0-2"

AGNHOST_TOOLS = ("bash", "curl", "dig", "getent", "hostname", "ip", "nc", "ss")
RESOLVER_TOOLS = ("bash", "dig", "getent", "hostname")


def recipes(certificate: str, key: str) -> list[Recipe]:
    """One per image. The pair (PEM) is what agnhost serves TLS with; nobody checks it.

    Raises MachineUnfit for a program that is missing.
    """
    pair: dict[str, Entry] = {
        "/localhost.crt": File(certificate.encode()),
        "/localhost.key": File(key.encode(), 0o600),
    }
    return [_agnhost_recipe(pair), _with_tools(RESOLVER, RESOLVER_TOOLS), _nginx_recipe()]


def _agnhost_recipe(pair: dict[str, Entry]) -> Recipe:
    """agnhost: server and client in one program, with the tools that the tests call."""
    agnhost = program("agnhost")
    more = {**pair, "/agnhost": File(agnhost, 0o755)}
    return _with_tools(AGNHOST, AGNHOST_TOOLS, (agnhost,), more, ("/agnhost",), ("pause",))


def _nginx_recipe() -> Recipe:
    """nginx: the specs need a web server on port 80, of any kind."""
    agnhost = program("agnhost")
    serve = ("/agnhost", "netexec", "--http-port=80")

    def make(_: Sequence[Path]) -> Image:
        return Image(NGINX, {"/agnhost": File(agnhost, 0o755)}, entrypoint=serve)

    return Recipe(NGINX, (agnhost,), make)


def _with_tools(
    name: str,
    tools: Sequence[str],
    own: tuple[Path, ...] = (),
    more: dict[str, Entry] | None = None,
    entrypoint: tuple[str, ...] = (),
    command: tuple[str, ...] = ("sh",),
) -> Recipe:
    found, shell = _find_programs(name, tools), busybox.program()

    def make(libraries: Sequence[Path]) -> Image:
        tree = {**userland(found, shell, libraries), **(more or {})}
        return Image(name, tree, entrypoint=entrypoint, command=command)

    return Recipe(name, (*found, shell, *own), make)


def _find_programs(image: str, names: Sequence[str]) -> list[Path]:
    programs = {name: system_program(name) for name in names}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise MachineUnfit(
            f"the image {image} cannot be made: {', '.join(missing)} missing",
            fix="`make conformance` installs packages-conformance.apt first",
        )
    return [path for path in programs.values() if path]
