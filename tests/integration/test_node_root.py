"""The root of a node in namespaces: programs run in it, and the host's secrets are not there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from testbed.interpreter import own_code

pytestmark = pytest.mark.root

SECRETS = {
    "etc/shadow": "root:$6$hash",
    "etc/gshadow": "root:*",
    "etc/sudoers": "me ALL=(ALL) ALL",
    "etc/environment": "PASSWORD=1",
    "etc/ssl/private/server.key": "a key",
    "etc/kubernetes/admin.conf": "another cluster's",
    "home/me/.ssh/id_ed25519": "a key",
    "root/.kube/config": "another cluster's",
    "opt/product/password": "a password",
    "srv/data": "data",
    "boot/grub/grub.cfg": "a password",
    "var/lib/testbed/other/keys/ca.pem": "another lab's authority",
    "var/lib/testbed/own/keys/ca.pem": "the lab's own",
    "run/testbed/other/plan.json": "another lab's",
    "tmp/notes": "notes",
    "disk/backup": "a backup",
}
NEEDED = {
    "usr/bin/program": "a program",
    "etc/passwd": "root:x:0:0",
    "etc/ssl/certs/authority.pem": "public",
}
IN_A_ROOT = """
import json, os, sys
from pathlib import Path
from testbed.host import namespaces as ns
from testbed.providers.namespaces.node_root import assemble, private_directories
ns.unshare(ns.CLONE_NEWNS)
ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
scratch = Path("/run")
ns.mount("scratch", "/run", "tmpfs")
host, script = Path(sys.argv[1]), sys.argv[2]
root = assemble(scratch, host)
private_directories(root)
found = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
print(json.dumps(found if host != Path("/") else []), flush=True)
os.chroot(root)
os.chdir("/")
os.execv("/bin/sh", ["sh", "-ec", script]) if script else None
"""


def in_root(host: Path, script: str = "") -> tuple[list[str], str]:
    """The files of a root made of `host`, and the output of a script in it."""
    command = [*own_code(IN_A_ROOT), str(host), script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    first, _, rest = done.stdout.partition("\n")
    return json.loads(first), rest


def test_only_what_nodes_need_is_there(tmp_path: Path) -> None:
    for name, text in {**SECRETS, **NEEDED}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "bin").symlink_to("usr/bin")
    found, _ = in_root(tmp_path)
    assert found == sorted(NEEDED)


def test_programs_run_in_it_and_write_nothing_on_the_host() -> None:
    mark = f"testbed-was-here-{os.getpid()}"
    _, said = in_root(
        Path("/"),
        f"""
        touch /etc/{mark} /usr/{mark} /usr/bin/{mark} /etc/alternatives/{mark} /var/lib/{mark}
        readlink -e /usr/sbin/iptables > /dev/null
        nft --version > /dev/null
        id -un
        ls -d /etc/{mark}
        for secret in shadow ssl/private; do ! ls /etc/$secret; done 2> /dev/null
        ls /var/lib/testbed 2> /dev/null || true
        ls -A /root /home /tmp
        """,
    )
    assert said.split() == ["root", f"/etc/{mark}", "/home:", "/root:", "/tmp:"]
    for place in ("etc", "usr", "usr/bin", "etc/alternatives", "var/lib"):
        assert not Path("/", place, mark).exists()
