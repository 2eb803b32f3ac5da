"""What may not be looked at is told by its check, and keeps no other check from its answer."""

from __future__ import annotations

import os
from errno import EACCES, EIO

import pytest

from testbed.cli.doctor import all_verdicts
from testbed.doctor import cluster, machine, virtual
from testbed.doctor.attempt import attempt
from testbed.doctor.verdict import Verdict


def cannot(number: int) -> list[Verdict]:
    raise OSError(number, os.strerror(number), "/closed/record")


def test_what_a_check_says_is_passed_on() -> None:
    said = [Verdict("box", "ok", "there")]
    assert attempt("box", lambda: said) is said


@pytest.mark.parametrize(
    ("number", "user", "level", "fix"),
    [
        (EACCES, 1000, "note", "run `sudo testbed doctor` to look there"),
        (EACCES, 0, "warn", "mend it, or choose another place for it"),
        (EIO, 1000, "warn", "mend it, or choose another place for it"),
    ],
)
def test_who_cannot_look_is_told_where_and_why(
    monkeypatch: pytest.MonkeyPatch, number: int, user: int, level: str, fix: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    (verdict,) = attempt("box", lambda: cannot(number))
    assert (verdict.check, verdict.level, verdict.fix) == ("box", level, fix)
    assert verdict.seen == f"/closed/record: {os.strerror(number)}"


def test_all_places_closed_doctor_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches, boxes and data of another user, as root's are after a first `sudo`."""

    def closed(*_: object) -> list[Verdict]:
        return cannot(EACCES)

    monkeypatch.setattr(virtual, "missing_programs", list)
    for room, names in (
        (machine, ("_check_gobgp", "_check_leftovers")),
        (cluster, ("_check_artefact", "_check_disk")),
        (virtual, ("_check_box", "_check_calico_vpp", "_free_bytes")),
    ):
        for name in names:
            monkeypatch.setattr(room, name, closed)
    verdicts = all_verdicts()
    told = [v.check for v in verdicts if v.seen.startswith("/closed/record")]
    assert told == [
        *("GoBGP", "leftovers", "Kubernetes", "disk"),
        *("box", "disk for machines", "files of Calico-VPP"),
    ]
    assert {"ip", "FRR", "KVM"} <= {v.check for v in verdicts}
