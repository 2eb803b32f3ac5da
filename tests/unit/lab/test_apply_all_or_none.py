"""Objects of one file are applied all or none, and an error says which of it is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unreachable
from testbed.lab.objects import apply_objects, preview_objects
from testbed.orchestrators.api import DirectoryApi


def pool(name: str, cidr: str = "172.17.0.0/24") -> KubeObject:
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "IPPool",
        "metadata": {"name": name},
        "spec": {"cidr": cidr},
    }


class Judging(DirectoryApi):
    """A server that refuses some names, and may end while objects are applied."""

    def __init__(self, directory: Path, *refused: str, ends_at: str = "") -> None:
        super().__init__(directory)
        self.refused, self.ends_at = refused, ends_at
        self.previewed: list[str] = []

    def preview(self, document: KubeObject) -> KubeObject:
        self.previewed.append(document["metadata"]["name"])
        self._judge(document)
        return super().preview(document)

    def apply(self, document: KubeObject) -> None:
        self._judge(document)
        if document["metadata"]["name"] == self.ends_at:
            raise Unreachable("the API server does not answer", fix="testbed status")
        super().apply(document)

    def _judge(self, document: KubeObject) -> None:
        name = document["metadata"]["name"]
        if name in self.refused:
            raise Refused(422, f"IPPool {name}: refused by the API server", why="no such field")


def names_in(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir()) if directory.exists() else []


def test_a_refusal_of_a_later_object_keeps_the_former_out(tmp_path: Path) -> None:
    api = Judging(tmp_path / "api", "two")
    with pytest.raises(Refused) as refused:
        apply_objects(api, [pool("one"), pool("two"), pool("three")])
    assert refused.value.what == "IPPool two: refused by the API server; nothing was applied"
    assert (refused.value.why, refused.value.status) == ("no such field", 422)
    assert names_in(api.directory) == []


def test_what_was_there_is_as_it_was(tmp_path: Path) -> None:
    api = Judging(tmp_path)
    assert apply_objects(api, [pool("one"), pool("two")]) == ["ippool/one", "ippool/two"]
    api.refused = ("two",)
    with pytest.raises(Refused):
        apply_objects(api, [pool("one", "172.18.0.0/24"), pool("two")])
    assert api.get(pool("one")) == pool("one")


def test_all_are_judged_before_any_is_applied_and_one_alone_once(tmp_path: Path) -> None:
    api = Judging(tmp_path)
    apply_objects(api, [pool("one"), pool("two")])
    assert api.previewed == ["one", "two"]
    apply_objects(api, [pool("three")])
    assert api.previewed == ["one", "two"]
    api.refused = ("four",)
    with pytest.raises(Refused, match="refused by the API server; nothing was applied") as refused:
        apply_objects(api, [pool("four")])
    assert "applied before" not in refused.value.what


def test_a_server_that_ends_meanwhile_leaves_a_word_on_what_was_applied(tmp_path: Path) -> None:
    api = Judging(tmp_path, ends_at="three")
    with pytest.raises(Unreachable) as lost:
        apply_objects(api, [pool("one"), pool("two"), pool("three"), pool("four")])
    assert lost.value.what.endswith("; applied before: ippool/one, ippool/two")
    assert lost.value.fix == "testbed status"
    assert names_in(tmp_path) == ["IPPool.one.json", "IPPool.two.json"]


def test_a_dry_run_says_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        preview_objects(Judging(tmp_path, "two"), [pool("one"), pool("two")])
    assert refused.value.what == "IPPool two: refused by the API server"
