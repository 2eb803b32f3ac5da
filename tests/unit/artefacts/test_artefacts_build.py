"""Building: links, progress, what a failure means, and caches that outlive an interruption.

Go is played by a script that compiles what the test says and notes how it was called.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.artefacts import ensure, program
from testbed.artefacts.build import build
from testbed.artefacts.cache import record_path
from testbed.artefacts.lockfile import needed, providing
from testbed.artefacts.network import Unreachable
from testbed.artefacts.progress import Progress
from testbed.errors import CheckFailed, MachineUnfit

GO = """#!/bin/sh
echo "$GOCACHE | $*" >>"{log}"
[ "$1 $2" = "env GOVERSION" ] && {{ echo "go{version}"; exit; }}
[ "$1" = list ] && {{ {on_list}; printf 'stale\\n\\nstale\\n'; exit; }}
{on_build}
case "$*" in *" -o "*) ;; *) exit 0;; esac
while [ "$1" != -o ]; do shift; done
printf 'built %s' "$3" >"$2"
"""


class FakeGo:
    """The script, and what it was asked."""

    def __init__(self, directory: Path) -> None:
        self.path, self.log = directory / "go", directory / "go.log"
        self.is_told()

    def is_told(self, version: str = "1.26.8", on_list: str = ":", on_build: str = ":") -> None:
        """How it answers: shell commands to run at `go list` and at each build."""
        self.path.write_text(
            GO.format(log=self.log, version=version, on_list=on_list, on_build=on_build)
        )
        self.path.chmod(0o755)

    def asked(self, action: str) -> list[str]:
        """Its calls of one kind, each after the build cache it was given."""
        return [line for line in self.log.read_text().splitlines() if f"| {action} " in line]


@pytest.fixture
def go(tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    """A machine whose only Go is the script, and whose only way is the build."""
    assert not cache_dir.exists()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("TESTBED_ARTEFACT_SOURCES", "cache,build")
    monkeypatch.setenv("GOCACHE", "/the/user's")
    return FakeGo(tmp_path / "bin")


@pytest.fixture
def no_system_go(go: FakeGo, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    """The script is the pinned toolchain, and the machine has no other."""
    monkeypatch.setattr("testbed.artefacts.build.find_go", lambda _: None)
    monkeypatch.setattr("testbed.artefacts.build.pinned_go", lambda: go.path)
    return go


def test_one_file_plays_every_program(go: FakeGo) -> None:
    said: list[str] = []
    found = ensure(["kubernetes"], say=said.append)
    assert said[0] == (
        "building Kubernetes 1.37.2 from its Go modules: about 12 min on 2 cores, once"
    )
    assert set(found) == set(providing("kubernetes").programs)
    assert {path.resolve() for path in found.values()} == {found["etcd"].with_name("kubernetes")}
    assert program("kube-proxy").name == "kube-proxy"
    assert program("kube-proxy").read_text() == "built ."
    assert len(go.asked("build")) == 1


def test_versions_reach_the_linker(go: FakeGo) -> None:
    ensure(["kubernetes"], say=lambda _: None)
    [call] = go.asked("build")
    assert "-X k8s.io/component-base/version.gitVersion=v1.37.2" in call
    assert "-trimpath -tags providerless,dockerless" in call


def test_test_programs_are_built_as_tests(go: FakeGo) -> None:
    ensure(["conformance"], say=lambda _: None)
    [call] = go.asked("test")
    assert "-c -vet=off" in call and call.endswith("k8s.io/kubernetes/test/e2e")
    built = go.asked("build")
    assert built[0].endswith("stale stale")  # what it imports: what the script answers to `list`
    assert len(built) == 3
    assert " -test " in go.asked("list")[0]


@pytest.mark.usefixtures("go")
def test_changed_link_is_damage() -> None:
    path = ensure(["kubernetes"], say=lambda _: None)["kubelet"]
    path.unlink()
    path.symlink_to("SHA256SUMS")
    with pytest.raises(CheckFailed, match="not what was put there"):
        program("kubelet")


def test_old_go_is_not_used(go: FakeGo, monkeypatch: pytest.MonkeyPatch) -> None:
    go.is_told(version="1.25.5")

    def none() -> Path:
        raise Unreachable("no index here")

    monkeypatch.setattr("testbed.artefacts.build.pinned_go", none)
    said: list[str] = []
    with pytest.raises(MachineUnfit, match="cannot be had"):
        ensure(["pause"], say=said.append)
    assert "and a Go toolchain first: none of 1.26.0 or newer here" in said[0]


def test_the_users_caches_with_the_users_go(go: FakeGo, cache_dir: Path) -> None:
    ensure(["pause"], say=lambda _: None)
    assert go.asked("build")[0].startswith("/the/user's |")
    assert not (cache_dir / "go").exists()


def test_interrupted_build_goes_on(no_system_go: FakeGo, cache_dir: Path) -> None:
    no_system_go.is_told(on_build='mkdir -p "$GOCACHE"; echo half >"$GOCACHE/x"; kill -TERM $$')
    with pytest.raises(CheckFailed, match="ended by signal 15"):
        ensure(["pause"], say=lambda _: None)
    assert (cache_dir / "go" / "cache" / "x").exists()
    no_system_go.is_told(on_build='[ -e "$GOCACHE/x" ] || exit 1')
    assert ensure(["pause"], say=lambda _: None)


def test_caches_go_when_nothing_is_left_to_build(no_system_go: FakeGo, cache_dir: Path) -> None:
    no_system_go.is_told(on_build='mkdir -p "$GOCACHE"')
    names = [artefact.name for artefact in needed()]
    ensure(names[:-1], say=lambda _: None)
    assert (cache_dir / "go").exists()
    ensure(names[-1:], say=lambda _: None)
    assert not (cache_dir / "go").exists()


@pytest.mark.parametrize(
    ("stderr", "error", "message"),
    [
        ("verifying x: checksum mismatch", CheckFailed, "not what go.sum says"),
        ("dial tcp: lookup proxy.example: no such host", Unreachable, "cannot be had"),
        ("main.go:1: undefined: x", CheckFailed, "does not build"),
        # the name of a package is no reason
        ("golang.org/x/tools/unreachable\nmain.go:1: undefined: x", CheckFailed, "undefined: x"),
    ],
)
def test_failures(
    go: FakeGo, tmp_path: Path, stderr: str, error: type[Exception], message: str
) -> None:
    go.is_told(on_build=f"printf '{stderr}\\n' >&2; exit 1")
    with pytest.raises(error) as caught:
        build(providing("pause"), tmp_path, lambda _: None)
    assert message in str(caught.value)


def test_wrong_sources_stop_everything(go: FakeGo) -> None:
    go.is_told(on_list="echo 'verifying x: checksum mismatch' >&2; exit 1")
    with pytest.raises(CheckFailed, match=r"not what go\.sum says") as caught:
        ensure(["coredns"], say=lambda _: None)
    assert caught.value.exit_code == 1
    assert not record_path(providing("coredns")).exists()


def test_progress_counts_packages(
    go: FakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.artefacts.progress.PAUSE", 0)
    go.is_told(
        on_list="echo 'go: downloading x v1.0.0' >&2",
        on_build="printf 'k8s.io/api/core/v1\\n# a remark\\nmain\\nextra\\n' >&2",
    )
    said: list[str] = []
    build(providing("pause"), tmp_path, said.append)
    assert said[1:] == [
        "building pause: 1 Go modules downloaded",
        "building pause: 1 of 2 packages",
        "building pause: 1 of 2 packages",
        "building pause: 2 of 2 packages",
        "building pause: 2 of 2 packages",
    ]


def test_a_line_now_and_then() -> None:
    now = 0.0
    said: list[str] = []
    progress = Progress(said.append, str, pause=15, clock=lambda: now)
    for second in range(61):
        now = second
        progress.at(second)
    assert said == ["15", "30", "45", "60"]
