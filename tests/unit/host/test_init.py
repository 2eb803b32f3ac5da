"""What a lab's daemons inherit."""

from __future__ import annotations

from testbed.host.lab_init_main import environment


def test_daemons_do_not_get_the_callers_session() -> None:
    kept = {"PATH": "/bin", "LC_ALL": "C.UTF-8", "TESTBED_DATA": "/d", "PYTHONPATH": "/p"}
    session = {
        "XDG_RUNTIME_DIR": "/run/user/0",  # runc would put its files there
        "TMPDIR": "/home/me/tmp",
        "HTTPS_PROXY": "http://proxy:3128",
        "https_proxy": "http://proxy:3128",
        "KUBECONFIG": "/home/me/.kube/config",
        "NOTIFY_SOCKET": "/run/systemd/notify",
    }
    assert environment({**kept, **session}) == kept
