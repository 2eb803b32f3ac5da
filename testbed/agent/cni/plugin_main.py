#!/usr/bin/python3 -I
"""The thin CNI plugin: hands a container runtime's request to the node's agent.

Standard library only, so that it can be copied alone to any node. The agent is found by the
netconf key "agentSocket", and waited for as many seconds as "agentPatience" says (none without
it): a runtime that is told to try again does so only after ten. Errors are those of the CNI
specification 1.1.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time

TYPE_CHECKING = False  # the typing module would cost every pod some milliseconds
if TYPE_CHECKING:
    from testbed.agent.cni.protocol import AgentRequest, ErrorReply

VERSIONS = ["1.0.0", "1.1.0"]
TIMEOUT = 60  # seconds; the runtime's own limit is longer
INVALID_ENVIRONMENT, DECODING, INVALID_CONFIG, TRY_AGAIN, UNAVAILABLE = 4, 6, 7, 11, 50
NEEDED = {
    "ADD": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"),
    "DEL": ("CNI_CONTAINERID", "CNI_IFNAME"),
    "CHECK": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"),
    "GC": (),
    "STATUS": (),
    "VERSION": (),
}


class CniError(Exception):
    """A failure with its code of the CNI specification."""

    def __init__(self, code: int, message: str, details: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details

    def reply(self, version: str) -> ErrorReply:
        """The error as the runtime wants to read it."""
        return {
            "cniVersion": version,
            "code": self.code,
            "msg": self.message,
            "details": self.details,
        }


def request(environment: dict[str, str], config: object) -> AgentRequest:
    """The agent's request from what the runtime gave; raises CniError."""
    command = environment.get("CNI_COMMAND", "")
    if command not in NEEDED:
        raise CniError(INVALID_ENVIRONMENT, f"CNI_COMMAND {command!r} is not one of {list(NEEDED)}")
    missing = [name for name in NEEDED[command] if not environment.get(name)]
    if missing:
        raise CniError(INVALID_ENVIRONMENT, f"{', '.join(missing)} must be set for {command}")
    if not isinstance(config, dict):
        raise CniError(INVALID_CONFIG, "the network configuration is not a JSON object")
    return {
        "command": command,
        "containerId": environment.get("CNI_CONTAINERID", ""),
        "netns": environment.get("CNI_NETNS", ""),
        "ifName": environment.get("CNI_IFNAME", ""),
        "args": environment.get("CNI_ARGS", ""),
        "config": config,
    }


def ask(config: dict[str, object], line: AgentRequest) -> dict[str, object]:
    """One request to the agent, one reply; raises CniError when there is no agent."""
    path, patience = config.get("agentSocket"), config.get("agentPatience", 0)
    if not isinstance(path, str) or not path:
        raise CniError(INVALID_CONFIG, "agentSocket is missing in the network configuration")
    if not isinstance(patience, (int, float)):
        raise CniError(INVALID_CONFIG, f"agentPatience is no number of seconds: {patience!r}")
    status = line["command"] == "STATUS"
    absent = UNAVAILABLE if status else TRY_AGAIN
    try:
        with _connect_to_agent(path, 0 if status else patience) as agent:
            agent.sendall(json.dumps(line).encode() + b"\n")
            agent.shutdown(socket.SHUT_WR)
            data = b"".join(iter(lambda: agent.recv(65536), b""))
        reply = json.loads(data)
    except (OSError, ValueError) as error:
        raise CniError(absent, f"the agent at {path} does not answer", str(error)) from None
    if not isinstance(reply, dict):
        raise CniError(absent, f"the agent at {path} gives no answer that can be read")
    return reply


def _connect_to_agent(path: str, patience: float) -> socket.socket:
    """A connection to the agent, which may be about to start; raises OSError after that time."""
    deadline = time.monotonic() + patience
    while True:
        agent = socket.socket(socket.AF_UNIX)
        agent.settimeout(TIMEOUT)
        try:
            agent.connect(path)
            return agent
        except OSError:
            agent.close()
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.05)  # between two looks for the agent


def main() -> int:
    """Entry point; prints the result or the error as JSON, exit code 1 for an error."""
    version = VERSIONS[-1]
    try:
        if os.environ.get("CNI_COMMAND") == "VERSION":
            print(json.dumps({"cniVersion": version, "supportedVersions": VERSIONS}))
            return 0
        try:
            config = json.loads(sys.stdin.buffer.read())
        except (ValueError, RecursionError) as error:
            raise CniError(DECODING, "stdin is not JSON", str(error)) from None
        line = request(dict(os.environ), config)
        version = str(config.get("cniVersion", version))
        reply = ask(line["config"], line)
    except CniError as error:
        reply = dict(error.reply(version))
    if reply:
        print(json.dumps(reply))
    return 1 if "code" in reply else 0


if __name__ == "__main__":
    sys.exit(main())
