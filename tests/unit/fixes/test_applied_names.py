"""Names of objects that cannot be kept: what the fix allows is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.lab.objects import apply_objects
from testbed.orchestrators.api import DirectoryApi
from tests.unit.fixes.applied import is_printed_by


def pool(name: str) -> KubeObject:
    return {"kind": "IPPool", "metadata": {"name": name}, "spec": {}}


def test_a_name_that_no_file_can_have_keeps_the_former_out(tmp_path: Path) -> None:
    api = DirectoryApi(tmp_path)
    with pytest.raises(TestbedError) as refused:
        apply_objects(api, [pool("one"), pool("n" * 194)])
    key = (
        "testbed/orchestrators/api.py: "
        "take at most {_LONGEST - len(document['kind']) - 1} characters"
    )
    fix = refused.value.fix or ""
    assert is_printed_by(key, fix)
    assert list(tmp_path.iterdir()) == []
    apply_objects(api, [pool("one"), pool("n" * int(fix.split()[3]))])
    assert len(list(tmp_path.iterdir())) == 2
