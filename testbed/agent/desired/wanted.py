"""The desired state of a node, as one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.agent.contract import PrefixStatus
from testbed.agent.desired.candidates import Evaluated
from testbed.agent.desired.inputs import OwnSid
from testbed.agent.desired.netpol.table import Table
from testbed.agent.desired.overlays.devices import Tunnels
from testbed.agent.desired.routes import Route
from testbed.agent.desired.service_veth import ServiceVeth
from testbed.agent.desired.te_config import Refusal
from testbed.bgp.model import DesiredBgp


@dataclass(frozen=True)
class Wanted:
    """What shall be. `own_sids` are announced ones, `problems` are sentences for people."""

    te_mode: str
    routes: tuple[Route, ...] = ()
    bgp: DesiredBgp | None = None
    service_veth: ServiceVeth | None = None
    tunnels: Tunnels = field(default_factory=Tunnels)
    rules: str = ""  # of nftables
    isolation: Table = field(default_factory=Table)  # by NetworkPolicies
    own_sids: tuple[OwnSid, ...] = ()
    evaluated: tuple[Evaluated, ...] = ()
    binding_sids: Mapping[Evaluated, str] = field(default_factory=dict)  # what became of each
    prefixes: tuple[PrefixStatus, ...] = ()
    problems: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()  # those that concern a ConfigMap
