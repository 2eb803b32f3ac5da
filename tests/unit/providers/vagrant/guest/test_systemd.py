"""Programs as units, and systemd's states in supervisord's words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from testbed.host.supervisor import Program
from testbed.orchestrators.kubernetes.lifecycle import _with_node_name
from testbed.orchestrators.kubernetes.programs import programs
from testbed.providers.vagrant.guest import systemd
from testbed.topology.load import load_plan

SHOWN = """\
Id=worker1.kubelet.service
LoadState=loaded
ActiveState=active
SubState=running
MainPID=412
Result=success
ExecMainStatus=0
ActiveEnterTimestamp=@1700000100
InactiveEnterTimestamp=@1700000000

Id=worker1.agent.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart
MainPID=0
Result=exit-code
ExecMainStatus=1
ActiveEnterTimestamp=@1700000100
InactiveEnterTimestamp=@1700000200

Id=worker1.gone.service
LoadState=not-found
ActiveState=inactive
SubState=dead
MainPID=0
Result=success
ExecMainStatus=0
ActiveEnterTimestamp=
InactiveEnterTimestamp=
"""


def test_words_with_special_characters_reach_the_program_as_they_are() -> None:
    script = 'rm -f "$1"; exec "$2" 100%'
    text = systemd.unit(Program("n.p", "n", ("sh", "-c", script, "a\\b"), {"X": "1 2"}), "/logs")
    lines = text.splitlines()
    assert 'ExecStart=sh -c "rm -f \\"$$1\\"; exec \\"$$2\\" 100%%" "a\\\\b"' in lines
    assert 'Environment="X=1 2"' in lines
    assert "StandardOutput=append:/logs/n.p.log" in lines
    assert "Restart=always" in lines


def test_a_follower_stops_and_starts_with_what_it_follows() -> None:
    started = {
        program.name: _with_node_name(program)
        for phase in programs(load_plan("full"), load_plan("full").node("master"), Path).values()
        for program in phase
    }

    def following(name: str) -> list[str]:
        lines = systemd.unit(started[name.removeprefix("master.")], "/logs").splitlines()
        return [line for line in lines if line.startswith(("PartOf=", "Wants=", "After=master."))]

    assert following("master.etcd") == ["Wants=master.kube-apiserver.service"]
    assert following("master.kube-apiserver") == [
        "PartOf=master.etcd.service",
        "After=master.etcd.service",
        "Wants=master.kube-controller-manager.service",
    ]
    assert following("master.kube-controller-manager") == [
        "PartOf=master.kube-apiserver.service",
        "After=master.kube-apiserver.service",
    ]
    assert following("master.kubelet") == []


def test_states_read_like_those_of_a_node_in_namespaces() -> None:
    found = systemd.states(SHOWN)
    assert set(found) == {"worker1.kubelet", "worker1.agent"}
    assert asdict(found["worker1.kubelet"]) == {
        "name": "worker1.kubelet",
        "statename": "RUNNING",
        "pid": 412,
        "description": "active (running), success 0",
        "start": 1700000100,
        "stop": 0,
    }
    assert found["worker1.agent"].statename == "BACKOFF"
    assert found["worker1.agent"].stop == 1700000200


def test_a_guest_without_programs_has_no_states() -> None:
    assert systemd.states("\n") == {}
