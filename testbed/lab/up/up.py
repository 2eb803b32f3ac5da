"""`up`: a lab brought up, or made whole again, as one of two lists of actions."""

from __future__ import annotations

from contextlib import nullcontext

from testbed.lab.up import cluster, machines, network, room
from testbed.lab.up.action import Action, run_actions
from testbed.lab.up.context import UpContext
from testbed.providers.vagrant.snapshot.snapshots import locked

# From nothing, or on a lab that stands: every action leaves alone what is there already.
FROM_NOTHING = (
    Action("room", None, room.make_room),
    Action("data", None, room.prepare_data, room.is_fresh_with_data),
    Action("namespaces", "namespaces of the lab", room.start_init, room.is_fresh),
    Action("enter", None, room.enter),
    Action("network", network.title, network.build, room.is_fresh),
    Action("mend", None, network.mend, network.stands),
    Action("supervisor", None, network.wait_for_supervisor),
    Action("libvirt", "libvirt of the lab", machines.begin, machines.are_wanted),
    Action("machines", machines.title, machines.boot, machines.are_wanted),
    Action("daemons", cluster.daemons_title, cluster.start_daemons),
    Action("isis", "IS-IS converged, verified against the plan's SPF", network.verify_isis),
    Action("bfd", "BFD sessions between routers", network.verify_bfd, network.has_bfd),
    Action("repair", "backups on every router", network.verify_repair, network.has_repair),
    Action("control-plane", cluster.control_title, cluster.control_plane, cluster.has_containers),
    Action("overlay", None, cluster.install_overlay, cluster.has_nodes),
    Action("nodes-ready", "every node Ready", cluster.nodes_ready, cluster.has_containers),
    Action(
        "tunnels",
        "BGP sessions, blocks and policies on every node",
        cluster.verify,
        cluster.has_nodes,
    ),
    Action("pods", "a pod on every node", cluster.start_pods, cluster.wants_pods),
    Action("well", cluster.well_title, cluster.well, cluster.has_containers),
    Action(
        "measured", "a probe from node to node, pod to pod", cluster.measure, cluster.has_several
    ),
)

# A lab built anew whose machines go on from their saved memory.
FROM_SNAPSHOT = (
    Action("room", None, room.make_empty_room),
    Action("data", None, machines.fill_data),
    Action("namespaces", "namespaces of the lab", room.start_init),
    Action("enter", None, room.enter),
    Action("network", network.title, network.build),
    Action("supervisor", None, network.wait_for_supervisor),
    Action("libvirt", "libvirt of the lab", machines.begin_saved),
    Action("daemons", "routers and injector started", machines.start_daemons),
    Action("isis", "IS-IS converged, verified against the plan's SPF", network.verify_isis),
    Action("bfd", "BFD sessions between routers", network.verify_bfd, network.has_bfd),
    Action("repair", "backups on every router", network.verify_repair, network.has_repair),
    Action("machines", machines.resume_title, machines.resume),
    Action("nodes-ready", "every node Ready", machines.nodes_ready),
    Action("reports", "every agent reports anew", machines.agents_report, machines.have_injectors),
    Action(
        "tunnels",
        "BGP sessions, blocks and policies on every node",
        cluster.verify,
        cluster.has_nodes,
    ),
    Action("pods", "a pod on every node", cluster.start_pods, cluster.wants_pods),
    Action("well", cluster.well_title, cluster.well, cluster.has_containers),
    Action(
        "measured", "a probe from node to node, pod to pod", cluster.measure, cluster.has_several
    ),
)


def bring_up(context: UpContext) -> None:
    """Bring the lab up, or make it whole again. The process is inside the lab afterwards.

    Raises TestbedError when a lab of this name is up with another plan, or at all if it is to go
    on from a snapshot (unless it is recreated), and when something does not come up.
    """
    saved = context.source is not None
    room.refuse_strange_data(context)
    with (
        context.lab.locked() as lock,
        locked(context.lab.name) if saved else nullcontext(),
    ):
        context.lock = lock
        run_actions(FROM_SNAPSHOT if saved else FROM_NOTHING, context)
