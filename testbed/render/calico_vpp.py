"""Renders Calico-VPP's Kubernetes objects and VPP's start files for a plan.

IPPools, BGPConfiguration and BGPPeers are the same as in a light lab (`render.cluster`).
"""

from __future__ import annotations

from testbed.api_objects import TE_NAMESPACE
from testbed.plan import calico_vpp
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render import cluster
from testbed.render.calico_vpp_images import AGENT, CALICO, OPERATOR, VPP, images
from testbed.render.environment import render

RUN, EXEC_FILE = "/var/run/vpp", "/etc/vpp/startup.exec"
# Of Node objects; VPP's manager puts their values into startup.exec.
ANNOTATIONS = {"dt4": "srv6.testbed.invalid/end-dt4", "dt6": "srv6.testbed.invalid/end-dt6"}
DAEMONSET, _ACCOUNT = "calico-vpp-node", "calico-vpp-node-sa"
_VOLUMES = (
    ("calico-run", "/var/run/calico", "DirectoryOrCreate"),
    ("felix-plugins", "/var/lib/calico/felix-plugins", "DirectoryOrCreate"),
    ("vpp-run", RUN, "DirectoryOrCreate"),
    ("vpp-data", "/var/lib/vpp", "DirectoryOrCreate"),
    ("vpp-config", "/etc/vpp", "DirectoryOrCreate"),
    ("netns", "/run/netns", "DirectoryOrCreate"),
    ("firmware", "/lib/firmware", "DirectoryOrCreate"),
    ("devices", "/dev", "Directory"),
    ("sys", "/sys", "Directory"),
    ("host", "/", "Directory"),
)


def files(plan: Plan, uplink: str) -> dict[str, str]:
    """File name → text, numbered in the order in which they are applied.

    `uplink` is the nodes' interface to their router. Raises TestbedError for a plan that
    Calico-VPP cannot carry.
    """
    calico_vpp.refuse_unfit(plan)
    found = {
        "README.md": _render_calico("README.md.j2", plan, images=images(), uplink=uplink),
        "images.txt": "".join(f"{image}\n" for image in images()),
        "10-ippools.yaml": cluster.ippools(plan),
        "11-bgp.yaml": cluster.bgp(plan),
        "12-nodes.yaml": _render_calico("nodes.yaml.j2", plan, annotations=ANNOTATIONS),
        "20-installation.yaml": _render_calico("installation.yaml.j2", plan),
        "30-access.yaml": _render_calico("access.yaml.j2", plan, account=_ACCOUNT),
        "31-config.yaml": config(plan, uplink),
        "32-daemonset.yaml": daemonset(plan),
    }
    for node in plan.cluster:
        found[f"te/srv6-config-{node.name}.yaml"] = te_configmap(plan, node)
        found[f"vpp/{node.name}/startup.conf"] = startup_conf()
        found[f"vpp/{node.name}/startup.exec"] = startup_exec(node)
    return found


def config(plan: Plan, uplink: str) -> str:
    """The ConfigMap calico-vpp-config, one for all nodes."""
    return _render_calico(
        "config.yaml.j2",
        plan,
        uplink=uplink,
        services=network.service_ranges(plan),
        localsid_pool=calico_vpp.localsid_pool(plan),
        startup_conf=startup_conf(),
        startup_exec=startup_exec_template(),
    )


def daemonset(plan: Plan) -> str:
    """The DaemonSet of agent and VPP."""
    return _render_calico(
        "daemonset.yaml.j2",
        plan,
        name=DAEMONSET,
        account=_ACCOUNT,
        images={"agent": AGENT, "vpp": VPP},
        volumes=_VOLUMES,
    )


def te_configmap(plan: Plan, node: Node) -> str:
    """srv6-config-NODE: the node's SIDs, and its best-effort policies as a start to edit."""
    policies = [
        {"bsid": bsid, "endpoint": plan.address_v6(peer.name), "sid": sid, "traffic": traffic}
        for peer in plan.cluster
        if peer is not node and (spec := peer.cluster) is not None
        for traffic, bsid, sid in (
            ("IPv4", spec.binding_sids.v4, spec.local_sids.dt4),
            ("IPv6", spec.binding_sids.v6, spec.local_sids.dt6),
        )
    ]
    return _render_calico("te-configmap.yaml.j2", plan, node=node, policies=policies)


def startup_conf(directory: str = RUN, exec_file: str = EXEC_FILE) -> str:
    """VPP's startup.conf; `directory` is where its sockets are."""
    return render("calico-vpp/startup.conf.j2", directory=directory, exec_file=exec_file)


def startup_exec(node: Node) -> str:
    """VPP's first commands on a node: the plan's SIDs. The agent keeps SIDs that it finds."""
    assert node.cluster is not None
    return render("calico-vpp/startup.exec.j2", **node.cluster.local_sids.model_dump())


def startup_exec_template() -> str:
    """The same for all nodes, with the marks that VPP's manager replaces by annotations."""
    marks = {name: f"__NODE_ANNOTATION:{key}__" for name, key in ANNOTATIONS.items()}
    return render("calico-vpp/startup.exec.j2", **marks)


def _render_calico(template: str, plan: Plan, **values: object) -> str:
    return render(
        f"calico-vpp/{template}",
        plan=plan,
        namespace=TE_NAMESPACE,
        calico=CALICO,
        operator=OPERATOR,
        has_v4=all(plan.address_v4(node.name) for node in plan.cluster),
        **values,
    )
