"""What root and a lab's daemons inherit: lists that hold every variable that is read."""

from __future__ import annotations

import re
from pathlib import Path

from testbed.host.environment import GIVEN, OPTIONS, PATH, SETTINGS, asked, of_daemons, settle

PACKAGE = Path(__file__).resolve().parents[3] / "testbed"
SESSION = {
    "XDG_RUNTIME_DIR": "/run/user/0",  # runc would put its files there
    "TMPDIR": "/home/me/tmp",
    "KUBECONFIG": "/home/me/.kube/config",
    "NOTIFY_SOCKET": "/run/systemd/notify",
}
PROXY = {"HTTPS_PROXY": "http://proxy:3128", "https_proxy": "http://proxy:3128"}
CODE = {
    **{"PYTHONPATH": "/p", "PYTHONHOME": "/p", "PYTHONSTARTUP": "/p/s", "PYTHONUSERBASE": "/p"},
    **{"LD_PRELOAD": "/p/l.so", "LD_LIBRARY_PATH": "/p", "BASH_ENV": "/p/b", "ENV": "/p/e"},
    **{"GOFLAGS": "-toolexec=/p/t", "RUBYLIB": "/p", "PIP_INDEX_URL": "http://p", "EDITOR": "/p/e"},
    **{"TESTBED_VAGRANT": "/p/v", "TESTBED_KERNEL": "p", "TESTBED_UNKNOWN": "p"},
}


def test_daemons_do_not_get_the_callers_session() -> None:
    kept = {"LC_ALL": "C.UTF-8", "TESTBED_DATA": "/d", "HOME": "/root"}
    given = {**kept, **SESSION, **PROXY, **CODE, "PATH": "/home/me/bin", "TESTBED_GOBGPD": "/g"}
    assert of_daemons(given) == {**kept, "PATH": PATH}


def test_root_by_sudo_has_the_list_whatever_sudo_lets_through() -> None:
    kept = {"SUDO_UID": "1000", "TERM": "xterm", "LC_ALL": "C.UTF-8", "TESTBED_NAME": "a", **PROXY}
    own = {**kept, **SESSION, **CODE, "PATH": "/home/me/bin:."}
    settle(own)
    assert own == {**kept, "PATH": PATH}


def test_root_itself_keeps_its_own_but_runs_no_program_of_the_current_directory() -> None:
    own = {**SESSION, "PATH": ":/opt/bin:.:bin:/usr/bin"}
    settle(own)
    assert own == {**SESSION, "PATH": "/opt/bin:/usr/bin"}
    nothing = {"PATH": "."}
    settle(nothing)
    assert nothing == {"PATH": PATH}


def test_sudo_is_asked_for_the_testbeds_own_variables_alone() -> None:
    wanted = {"TESTBED_NAME": "a", "TESTBED_GOBGPD": "/g", "NO_COLOR": "1"}
    assert asked({**wanted, **SESSION, **PROXY, **CODE, "PATH": "/bin"}) == sorted(wanted)


def test_every_variable_that_is_read_is_on_a_list() -> None:
    sources = "\n".join(file.read_text() for file in sorted(PACKAGE.rglob("*.py")))
    assert set(re.findall(r"\bTESTBED_[A-Z_]+", sources)) == {*OPTIONS, *SETTINGS, *GIVEN}


def test_every_option_with_a_variable_is_on_the_list() -> None:
    sources = "\n".join(file.read_text() for file in sorted((PACKAGE / "cli").glob("*.py")))
    assert set(re.findall(r'envvar="(\w+)"', sources)) <= set(OPTIONS)
