"""What the builtin images contain, and what is said where a program is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import MachineUnfit, TestbedError
from testbed.images.build import builtin, busybox, libraries, tools
from testbed.images.build.libraries import loaded_later, parse_ldd
from testbed.images.build.root_files import carried, merged, place, skeleton
from testbed.images.build.tree import Directory, Entry, File, Link

APPLETS = ["ash", "busybox", "ls", "nslookup", "sh", "wget"]
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A distribution of the test's own, with a merged /usr: install(name, …) adds programs."""
    home = tmp_path / "usr" / "bin"
    home.mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    monkeypatch.setattr(libraries, "SYSTEM_PATH", str(home))
    monkeypatch.setattr(busybox, "applets", lambda _: APPLETS)

    def install(*names: str) -> Path:
        for name in names:
            (home / name).write_text(name)
            (home / name).chmod(0o755)
        return home

    return install


def test_busybox_is_its_program_with_a_link_per_applet(install: Install) -> None:
    home = install("busybox")

    image = busybox.recipe().make([])

    assert image.name == "docker.io/library/busybox:latest"
    assert image.tree["/bin/busybox"] == File(home / "busybox", 0o755)
    links = {p: e for p, e in image.tree.items() if p.startswith("/bin/") and isinstance(e, Link)}
    assert links == {f"/bin/{name}": Link("busybox") for name in APPLETS if name != "busybox"}
    assert image.tree["/tmp"] == Directory(0o1777)
    assert image.tree["/etc/passwd"] == skeleton()["/etc/passwd"]
    assert image.command == ("sh",)


def test_a_machine_without_busybox_is_told_what_to_do(install: Install) -> None:
    install()
    with pytest.raises(MachineUnfit, match="busybox") as error:
        busybox.recipe()
    assert error.value.fix == "run `make deps`"


def test_tools_has_the_programs_and_busybox_for_the_other_names(install: Install) -> None:
    home = install("busybox", *tools.NEEDED, "wget")

    tree = tools.recipe().make([]).tree

    assert tree[str(home / "iperf3")] == File(home / "iperf3", 0o755)
    assert tree[str(home / "wget")] == File(home / "wget", 0o755)
    assert tree[str(home / "nslookup")] == Link("busybox")
    assert tree[str(home / "sh")] == Link("bash")
    assert str(home / "dig") not in tree


def test_tools_names_all_that_is_missing(install: Install) -> None:
    install("busybox", *tools.NEEDED)
    (install() / "iperf3").unlink()
    (install() / "curl").unlink()

    with pytest.raises(MachineUnfit, match="curl, iperf3 missing"):
        tools.recipe()


def test_a_program_is_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "program", lambda name: tmp_path / name)

    image = builtin.coredns().make([])

    assert image.entrypoint == ("/coredns",)
    assert image.tree == {"/coredns": File(tmp_path / "coredns", 0o755)}
    assert builtin.pause().make([]).user == "65535:65535"


def test_libraries_are_those_that_the_loader_names() -> None:
    text = (
        "\tlinux-vdso.so.1 (0x00007ffd1a5f2000)\n"
        "\tlibcap.so.2 => /lib/x86_64-linux-gnu/libcap.so.2 (0x00007f4a3fd40000)\n"
        "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f4a3fd40000)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007f4a400cb000)\n"
    )
    assert parse_ldd(text, Path("/bin/x")) == [
        Path("/lib/x86_64-linux-gnu/libcap.so.2"),
        Path("/lib/x86_64-linux-gnu/libc.so.6"),
        Path("/lib64/ld-linux-x86-64.so.2"),
    ]


def test_what_the_c_library_loads_later_is_taken_along(tmp_path: Path) -> None:
    libc, other = tmp_path / "libc.so.6", tmp_path / "libz.so.1"
    assert list(loaded_later([libc, other])) == []
    (tmp_path / "libgcc_s.so.1").touch()
    assert list(loaded_later([libc, other])) == [tmp_path / "libgcc_s.so.1"]
    assert list(loaded_later([other])) == []


@pytest.mark.parametrize("text", ["", "\tstatically linked\n", "\tnot a dynamic executable\n"])
def test_a_static_program_has_no_libraries(text: str) -> None:
    assert parse_ldd(text, Path("/bin/x")) == []


def test_a_library_that_is_missing_is_named() -> None:
    with pytest.raises(TestbedError, match=r"libodd.so.3, a library of /bin/x"):
        parse_ldd("\tlibodd.so.3 => not found\n", Path("/bin/x"))


def test_paths_hold_in_the_image_as_on_the_host(tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    real = tmp_path / "usr" / "lib" / "libx.so.1.2"
    real.write_text("")
    (tmp_path / "usr" / "lib" / "libx.so.1").symlink_to("libx.so.1.2")
    named = tmp_path / "lib" / "libx.so.1"

    found: dict[str, Entry] = merged(tmp_path) | carried([named])

    assert found["/lib"] == Link("usr/lib")
    assert place(named) == tmp_path / "usr" / "lib" / "libx.so.1"
    assert found[str(place(named))] == File(real, 0o755)
