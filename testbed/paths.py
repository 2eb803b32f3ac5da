"""Every path that two rooms share: in the clone, on the host, inside a lab, on a node."""

from __future__ import annotations

from pathlib import Path

# In the clone.
PACKAGE = Path(__file__).resolve().parent
CLONE = PACKAGE.parent
TEMPLATES = CLONE / "templates"
TOPOLOGIES = CLONE / "topologies"
SCENARIOS = CLONE / "scenarios"
POLICIES = SCENARIOS / "policies"

# On the host: one directory per lab below each.
LABS = Path("/run/testbed")
LABS_DATA = Path("/var/lib/testbed")

# Inside a lab, whose /run is its own.
LAB = Path("/run/testbed")
NODES = LAB / "nodes"  # NODES/NAME: the one directory that lab and node share, under one path
API = LAB / "api"  # the directory that plays the Kubernetes API in a light lab
PODS = LAB / "pods"  # pods of the light mode
LOGS = LAB / "logs"
PROGRAMS = LAB / "programs"  # of the lab's supervisor, one file each
SUPERVISOR_CONF = LAB / "supervisord.conf"
CGROUPS = LAB / "cgroup"  # the trees, from the lab's own groups down
ROOTS = LAB / "roots"  # where nodes with a root of their own put it together
KUBERNETES_USERS = LAB / "kubernetes"  # kubeconfig and keys of those who may ask the API server
PLAN = LAB / "plan.json"
BUILT = LAB / "built"  # exists once the network stands
GOBGPD = LAB / "gobgpd"  # a link to the program that this lab runs
IMAGES = LAB / "images"  # a link to the image store that nodes start with
DATA = LAB / "data"  # a link to the lab's directory on disk
NETNS = Path("/run/netns")  # network namespaces pinned by name

# On a cluster node, of either provider.
CNI_PLUGINS = "/opt/cni/bin"  # where containerd looks for CNI plugins
CNI_NETWORKS = "/etc/cni/net.d"  # … and for network lists
NODE_SHARE = "/opt/testbed"
NODE_TOOLS = f"{NODE_SHARE}/bin"
CONTAINER_RUNTIME = f"{NODE_TOOLS}/testbed-runtime"  # runc, wrapped (providers/namespaces/runtime)

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
