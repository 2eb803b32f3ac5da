"""Programs as systemd units: their text, and systemd's words for their state as supervisord's.

So a program of a guest reads like one of a node in a namespace, wherever states are shown. Pure.
"""

from __future__ import annotations

from testbed.host.supervisor import Program, ProgramState

DIRECTORY = "/etc/systemd/system"
PROPERTIES = (
    *("Id", "LoadState", "ActiveState", "SubState", "MainPID", "Result", "ExecMainStatus"),
    *("ActiveEnterTimestamp", "InactiveEnterTimestamp"),
)


def unit_name(program: str) -> str:
    """worker1.kubelet is worker1.kubelet.service."""
    return f"{program}.service"


def unit(program: Program, logs: str) -> str:
    """The unit of a program that is started anew whenever it ends."""
    command = " ".join(_quote_word(word) for word in program.command)
    environment = [f"Environment={_quote_word(f'{k}={v}')}" for k, v in program.environment.items()]
    return "\n".join(
        [
            "[Unit]",
            f"Description={program.name}",
            "After=testbed-network.service",
            *_dependency_lines(program),
            "StartLimitIntervalSec=0",
            "[Service]",
            f"ExecStart={command}",
            *environment,
            "Restart=always",
            "RestartSec=200ms",
            "TimeoutStopSec=5",
            # what a program started (containers, their shims) outlives it, as under supervisord
            "KillMode=process",
            "Delegate=yes",
            "LimitNOFILE=1048576",
            "TasksMax=infinity",
            "OOMScoreAdjust=-500",
            f"StandardOutput=append:{logs}/{program.name}.log",
            "StandardError=inherit",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )


def _dependency_lines(program: Program) -> list[str]:
    """It stops with what it follows and starts with it; a unit that is not there counts as none."""
    leader, follower = program.restarts_with, program.followed_by
    lines = [f"PartOf={unit_name(leader)}", f"After={unit_name(leader)}"] if leader else []
    return lines + ([f"Wants={unit_name(follower)}"] if follower else [])


def _quote_word(word: str) -> str:
    """One word of a unit file; see systemd.service(5), systemd.syntax(7)."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    plain = escaped and all(c.isalnum() or c in "-_=./:,@+%" for c in escaped)
    return escaped if plain else f'"{escaped}"'


def states(shown: str) -> dict[str, ProgramState]:
    """`systemctl show --timestamp=unix`, as testbed.host.supervisor.Supervisor.states() has it."""
    found = {}
    for block in shown.strip().split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.splitlines())
        if fields.get("LoadState") == "loaded":
            name = fields["Id"].removesuffix(".service")
            found[name] = _program_state(name, fields)
    return found


def _program_state(name: str, fields: dict[str, str]) -> ProgramState:
    active, sub = fields["ActiveState"], fields["SubState"]
    word = {
        "active": "RUNNING",
        "activating": "BACKOFF" if sub == "auto-restart" else "STARTING",
        "deactivating": "STOPPING",
        "failed": "FATAL",
    }.get(active, "STOPPED")
    return ProgramState(
        name=name,
        statename=word,
        pid=int(fields["MainPID"] or 0),
        description=f"{active} ({sub}), {fields['Result']} {fields['ExecMainStatus']}",
        start=_parse_stamp(fields["ActiveEnterTimestamp"]),
        stop=0 if word == "RUNNING" else _parse_stamp(fields["InactiveEnterTimestamp"]),
    )


def _parse_stamp(stamp: str) -> int:
    """@1700000000, or nothing if that never happened."""
    return int(stamp.removeprefix("@") or 0)
