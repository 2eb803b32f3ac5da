"""Archives of a bug report: nothing secret, and only kinds that people can open."""

import tarfile
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.report.bundle import check_suffix, leave_out_secrets, pack


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN EC PRIVATE KEY-----\nMHc\n",
        "    client-key-data: LS0tLS1CRUdJTg==\n",
        '{"apiVersion": "v1", "kind": "Secret", "data": {}}',
        "users:\n- user:\n    token: abcdef.0123456789abcdef\n",
    ],
)
def test_a_file_with_a_secret_is_left_out_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "bad").write_text(text)
    (tmp_path / "logs" / "good").write_text("kind: SecretClass is no secret, nor is a token\n")
    assert leave_out_secrets(tmp_path) == ["logs/bad"]
    assert [file.name for file in (tmp_path / "logs").iterdir()] == ["good"]


def test_an_archive_holds_one_directory(tmp_path: Path) -> None:
    directory = tmp_path / "report"
    directory.mkdir()
    (directory / "plan.json").write_text("{}")
    pack(directory, tmp_path / "out.tar.gz")
    with tarfile.open(tmp_path / "out.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["report", "report/plan.json"]


def test_an_unknown_kind_of_archive_is_refused() -> None:
    with pytest.raises(TestbedError, match=r"(?s)unknown kind.*\.tar\.gz"):
        check_suffix(Path("report.zip"))


def test_an_archive_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with pytest.raises(TestbedError, match="cannot be written"):
        pack(tmp_path / "report", tmp_path / "absent" / "out.tar.gz")
