"""The CNI specification's requests, results and errors, without doing anything; versions 1.x."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypedDict

from testbed.agent.cni.plugin_main import (
    DECODING,
    INVALID_CONFIG,
    INVALID_ENVIRONMENT,
    NEEDED,
    VERSIONS,
    CniError,
)
from testbed.agent.model.attachment import GATEWAY_V4, GATEWAY_V6, Attachment
from testbed.json_types import JsonObject, get_objects

INCOMPATIBLE, UNKNOWN_CONTAINER, INTERNAL = 1, 3, 999
_CONTAINER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}")
_INTERFACE = re.compile(r"[^/:\s]{1,15}")


class AgentRequest(TypedDict):
    """The line that the plugin sends: what the runtime put into its environment and stdin."""

    command: str
    containerId: str
    netns: str
    ifName: str
    args: str
    config: dict[str, object]


class ErrorReply(TypedDict):
    """The reply to what failed."""

    cniVersion: str
    code: int
    msg: str
    details: str


class VersionReply(TypedDict):
    """The reply to VERSION."""

    cniVersion: str
    supportedVersions: list[str]


class _NodeEnd(TypedDict):
    name: str
    mac: str


class InterfaceEntry(_NodeEnd, total=False):
    """An end of a pod's veth; the pod's has a sandbox."""

    sandbox: str


class IpEntry(TypedDict):
    """An address of the pod; `interface` is an index into the result's interfaces."""

    address: str
    gateway: str
    interface: int


class RouteEntry(TypedDict):
    """A route in the pod."""

    dst: str
    gw: str


class AddResult(TypedDict):
    """The reply to ADD."""

    cniVersion: str
    interfaces: list[InterfaceEntry]
    ips: list[IpEntry]
    routes: list[RouteEntry]
    dns: dict[str, str]


Reply = AddResult | VersionReply | ErrorReply | dict[str, object]  # the last: of most, and empty


@dataclass(frozen=True)
class Request:
    """A request that is complete and well-formed for its command."""

    command: str
    container: str
    netns: str
    interface: str
    pod: str
    version: str
    config: JsonObject
    namespace: str = ""  # of the pod's object; empty if it is none


def parse(line: bytes) -> Request:
    """Read one request line; raises CniError."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CniError(DECODING, "the request is not JSON", str(error)) from None
    if not isinstance(data, dict) or not isinstance(data.get("config"), dict):
        raise CniError(INVALID_CONFIG, "the request has no network configuration")
    command, config = data.get("command"), data["config"]
    if not isinstance(command, str) or command not in NEEDED:
        raise CniError(INVALID_ENVIRONMENT, f"command {command!r} is not known")
    version = config.get("cniVersion", VERSIONS[-1])
    if not isinstance(version, str) or version not in VERSIONS:
        raise CniError(INCOMPATIBLE, f"cniVersion {version!r} is not one of {VERSIONS}")
    container, interface = _get_text(data, "containerId"), _get_text(data, "ifName")
    if command in ("ADD", "DEL", "CHECK"):
        if not _CONTAINER.fullmatch(container):
            raise CniError(INVALID_ENVIRONMENT, f"containerId {container!r} is not valid")
        if not _INTERFACE.fullmatch(interface) or interface in (".", ".."):
            raise CniError(INVALID_ENVIRONMENT, f"ifName {interface!r} is not valid")
    netns = _get_text(data, "netns")
    if command in ("ADD", "CHECK") and not netns.startswith("/"):
        raise CniError(INVALID_ENVIRONMENT, f"netns {netns!r} is not an absolute path")
    given = _split_args(_get_text(data, "args"))
    pod, namespace = given.get("K8S_POD_NAME") or container, given.get("K8S_POD_NAMESPACE", "")
    return Request(command, container, netns, interface, pod, version, config, namespace)


def _get_text(data: JsonObject, key: str) -> str:
    value = data.get(key) or ""
    if not isinstance(value, str) or "\0" in value:
        raise CniError(INVALID_ENVIRONMENT, f"{key} is not text")
    return value


def _split_args(args: str) -> dict[str, str]:
    """CNI_ARGS by key: "K8S_POD_NAME=…;K8S_POD_NAMESPACE=…;…"."""
    return dict(pair.partition("=")[::2] for pair in args.split(";"))


def result(version: str, attachment: Attachment, host_mac: str, pod_mac: str) -> AddResult:
    """The success result of ADD."""
    ips: list[IpEntry] = []
    pod_routes: list[RouteEntry] = []
    for address, length, gateway, default in (
        (attachment.ipv4, 32, GATEWAY_V4, "0.0.0.0/0"),
        (attachment.ipv6, 128, GATEWAY_V6, "::/0"),
    ):
        if address:
            ips.append({"address": f"{address}/{length}", "gateway": gateway, "interface": 1})
            pod_routes.append({"dst": default, "gw": gateway})
    return {
        "cniVersion": version,
        "interfaces": [
            {"name": attachment.host_interface, "mac": host_mac},
            {"name": attachment.interface, "mac": pod_mac, "sandbox": attachment.netns},
        ],
        "ips": ips,
        "routes": pod_routes,
        "dns": {},
    }


def valid_attachments(config: JsonObject) -> set[tuple[str, str]]:
    """What GC must keep, as (container, interface); raises CniError when that is not said."""
    key = "cni.dev/valid-attachments"
    key = key if key in config else "cni.dev/attachments"
    try:
        entries = get_objects({key: [], **{k: v for k, v in config.items() if v}}, key)
        return {(str(entry["containerID"]), str(entry["ifname"])) for entry in entries}
    except (ValueError, KeyError):
        raise CniError(INVALID_CONFIG, "cni.dev/valid-attachments cannot be read") from None
