"""What users, files and machines do wrong: one readable error, the right exit code, no harm."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import Sandbox, lab_name
from tests.repository import ROOT

pytestmark = pytest.mark.root

LINE = ("up", "grid", "--set", "rows=1", "--set", "columns=2")
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: one}
spec:
  endpoint: worker2
  color: 94
  family: IPv4
  candidates:
    - segmentLists:
        - segments: [LIST]
"""
GOOD = POLICY.replace("LIST", "r1, worker2")
CONFIGMAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: srv6-config-master, namespace: calico-vpp-dataplane}
data:
  srv6: |
    node: master
    localsids:
      DT4: "fcdd::aa:34b8:247c:36da:db44"
      DT6: "fcdd::aa:34b8:247c:36da:db45"
    policies:
      - node: "NODE"
        traffic: IPv4
        bsid: "cafe::1c2"
        segment_list: ["fcdd::11aa:c11:b42f:f17e:a682"]
"""
LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
HOSTILE = {
    "unclosed": "a: [1",
    "alias-loop": "&a [*a, *a]",
    "billion-laughs": LAUGHS,
    "deep": "[" * 5000,
    "python-object": '!!python/object/apply:os.system ["touch /tmp/owned"]',
    "control": "\x01\x02",
    "empty": "",
    "scalar": '"x"',
    "list-of-nothing": "- {}",
    "duplicate-key": "kind: A\nkind: B\n",
    "merge-bomb": "a: &a {b: 1}\nc: {<<: [*a, *a, *a]}\n",
    "wrong-types": "apiVersion: 1\nkind: [SRPolicy]\nmetadata: 7\nspec: []\n",
    "nul-name": 'kind: ConfigMap\nmetadata: {name: "srv6-config-\\0"}\ndata: {srv6: "x: 1"}\n',
    "path-name": "kind: ConfigMap\nmetadata: {name: srv6-config-/../../x}\ndata: {srv6: ''}\n",
    "big-number": POLICY.replace("94", "9" * 400).replace("LIST", "worker2"),
    "negative": POLICY.replace("94", "-1").replace("LIST", "worker2"),
}


def desired(lab: Lab) -> str:
    """All that TE commands write."""
    script = "cd /run/testbed; find api nodes/gobgp/policies -type f | sort | xargs sha256sum"
    said = lab.run("exec", "r1", "sh", "-c", script).stdout
    assert "IPPool" in said
    return said


def test_hostile_files_are_refused_and_nothing_is_applied(basic: Lab, tmp_path: Path) -> None:
    before = desired(basic)
    file = tmp_path / "hostile.yaml"
    both = (("policy", "apply"), ("apply",))
    for number, (kind, text) in enumerate(HOSTILE.items()):
        file.write_text(text)
        # The reader is the same; what is an object of its kind goes through both commands.
        for command in both if "kind:" in text else both[number % 2 :][:1]:
            said = basic.run(*command, "-f", str(file), expect=2).stderr
            assert said.startswith("error:"), f"{kind}: {said}"
            assert "hostile.yaml" in said, f"{kind}: {said}"
            assert "unexpected" not in said, f"{kind}: {said}"
    assert not Path("/tmp/owned").exists()
    assert desired(basic) == before


def test_files_that_cannot_be_read(basic: Lab, tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.yaml", tmp_path, binary):
        for command in (("policy", "apply"), ("apply",)):
            assert path.name in basic.run(*command, "-f", str(path), expect=2).stderr


def test_one_bad_policy_keeps_the_good_ones_out(basic: Lab, tmp_path: Path) -> None:
    before = desired(basic)
    file = tmp_path / "two.yaml"
    file.write_text(GOOD + "---\n" + GOOD.replace("one", "two").replace("r1,", "r11,"))
    said = basic.run("policy", "apply", "-f", str(file), expect=2).stderr
    assert "two.yaml:" in said
    assert "did you mean r1?" in said
    assert desired(basic) == before


def test_one_bad_configmap_keeps_the_good_ones_out(basic: Lab, tmp_path: Path) -> None:
    before = desired(basic)
    good = CONFIGMAP.replace("NODE", "fd11::1000")
    bad = good.replace("master", "worker9")
    file = tmp_path / "maps.yaml"
    file.write_text(f"{good}---\n{bad}")
    said = basic.run("apply", "-f", str(file), expect=2).stderr
    assert "maps.yaml:" in said
    assert "did you mean" in said
    file.write_text(CONFIGMAP.replace("NODE", "fd11::1001"))
    said = basic.run("apply", "-f", str(file), expect=2).stderr
    assert "fd11::1001" in said
    assert desired(basic) == before


NAMES = ("", "../x", "-a", "a;b")  # and many more in the unit tests


PEER = """\
kind: BGPPeer
apiVersion: crd.projectcalico.org/v1
metadata: {name: gobgp-%d}
spec: {peerIP: "%s", nodeSelector: "%s"}
"""


def test_a_peer_that_nobody_is_keeps_the_good_ones_out(basic: Lab, tmp_path: Path) -> None:
    shown = basic.run("exec", "gobgp", "ip", "-j", "-6", "addr", "show", "scope", "global").stdout
    address = next(a["local"] for i in json.loads(shown) for a in i.get("addr_info", []))
    file = tmp_path / "peers.yaml"
    file.write_text(PEER % (1, address, "all()") + "---\n" + PEER % (2, f"{address}2", "all()"))
    said = basic.run("apply", "-f", str(file), expect=2).stderr
    assert f"peers.yaml:9: error: nobody has the peer address {address}2" in said
    assert f"did you mean {address} (gobgp)?" in said
    assert "gobgp-1" not in basic.run("exec", "r1", "ls", "/run/testbed/api").stdout
    file.write_text(PEER % (1, address, "kubernetes.io/hostname == 'woker1'"))
    try:
        said = basic.run("apply", "-f", str(file)).stderr
        assert "peers.yaml:4: warning: nodeSelector" in said
        assert "did you mean worker1?" in said
    finally:
        basic.run("delete", "-f", str(file))


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_no_lab_names(name: str) -> None:
    lab = Lab("unused", None)
    for command in (("down",), ("status",)):
        said = lab.run(*command, TESTBED_NAME=name or "''", expect=2).stderr
        assert "is no lab name" in said


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("exec", "r1", "true"),
        ("logs",),
        ("pod", "list"),
        ("link", "down", "r1", "r2"),
        ("policy", "list"),
        ("mode", "bgp"),
    ],
    ids=lambda command: command[0],
)
def test_a_lab_that_is_not_up(command: tuple[str, ...]) -> None:
    name = lab_name("absent")
    said = Lab(name, None).run(*command, expect=2).stderr
    assert f"lab '{name}' is not up" in said
    assert f"testbed up -n {name}" in said
    assert not Path(f"/run/testbed/{name}").exists()


def test_a_half_built_lab_says_so_and_is_continued(boxed: Lab) -> None:
    boxed.signalled(signal.SIGKILL, lambda _, line: "namespaces of" in line, *LINE)
    (boxed.inner / "run/testbed/built").unlink(missing_ok=True)
    said = boxed.run("status", expect=2).stderr
    assert "is half built" in said
    assert "--set rows=1 --set columns=2` continues" in said
    boxed.run(*LINE)
    assert boxed.status()["problems"] == []


def test_a_full_disk_where_labs_are(boxed: Lab, sandbox: Sandbox) -> None:
    full = "mkdir -p /run/testbed; mount -t tmpfs -o size=4k tmpfs /run/testbed"
    sandbox.do(f"{full}; head -c 4096 /dev/zero > /run/testbed/ballast")
    try:
        said = boxed.run(*LINE, expect=1).stderr
        assert "No space left on device" in said
        assert f"/run/testbed/{boxed.name}" in said
        boxed.run("down")
    finally:
        sandbox.do("umount /run/testbed")


def test_full_and_read_only_places_for_results(boxed: Lab, sandbox: Sandbox) -> None:
    sandbox.do(
        "mkdir /tmp/full /tmp/fixed; mount -t tmpfs -o size=4k tmpfs /tmp/full;"
        "head -c 4096 /dev/zero > /tmp/full/ballast; mount -t tmpfs -o ro tmpfs /tmp/fixed"
    )
    try:
        for place, why in (("full", "No space left"), ("fixed", "Read-only file system")):
            for kind in ("svg", "png", "dot"):
                done = boxed.run("graph", "basic", "-o", f"/tmp/{place}/x.{kind}", expect=None)
                assert done.returncode in (1, 2)
                said = done.stderr
                assert why in said, said
                assert f"/tmp/{place}" in said, said
            said = boxed.run("render", "basic", "--out", f"/tmp/{place}/r", expect=2).stderr
            assert why in said, said
            said = boxed.run(
                "run", "smoke", TESTBED_STATE=f"/tmp/{place}/s", TESTBED_NAME="", expect=None
            ).stderr
            assert why in said, said
    finally:
        sandbox.do("umount /tmp/full /tmp/fixed; rmdir /tmp/full /tmp/fixed")


def test_missing_programs(boxed: Lab, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)  # PATH is fixed by sudo
    said = boxed.run(*LINE, PATH="/nonesuch", expect=4).stderr
    assert "is missing" in said
    assert "make deps" in said
    boxed.run("down")
    sandbox.do("mount -t tmpfs tmpfs /usr/lib/frr")
    try:
        said = boxed.run(*LINE, expect=4).stderr
        assert "FRR is not installed" in said
        boxed.run("down")
    finally:
        sandbox.do("umount /usr/lib/frr")
    said = boxed.run("up", "basic", TESTBED_GOBGPD="/nonesuch/gobgpd", expect=4).stderr
    assert "/nonesuch/gobgpd" in said
    assert "TESTBED_GOBGPD" in said


@pytest.mark.parametrize("output", ["/dev/full"])
def test_standard_output_that_is_full(output: str) -> None:
    """`testbed ls >/dev/full`: it is said, without traceback, and the verdict stays."""
    with Path(output).open("w") as full:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "testbed", "validate", "basic"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr


def test_topologies_that_fail(tmp_path: Path) -> None:
    lab = Lab(lab_name("bad"), None)
    file = tmp_path / "mine.py"
    for text in (
        "raise RuntimeError('on import')",
        "def broken(:",
        "import nonesuch",
        "x = 1",
        "raise SystemExit(0)",
        "import os; os._exit(3)",
        "raise KeyboardInterrupt",
    ):
        file.write_text(text)
        said = lab.run("up", str(file), expect=2).stderr
        assert "mine.py" in said, f"{text}: {said}"
    assert not Path(f"/run/testbed/{lab.name}").exists()
    lab.run("up", str(tmp_path / "absent.py"), expect=2)
    assert "grid" in lab.run("up", "gird", expect=2).stderr
