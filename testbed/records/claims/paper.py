"""The paper's claims; the ids are ours."""

from __future__ import annotations

# What `testbed evaluate` answers, which is no scenario.
COMPARISON = "overlay-comparison"
MEASURED = {COMPARISON: ("C10",)}
CLAIMS = {
    "C1": "one IPv6 underlay carries IPv4 and IPv6 pod traffic by End.DT4/End.DT6",
    "C2": "best-effort tunnels need no manual configuration",
    "C3": "best effort is one segment: no SRH",
    "C4": "a node that joins later is reached, nobody else is reconfigured",
    "C5": "a controller steers over BGP and overrides best effort",
    "C6": "a ConfigMap steers per head end and family, at run time",
    "C7": "transit needs plain IPv6; only waypoints process the SRH",
    "C8": "without TE policies, best effort returns",
    "C9": "SRv6 beside legacy overlays, chosen by pool",
    "C10": "throughput comparable with IP-in-IP and VXLAN",
    "C11": "the testbed can be rebuilt from scripts",
    "C12": "several tenants, a SID each (future work in the paper)",
    "C13": "external networks, EVPN (future work in the paper)",
    "C14": "a central TE engine computes paths",
}
