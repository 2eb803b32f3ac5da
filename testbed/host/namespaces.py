"""Entering namespaces. Python has os.setns only from 3.12 on, hence ctypes."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from testbed.paths import NETNS

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000


_libc = ctypes.CDLL(None, use_errno=True)


def _raise_errno(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def setns(fd: int, kind: int) -> None:
    """setns(2). Raises OSError."""
    _raise_errno(_libc.setns(fd, kind), "setns")


def unshare(kinds: int) -> None:
    """unshare(2). Raises OSError."""
    _raise_errno(_libc.unshare(kinds), "unshare")


# Flags of mount(2).
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
MS_BIND, MS_REC, MS_PRIVATE, MS_SLAVE, MS_SHARED = 0x1000, 0x4000, 0x40000, 0x80000, 0x100000


def mount(source: str, target: str, kind: str | None, flags: int = 0, data: str = "") -> None:
    """mount(2). Raises OSError."""
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )
    _raise_errno(result, f"mount {target}")


def umount(target: str, flags: int = 0) -> None:
    """umount2(2). Raises OSError."""
    _raise_errno(_libc.umount2(target.encode(), flags), f"umount {target}")


def pivot_root(new: str) -> None:
    """Make `new`, a mount point, the root; the old root is gone afterwards. Raises OSError."""
    os.chdir(new)
    _raise_errno(_libc.pivot_root(b".", b"."), f"pivot_root {new}")  # stacked, see pivot_root(2)
    umount(".", 2)
    os.chdir("/")


# Mount first: the others are opened through the host's /proc, before it changes.
_OF_A_LAB = (
    ("ipc", CLONE_NEWIPC),
    ("uts", CLONE_NEWUTS),
    ("cgroup", CLONE_NEWCGROUP),
    ("net", CLONE_NEWNET),
    ("pid", CLONE_NEWPID),
    ("mnt", CLONE_NEWNS),
)


def enter_process(pid: int, when_it_ends: Callable[[], Exception] | None = None) -> None:
    """Go on inside all namespaces of `pid`, for good, with "/" as the working directory.

    A pid namespace is entered by being born in it: the caller's work goes on in a child, and
    this process only waits and ends with the child's exit code. Call it before any thread runs.
    The kernel kills that child when `pid`, the init, ends: then this process raises what
    `when_it_ends` makes, from the mounts of the init.
    """
    init = os.pidfd_open(pid)
    try:
        _join_all(pid)
        child = _be_born_inside()
    except OSError:  # "Cannot allocate memory", of a pid namespace without an init
        if when_it_ends is not None and _has_ended(init):
            raise when_it_ends() from None
        raise
    if child:
        _wait_for_child(child, init, when_it_ends)
    os.close(init)


def enter_for_good(pid: int) -> None:
    """As enter_process, but nobody waits: the child outlives the caller and ends with `pid`."""
    _join_all(pid)
    if os.fork():
        os._exit(0)


def _join_all(pid: int) -> None:
    fds = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), kind) for name, kind in _OF_A_LAB]
    try:
        for fd, kind in fds:
            setns(fd, kind)
    finally:
        for fd, _ in fds:
            os.close(fd)


PR_SET_PDEATHSIG = 1
_FORWARDED = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP}
_END_OF_INIT = 1.0  # seconds; a child that was killed for another reason costs as much
_SI_KERNEL = 0x80  # si_code of a signal from the terminal: Ctrl-C the child gets as well


def _be_born_inside() -> int:
    """Fork: the child, which gets 0, is in the pid namespace that was joined."""
    sys.stdout.flush()
    sys.stderr.flush()
    alive_read, alive_write = os.pipe()
    # From here on no signal is lost: it waits until the parent forwards, or the child is set up.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED | {signal.SIGCHLD})
    try:
        child = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    if child == 0:
        os.close(alive_write)
        end_with_parent()
        if select.select([alive_read], [], [], 0)[0]:  # the parent had ended before
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(alive_read)
    return child


def _wait_for_child(child: int, init: int, when_it_ends: Callable[[], Exception] | None) -> None:
    """End as the child ends, or raise what stands for the end of the init."""
    code = _exit_code_of(child)
    if when_it_ends is not None and code == 128 + signal.SIGKILL and _has_ended(init):
        raise when_it_ends()
    os._exit(code)


def _has_ended(init: int) -> bool:
    """The kernel ends an init right after the last process of its namespace."""
    return bool(select.select([init], [], [], _END_OF_INIT)[0])


def end_with_parent() -> None:
    """Be killed when the parent ends. A killed command must leave nobody who goes on for it.

    Who calls this checks afterwards that the parent is still there.
    """
    _raise_errno(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def _exit_code_of(child: int) -> int:
    """Forward signals until the child has ended; its exit code, as a shell counts it."""
    while True:
        info = signal.sigwaitinfo(_FORWARDED | {signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        elif info.si_code != _SI_KERNEL or _is_for_leader_alone(info.si_signo):
            with suppress(ProcessLookupError):
                os.kill(child, info.si_signo)


def _is_for_leader_alone(number: int) -> bool:
    """Of the terminal's signals, that it hung up goes to the leader of its session and no other.

    That is us where no shell is in between, as with `ssh -t HOST testbed …`.
    """
    return number == signal.SIGHUP and os.getsid(0) == os.getpid()


@contextmanager
def in_netns(name: str) -> Iterator[None]:
    """Run the body in the named network namespace (affects the calling thread only)."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(NETNS / name, os.O_RDONLY)
        try:
            setns(there, CLONE_NEWNET)
        finally:
            os.close(there)
        try:
            yield
        finally:
            setns(home, CLONE_NEWNET)
    finally:
        os.close(home)
