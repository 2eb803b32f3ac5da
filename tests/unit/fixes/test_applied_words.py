"""What is said of a name that nobody has: the word that the fix names is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.artefacts import lockfile, network, settings
from testbed.cli.common import Format, key_values
from testbed.cli.schema import schema
from testbed.errors import TestbedError
from testbed.host.labs import lab_dir
from testbed.lab.access.inside import cluster_node, unknown, unknown_program
from testbed.orchestrators.pod import checked_name, unknown_pod
from testbed.plan.traits import PROVIDERS, known
from testbed.providers.vagrant.snapshot import snapshots
from testbed.report.bundle import check_suffix
from testbed.te.resolve import node_names
from testbed.topology import load
from tests.unit.fixes.applied import suggested
from tests.unit.fixes.applied_words import FULL, Refused, check_taken, listed, word


def refusing(error: Callable[[str, list[str]], TestbedError], *there: str) -> Callable[[str], str]:
    """What makes an error for a word that is not there."""

    def take(given: str) -> str:
        if given not in there:
            raise error(given, list(there))
        return given

    return take


def source(text: str) -> tuple[str, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESTBED_ARTEFACT_SOURCES", text)
        return settings.sources()


PROGRAMS = refusing(
    lambda name, there: unknown_program(name, there), "r1.isisd", "r1.zebra", "worker1.agent"
)
NODES = refusing(lambda name, there: unknown("node or pod", name, there), "r1", "worker1")
PODS = refusing(unknown_pod, "web", "db-1")

CASES = {
    "schema, near": Refused(
        "testbed/cli/schema.py: did you mean {by_lower[near[0]]}?",
        lambda name: schema(name, Format.json),
        "staus",
        suggested,
    ),
    "schema, far": Refused(
        "testbed/cli/schema.py: there are: {', '.join(names)}",
        lambda name: schema(name, Format.json),
        "zzz",
        listed,
    ),
    "option": Refused(
        "testbed/cli/common.py: {option} {key or 'KEY'}=VALUE",
        lambda pair: key_values([pair]),
        "rows",
        lambda fix: fix.split()[-1],
    ),
    "snapshot": Refused(
        "testbed/providers/vagrant/snapshot/snapshots.py: choose another name",
        snapshots.checked,
        "No Name",
        word("a-name"),
    ),
    "program": Refused(
        "testbed/artefacts/lockfile.py: one of: {known}", lockfile.providing, "zzz", listed
    ),
    "address": Refused(
        "testbed/artefacts/network.py: https, or http on the loopback",
        network.require_safe,
        "http://example.org/x",
        lambda fix: f"{fix.split(',')[0]}://example.org/x",
    ),
    "source": Refused(
        "testbed/artefacts/settings.py: a list of {', '.join(SOURCES)}", source, "zzz", listed
    ),
    "lab": Refused(
        "testbed/host/labs.py: choose another with -n", lab_dir, "Not A Name", word("a-name")
    ),
    "a node's log": Refused(
        "testbed/lab/access/inside.py: testbed logs {there[0]}{others}",
        PROGRAMS,
        "r1",
        lambda fix: fix.split(";")[0].split()[-1],
    ),
    "node, near": Refused(
        "testbed/lab/access/inside.py: did you mean {close[0]}?", NODES, "woker1", suggested
    ),
    "node, far": Refused(
        "testbed/lab/access/inside.py: there are: {_first_few(sorted(known))}", NODES, "zzz", listed
    ),
    "cluster node": Refused(
        "testbed/lab/access/inside.py: there are: {_first_few(sorted(known))}",
        lambda name: cluster_node(FULL, name),
        "zz",
        listed,
    ),
    "pod": Refused(
        "testbed/orchestrators/pod.py: did you mean {by_lower[near[0]]}?", PODS, "wbe", suggested
    ),
    "pod's name": Refused(
        "testbed/orchestrators/pod.py: take lower-case letters, digits and '-'",
        checked_name,
        "Web",
        word("web-1"),
    ),
    "provider": Refused(
        "testbed/plan/traits.py: there are: {', '.join(table)}",
        lambda name: known("provider", name, PROVIDERS),
        "zzz",
        listed,
    ),
    "archive": Refused(
        "testbed/report/bundle.py: end its name in {', '.join(SUFFIXES)}",
        lambda name: check_suffix(Path(name)),
        "lab.zip",
        lambda fix: f"lab{fix.removeprefix('end its name in ').split(', ')[0]}",
    ),
    "expected node, far": Refused(
        "testbed/te/resolve.py: the nodes are {', '.join(names)}",
        lambda name: node_names(FULL, name),
        "zzz",
        listed,
    ),
    "topology, near": Refused(
        "testbed/topology/load.py: did you mean {by_lower[near[0]]}?",
        load.find,
        "bsic",
        suggested,
    ),
    "topology, far": Refused(
        "testbed/topology/load.py: name one of these, or give the path of a .py file",
        load.find,
        "zzzz",
        word("full"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_word_of_the_fix_is_taken(case: Refused) -> None:
    check_taken(case)
