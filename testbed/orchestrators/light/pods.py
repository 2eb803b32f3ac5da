"""Pods of the light lab: namespaces attached by the node's agent through the CNI plugin."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError
from testbed.host.files import write_json
from testbed.host.lock import LockHeld, locked_directory
from testbed.host.run import run
from testbed.interpreter import own_file
from testbed.orchestrators.pod import NAME, Pod, checked_name, read_pod, unknown_pod
from testbed.paths import CNI_PLUGINS, NETNS, NODES, PODS, SYSTEM_PATH

CNI_VERSION = "1.1.0"
AGENT_PATIENCE = 10.0  # seconds that an agent may take to start, or to start anew
PATIENCE = 30.0  # seconds that a change of pods waits for another one


def create(name: str, node: str) -> Pod:
    """Make the pod's namespace and have the node's agent attach it. Raises TestbedError."""
    checked_name(name)
    with _one_at_a_time():
        if _pod_file(name).exists():
            raise TestbedError(f"pod {name!r} exists", fix=f"testbed pod delete {name}, or rename")
        if (NETNS / f"pod-{name}").exists():  # of a `create` that was killed
            _detach_pod(name, node)
        return _create_locked(name, node)


def _create_locked(name: str, node: str) -> Pod:
    run(["ip", "netns", "add", f"pod-{name}"])
    try:
        run(["ip", "-n", f"pod-{name}", "link", "set", "dev", "lo", "up"])
        result = _call_plugin("ADD", name, node)
        addresses = [ip_interface(x["address"]) for x in result.get("ips", [])]
        pod = Pod(
            name=name,
            node=node,
            ipv4=next((str(a) for a in addresses if a.version == 4), None),
            ipv6=next((str(a) for a in addresses if a.version == 6), None),
        )
        write_json(_pod_file(name), asdict(pod))
    except BaseException:
        run(["ip", "netns", "delete", f"pod-{name}"], check=False)
        raise
    return pod


def delete(name: str) -> None:
    """Give the pod's addresses back and remove it. Raises TestbedError if there is none."""
    with _one_at_a_time():
        for node in _nodes_of(name):
            _detach_pod(name, node)
        _pod_file(name).unlink(missing_ok=True)


def _nodes_of(name: str) -> list[str]:
    """The pod's node; all nodes if its file does not say it, as each knows what it attached."""
    try:
        return [get(name).node]
    except TestbedError:
        if re.fullmatch(NAME, name) and _pod_file(name).exists():
            return sorted(socket.parent.name for socket in NODES.glob("*/cni.sock"))
        raise


def _detach_pod(name: str, node: str) -> None:
    _call_plugin("DEL", name, node)
    run(["ip", "netns", "delete", f"pod-{name}"], check=False)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    try:
        with locked_directory(PODS, PATIENCE):
            yield
    except LockHeld:
        raise TestbedError("another command has been changing pods", fix="try again") from None


def listing() -> list[Pod]:
    """All pods, by name; problems() has those whose files cannot be read."""
    return [found for found in _read_all() if isinstance(found, Pod)]


def problems() -> list[str]:
    """Files of pods that cannot be read, and what to do."""
    bad = [found for found in _read_all() if isinstance(found, TestbedError)]
    return [f"{error.where}: {error.why}; {error.fix}" for error in bad]


def _read_all() -> Iterator[Pod | TestbedError]:
    for file in sorted(PODS.glob("*.json")):
        try:
            yield read_pod(file)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except TestbedError as error:
            yield error


def get(name: str) -> Pod:
    """The pod of this name. Raises TestbedError."""
    try:
        if not re.fullmatch(NAME, name):  # it becomes part of a path
            raise FileNotFoundError
        return read_pod(_pod_file(name))
    except FileNotFoundError:
        raise unknown_pod(name, [p.name for p in listing()]) from None


def _pod_file(name: str) -> Path:
    return PODS / f"{name}.json"


# Any: the plugin answers with a CNI result, of which only the addresses are read
def _call_plugin(command: str, pod: str, node: str) -> dict[str, Any]:
    """Call the plugin as a container runtime would (CNI spec 1.1, section 2)."""
    from testbed.agent.cni import plugin_main

    netconf = {
        "cniVersion": CNI_VERSION,
        "name": "testbed",
        "type": "testbed",
        "agentSocket": str(NODES / node / "cni.sock"),
        "agentPatience": AGENT_PATIENCE,
    }
    environment = {
        "CNI_COMMAND": command,
        "CNI_CONTAINERID": f"pod-{pod}",
        "CNI_NETNS": str(NETNS / f"pod-{pod}"),
        "CNI_IFNAME": "eth0",
        "CNI_PATH": CNI_PLUGINS,
        "CNI_ARGS": f"K8S_POD_NAME={pod};K8S_POD_NAMESPACE=default",
        "PATH": SYSTEM_PATH,
    }
    done = subprocess.run(
        own_file(Path(str(plugin_main.__file__))),
        input=json.dumps(netconf),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    try:
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
    except json.JSONDecodeError:
        answer = {"msg": done.stdout[-500:]}
    if done.returncode != 0:
        raise TestbedError(
            f"pod {pod!r}: CNI {command} on {node} failed",
            why=f"{answer.get('msg', '')} {answer.get('details', '')}".strip()
            or done.stderr[-500:],
            fix=f"testbed status; testbed logs {node}.agent",
            exit_code=1,
        )
    return dict(answer)
