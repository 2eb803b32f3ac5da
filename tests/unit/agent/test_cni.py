"""The CNI specification at both ends of the socket: the thin plugin and the agent's server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.api.source import Source
from testbed.agent.cni import plugin_main, protocol
from testbed.agent.cni.attachments import AttachmentStore
from testbed.agent.cni.commands import Pods
from testbed.agent.cni.plugin_main import CniError
from testbed.agent.cni.protocol import Request
from testbed.agent.cni.server import CniServer
from testbed.agent.ipam.blocks import Blocks
from testbed.agent.model.attachment import Attachment, host_interface
from testbed.agent.model.objects import Node
from testbed.agent.model.pod_wish import PodMetadata

NODE = Node("worker1", IPv6Address("fd11::1000"), None)
PLUGIN = Path(plugin_main.__file__)
ADD = {
    "CNI_COMMAND": "ADD",
    "CNI_CONTAINERID": "c1",
    "CNI_NETNS": "/run/netns/x",
    "CNI_IFNAME": "eth0",
}


def call(environment: dict[str, str], stdin: str) -> tuple[int, dict[str, Any]]:
    path = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-I", str(PLUGIN)],
        input=stdin, env={**path, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


@pytest.mark.parametrize(
    ("environment", "stdin", "code"),
    [
        ({}, "{}", 4),
        ({"CNI_COMMAND": "DANCE"}, "{}", 4),
        ({"CNI_COMMAND": "ADD"}, "{}", 4),
        (ADD, "garbage", 6),
        (ADD, "[]", 7),
        (ADD, '{"cniVersion": "1.0.0"}', 7),
        (ADD, '{"cniVersion": "1.0.0", "agentSocket": "/nonexistent"}', 11),
        ({"CNI_COMMAND": "STATUS"}, '{"cniVersion": "1.1.0", "agentSocket": "/nonexistent"}', 50),
    ],
)
def test_plugin_errors(environment: dict[str, str], stdin: str, code: int) -> None:
    exit_code, reply = call(environment, stdin)
    assert (exit_code, reply["code"]) == (1, code)
    assert reply["msg"] and reply["cniVersion"]


def test_plugin_tells_its_versions_without_an_agent() -> None:
    assert call({"CNI_COMMAND": "VERSION"}, "") == (
        0,
        {"cniVersion": "1.1.0", "supportedVersions": ["1.0.0", "1.1.0"]},
    )


def test_plugin_through_server(tmp_path: Path) -> None:
    seen: list[protocol.Request] = []

    def handle(request: protocol.Request) -> dict[str, Any]:
        seen.append(request)
        if request.command == "CHECK":
            raise CniError(999, "no")
        if request.command == "DEL":
            raise RuntimeError("a defect")
        return {"cniVersion": request.version, "ips": []}

    socket = tmp_path / "cni.sock"
    socket.touch()  # left by a killed predecessor
    CniServer(socket, handle).start()
    config = json.dumps({"cniVersion": "1.0.0", "name": "lab", "agentSocket": str(socket)})
    arguments = {"CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAME=web;K8S_POD_NAMESPACE=default"}
    assert call({**ADD, **arguments}, config) == (0, {"cniVersion": "1.0.0", "ips": []})
    assert (seen[0].pod, seen[0].container, seen[0].interface) == ("web", "c1", "eth0")
    assert seen[0].namespace == "default"
    code, reply = call({**ADD, "CNI_COMMAND": "CHECK"}, config)
    assert (code, reply["code"], reply["cniVersion"]) == (1, 999, "1.0.0")
    code, reply = call({**ADD, "CNI_COMMAND": "DEL"}, config)
    assert (code, reply["code"]) == (1, 999) and "a defect" in reply["details"]
    code, reply = call(ADD, config.replace("1.0.0", "0.2.0"))
    assert (code, reply["code"]) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("containerId", "../../etc/passwd", 4),
        ("containerId", "", 4),
        ("containerId", 7, 4),
        ("ifName", "a/b", 4),
        ("ifName", "..", 4),
        ("ifName", "name-that-is-too-long", 4),
        ("netns", "relative", 4),
        ("netns", "/x\0y", 4),
        ("config", None, 7),
        ("command", "NOPE", 4),
        ("command", [], 4),
    ],
)
def test_requests_that_are_refused(field: str, value: object, code: int) -> None:
    request = {"command": "ADD", "containerId": "c", "netns": "/n", "ifName": "eth0", "config": {}}
    with pytest.raises(CniError) as caught:
        protocol.parse(json.dumps({**request, field: value}).encode())
    assert caught.value.code == code


@given(st.binary(max_size=60) | st.dictionaries(
    st.sampled_from(["command", "config", "containerId", "netns", "ifName", "args"]),
    st.none() | st.text(max_size=5) | st.integers() | st.just({}) | st.just("ADD"),
).map(lambda d: json.dumps(d).encode()))  # fmt: skip
def test_any_request_is_parsed_or_refused(line: bytes) -> None:
    try:
        assert protocol.parse(line).command in plugin_main.NEEDED
    except CniError as error:
        assert error.reply("1.1.0")["code"]


def attachment(container: str = "c1", **changes: Any) -> Attachment:
    fields = {
        "container": container, "interface": "eth0", "netns": "/run/netns/x", "name": "web",
        "ipv4": "172.16.0.1", "ipv6": "fdfb::1",
        "host_interface": host_interface(container, "eth0"),
    }  # fmt: skip
    return Attachment(**{**fields, **changes})


def test_the_result_of_add() -> None:
    found = protocol.result("1.0.0", attachment(), "ee:ee:ee:ee:ee:ee", "02:00:00:00:00:01")
    assert found["interfaces"][1] == {
        "name": "eth0",
        "mac": "02:00:00:00:00:01",
        "sandbox": "/run/netns/x",
    }
    assert [ip["address"] for ip in found["ips"]] == ["172.16.0.1/32", "fdfb::1/128"]
    assert all(ip["interface"] == 1 for ip in found["ips"])
    assert [r["dst"] for r in found["routes"]] == ["0.0.0.0/0", "::/0"]


def test_attachments_outlive_the_agent(tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path)
    store.put(attachment())
    store.put(attachment("c2", ipv6=None))
    (tmp_path / "broken.json").write_text('{"container": 1')
    again = AttachmentStore(tmp_path)
    assert list(again) == [attachment(), attachment("c2", ipv6=None)]
    assert "broken.json" in again.problems[0]
    again.remove("c1", "eth0")
    again.remove("never", "eth0")
    assert list(AttachmentStore(tmp_path)) == [attachment("c2", ipv6=None)]


def test_host_interface_names_fit_the_kernel() -> None:
    names = {host_interface(f"{n:064x}", "eth0") for n in range(100)}
    assert len(names) == 100 and all(len(n) == 15 for n in names)


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({"cni.projectcalico.org/ipAddrsNoIpam": '["10.0.0.1"]'}, "use ipAddrs"),
        ({"cni.projectcalico.org/ipv4pools": '["none"]'}, "IPPool none does not exist"),
        ({"cni.projectcalico.org/ipAddrs": '["10.9.0.1"]'}, "holds the given address 10.9.0.1"),
    ],
)
def test_a_pod_that_cannot_have_what_it_asks_for_is_not_attached(
    tmp_path: Path, annotations: dict[str, str], said: str
) -> None:
    asked: list[tuple[str, str]] = []

    def look_up(namespace: str, name: str) -> PodMetadata:
        asked.append((namespace, name))
        return PodMetadata(annotations)

    store = AttachmentStore(tmp_path)
    blocks = Blocks(cast(Source, None), NODE, list)
    pods = Pods(store, blocks, 1284, lambda _: NODE, lambda: None, look_up)
    with pytest.raises(CniError) as raised:
        pods.handle(Request("ADD", "c1", "/run/netns/x", "eth0", "web", "1.0.0", {}, "team"))
    assert said in raised.value.message
    assert asked == [("team", "web")] and not list(store)


def test_plugin_waits_for_an_agent_that_is_about_to_start(tmp_path: Path) -> None:
    socket = tmp_path / "cni.sock"
    socket.touch()  # left by a killed predecessor: connecting is refused
    config = {"cniVersion": "1.0.0", "agentSocket": str(socket), "agentPatience": 60}
    plugin = subprocess.Popen(
        [sys.executable, "-I", str(PLUGIN)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], **ADD},
    )  # fmt: skip
    assert plugin.stdin is not None
    plugin.stdin.write(json.dumps(config).encode())
    plugin.stdin.close()
    CniServer(socket, lambda request: {"cniVersion": request.version, "ips": []}).start()
    assert plugin.stdout is not None
    assert json.loads(plugin.stdout.read())["ips"] == []
    assert plugin.wait(30) == 0


@pytest.mark.parametrize("patience", ['"long"', "null", "[]"])
def test_plugin_refuses_a_patience_that_is_no_number(patience: str) -> None:
    stdin = '{"cniVersion": "1.0.0", "agentSocket": "/nonexistent", "agentPatience": %s}'
    assert call(ADD, stdin % patience)[1]["code"] == 7


@pytest.mark.parametrize(("command", "code", "waits"), [("ADD", 11, True), ("STATUS", 50, False)])
def test_a_pod_waits_for_the_agent_to_read_its_pools(
    tmp_path: Path, command: str, code: int, waits: bool
) -> None:
    patience: list[float] = []

    def look(seconds: float) -> Node | None:
        patience.append(seconds)
        return None

    store = AttachmentStore(tmp_path)
    blocks = Blocks(cast(Source, None), NODE, list, lambda: None)
    pods = Pods(store, blocks, 1284, look, lambda: None)
    with pytest.raises(CniError) as raised:
        pods.handle(Request(command, "c1", "/run/netns/x", "eth0", "default/p", "1.0.0", {}))
    assert raised.value.code == code
    assert [seconds > 0 for seconds in patience] == [waits]
