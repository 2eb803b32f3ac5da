"""The stand-ins for the conformance tests' images."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import MachineUnfit
from testbed.images.build import busybox, conformance, libraries
from testbed.images.build.tree import File, Link

NAMES = {*conformance.AGNHOST_TOOLS, *conformance.RESOLVER_TOOLS, "busybox"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution that has all that is needed, and our build's programs."""
    for name in NAMES:
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(libraries, "SYSTEM_PATH", str(tmp_path))
    monkeypatch.setattr(busybox, "applets", lambda _: ["busybox", "cat", "nc", "sh"])
    monkeypatch.setattr(conformance, "program", lambda name: Path("/built") / name)
    return tmp_path


def test_agnhost_is_what_the_tests_start_and_call(home: Path) -> None:
    agnhost = conformance.recipes("CERTIFICATE", "KEY")[0]
    image = agnhost.make([])

    assert image.name == "registry.k8s.io/e2e-test-images/agnhost:2.66.1"
    assert (image.entrypoint, image.command) == (("/agnhost",), ("pause",))
    assert image.tree["/agnhost"] == File(Path("/built/agnhost"), 0o755)
    assert image.tree["/localhost.crt"] == File(b"CERTIFICATE")
    assert image.tree[str(home / "nc")] == File(home / "nc", 0o755)
    assert image.tree[str(home / "cat")] == Link("busybox")
    assert image.tree[str(home / "sh")] == Link("bash")
    assert Path("/built/agnhost") in agnhost.programs  # another build makes another image


def test_the_resolver_image_has_its_tools_alone(home: Path) -> None:
    image = conformance.recipes("", "")[1].make([])

    assert image.name == "registry.k8s.io/e2e-test-images/glibc-dns-testing:2.1.1"
    assert image.tree[str(home / "dig")] == File(home / "dig", 0o755)
    assert "/agnhost" not in image.tree


@pytest.mark.usefixtures("home")
def test_nginx_is_a_web_server_on_its_port() -> None:
    image = conformance.recipes("", "")[2].make([])

    assert image.name == "registry.k8s.io/e2e-test-images/nginx:1.27.0-2"
    assert image.entrypoint == ("/agnhost", "netexec", "--http-port=80")


def test_missing_programs_are_named(home: Path) -> None:
    (home / "dig").unlink()
    (home / "nc").unlink()

    with pytest.raises(MachineUnfit, match="dig, nc missing") as error:
        conformance.recipes("", "")
    assert error.value.fix and "packages-conformance.apt" in error.value.fix
