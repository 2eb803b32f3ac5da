"""Who is who in a lab's cluster: user names and groups, as certificates carry them."""

from __future__ import annotations

ADMIN, ADMINS = "kubernetes-admin", "testbed:admins"
BOOTSTRAP, MASTERS = "testbed:bootstrap", "system:masters"
AGENT_USER, AGENTS = "testbed:agent:", "testbed:agents"  # the user name ends with the node's
ENGINE, ENGINES = "testbed:te-engine", "testbed:te-engines"
KUBELET_CLIENT, KUBELET_CLIENTS = "kube-apiserver-kubelet-client", "testbed:kubelet-clients"
NODE_USER, NODES = "system:node:", "system:nodes"  # the node authoriser's, as is the next
CONTROLLER_MANAGER = "system:kube-controller-manager"
SCHEDULER = "system:kube-scheduler"
PROXY = "system:kube-proxy"
FRONT_PROXY = "front-proxy-client"
