"""The root of a node: the host's programs, the few files of its /etc that they read, no more.

A pod with a hostPath volume sees all of it. So what is the host's own is not in it: passwords and
keys in /etc, /home, /var, other labs' data and authorities. Standard library only, as the node's
init imports it.
"""

from __future__ import annotations

from pathlib import Path

from testbed.host import namespaces as ns
from testbed.host.namespaces import MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REC, MS_REMOUNT

# Directories of programs. Some are links into /usr, and stay so.
PROGRAMS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
# What programs read of /etc. Everybody on the host may read these.
ETC_TREES = (
    *("alternatives", "apparmor.d", "iproute2", "ld.so.conf.d", "profile.d", "ssl/certs"),
    "terminfo",
)
ETC_FILES = (
    *("bash.bashrc", "debian_version", "ethertypes", "gai.conf", "group", "host.conf", "hosts"),
    *("inputrc", "issue", "ld.so.cache", "ld.so.conf", "localtime", "mtab", "networks"),
    *("nsswitch.conf", "os-release", "passwd", "profile", "protocols", "rpc", "services"),
    *("shells", "ssl/openssl.cnf", "timezone", "xattr.conf"),
)
EMPTY = (
    *("boot", "dev", "home", "media", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp"),
    *("var/cache", "var/lib", "var/log", "var/spool", "var/tmp"),
)
LINKS = {"var/run": "/run", "var/lock": "/run/lock"}


def assemble(scratch: Path, host: Path = Path("/")) -> Path:
    """Put the root together below `scratch`; what the node writes ends in a tmpfs."""
    root = scratch / "root"
    root.mkdir(parents=True, exist_ok=True)
    ns.mount("node", str(root), "tmpfs", MS_NODEV, "mode=755")
    for directory in EMPTY:
        (root / directory).mkdir(parents=True, exist_ok=True)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    (root / "var/tmp").chmod(0o1777)
    for tree in (*PROGRAMS, *(f"etc/{tree}" for tree in ETC_TREES)):
        _show_tree(host / tree, root / tree, scratch / "layers" / tree)
    for file in ETC_FILES:
        _copy_file(host / "etc" / file, root / "etc" / file)
    for path in _mounted_below(*(f"/{name}" for name in PROGRAMS)):
        bind_mount(Path(path), root / path.lstrip("/"), read_only=True)
    return root


def _show_tree(source: Path, target: Path, layers: Path) -> None:
    """A directory of the host as the lower layer of one that can be written; a link stays one."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_dir():
        upper, work = layers / "upper", layers / "work"
        for directory in (upper, work, target):
            directory.mkdir(parents=True, exist_ok=True)
        options = f"lowerdir={source},upperdir={upper},workdir={work}"
        ns.mount("overlay", str(target), "overlay", 0, options)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
    elif source.is_file():
        target.write_bytes(source.read_bytes())
        target.chmod(source.stat().st_mode & 0o777)


def _mounted_below(*parents: str) -> list[str]:
    """File systems that a host has mounted where programs lie; an overlay does not show them."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [p for p in points if any(p.startswith(q + "/") for q in parents)]


def bind_mount(source: Path, target: Path, read_only: bool = False) -> None:
    """Make `source` appear at `target`, which is made if it is not there."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    ns.mount(str(source), str(target), None, MS_BIND | MS_REC)
    if read_only:
        ns.mount("", str(target), None, MS_REMOUNT | MS_BIND | MS_RDONLY)


def private_directories(root: Path) -> None:
    """Those that hold a node's own, and are gone with it."""
    flags = MS_NOSUID | MS_NODEV
    for name, mode in (("tmp", "1777"), ("run", "755"), ("home", "755"), ("root", "700")):
        ns.mount("tmpfs", str(root / name), "tmpfs", flags, f"mode={mode}")
    (root / "run/lock").mkdir(mode=0o1777)
