"""Which test types the commands of a page, and the commands that none types, with the reason."""

from __future__ import annotations

LIGHT = "testbed up full --cluster none"
KUBERNETES = "testbed up full"
# Followed by tests/integration/test_pages.py, each after what its reader has done before.
ON_NAMESPACES = {
    "README.md": [KUBERNETES],
    "docs/tour.md": [],
    "docs/topologies.md": [],
    "docs/scenarios.md": [LIGHT],
    "docs/policies.md": [LIGHT],
    "docs/kubernetes.md": [],
    "docs/network-policy.md": [],
    "docs/calico-vpp.md": [KUBERNETES],
    "docs/json.md": [],
    "docs/evaluation.md": [KUBERNETES],
    "docs/records.md": [LIGHT],
    "docs/te.md": [LIGHT],
}
# Followed by night (`make test-long`): commands that measure for minutes, and an overlay of others.
BY_NIGHT = ("docs/evaluation.md", "docs/records.md", "docs/calico-vpp.md")
# Recipes, followed by tests/integration/test_contributing.py.
IN_A_COPY = "CONTRIBUTING.md"
# Followed by tests/vm/test_lab_commands.py, on the lab of machines of that directory.
MACHINES = "docs/vagrant.md"
BOX_BUILD = "testbed box build"
SHELL = "testbed shell worker1"
ENVIRONMENT = 'eval "$(testbed env)"; vagrant status; vagrant ssh worker1'
ON_MACHINES = (BOX_BUILD, SHELL, ENVIRONMENT)

_MACHINES_TEST = "tests/vm/test_machines.py does it"
_STOCK_TEST = "no online box can be downloaded here; tests/vm/test_stock_box.py has a stand-in"
_PARITY = "two labs, minutes to hours; tests/unit/scenario/test_parity.py has what is compared"
# Page → command → why nobody types it.
NOT_TYPED = {
    "docs/calico-vpp.md": {
        "testbed up full --nodes vagrant --overlay calico-vpp": (
            "machines, and Calico-VPP's seven images, which need a registry"
        ),
    },
    "docs/nightly.md": {
        "make nightly OUT=night": "two hours; tests/unit/nightly has its steps and what they give",
    },
    "docs/vagrant.md": {
        "make deps NODES=vagrant": "installs packages; `make test-vm` does it before its tests",
        "testbed up full --nodes vagrant": "tests/vm/conftest.py does it, for the lab of all tests",
        "testbed down": _MACHINES_TEST,
        "testbed up --nodes vagrant --box debian/bookworm64": _STOCK_TEST,
        "testbed box add debian/bookworm64 [--again]": _STOCK_TEST,
        "testbed box show debian/bookworm64": _STOCK_TEST,
        "testbed snapshot save": _MACHINES_TEST,
        "testbed up full --nodes vagrant --from-snapshot ready": _MACHINES_TEST,
        "testbed snapshot list": _MACHINES_TEST,
        "testbed snapshot delete": _MACHINES_TEST,
        "testbed parity": _PARITY,
        "testbed parity dns pod-to-service --machines LAB": _PARITY,
        "testbed parity --all": _PARITY,
        "testbed parity --of DIR DIR": _PARITY,
    },
}


def is_typed(page: str, command: str) -> bool:
    """False for a command of a page that no test types."""
    return command not in NOT_TYPED.get(page, {})
