"""What a lab's API server holds from the start, in the order in which it is applied.

Plain Kubernetes objects (dicts). `definitions` first; once the CRDs are Established, `resources`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ruamel.yaml import YAML

from testbed.api_objects import TE_NAMESPACE
from testbed.kube.documents import KubeObject
from testbed.object_fields import intent_object
from testbed.object_fields.intent import INTENT
from testbed.object_fields.tables import KINDS, SRV6_GROUP, SRV6_VERSION
from testbed.orchestrators.kubernetes.pki import identities
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render import cluster as render_cluster
from testbed.render import kubernetes as render

IMAGES_NAME, IMAGES_NAMESPACE = "testbed-loaded-images", "kube-system"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HUB, _LIBRARY = "docker.io", "library"  # what short names are completed with


def definitions(
    images: Iterable[str], own_definitions: bool = False, intents: bool = True
) -> list[KubeObject]:
    """Namespace, CRDs, RBAC, and admission policies with the lab's loaded images.

    Without CRDs if the overlay brings its own. Without `intents` there is nobody to read these.
    """
    return [
        *render.objects("namespace.yaml.j2", te_namespace=TE_NAMESPACE),
        *([] if own_definitions else _definitions_of_crds(intents)),
        *render.objects(
            "rbac.yaml.j2",
            te_namespace=TE_NAMESPACE,
            admins=identities.ADMINS,
            agents=identities.AGENTS,
            kubelet_clients=identities.KUBELET_CLIENTS,
            engines=identities.ENGINES,
        ),
        *render.objects("agent-policy.yaml.j2", agent_user=identities.AGENT_USER),
        loaded_images(images),
        *render.objects(
            "image-policy.yaml.j2", list_name=IMAGES_NAME, list_namespace=IMAGES_NAMESPACE
        ),
    ]


def dns(plan: Plan, authority: str = "") -> list[KubeObject]:
    """CoreDNS: one replica, and its Service in the plan's families.

    `authority` names the one that signed the API server's certificate: CoreDNS starts anew with
    another.
    """
    return render.objects(
        "coredns.yaml.j2",
        domain=network.DOMAIN,
        addresses=network.dns_addresses(plan),
        image=render.COREDNS_IMAGE,
        api_host=network.node_addresses(plan, network.control_plane(plan))[0],
        api_port=network.API_PORT,
        control_plane=render.CONTROL_PLANE_LABEL,
        authority=authority,
    )


def resources(plan: Plan) -> list[KubeObject]:
    """The plan's IPPools, BGPConfiguration and BGPPeers. They need the CRDs.

    Users apply their own over them: the annotation spares them kubectl's warning.
    """
    texts = (render_cluster.ippools(plan), render_cluster.bgp(plan))
    yaml = YAML(typ="safe", pure=True)
    found = [item for text in texts for item in yaml.load_all(text) if item is not None]
    for item in found:
        item["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(item)}
    return found


def crd_names(intents: bool = True) -> list[str]:
    """Names of the CustomResourceDefinitions to wait for before `resources`."""
    return [str(crd["metadata"]["name"]) for crd in _definitions_of_crds(intents)]


def _definitions_of_crds(intents: bool) -> list[KubeObject]:
    """Calico's, the one by which agents tell their node's state, and that of intents."""
    return [
        *render.objects("crds.yaml.j2", kinds=tuple(KINDS.values())),
        *render.objects("crd-srv6nodestatus.yaml.j2"),
        *(_definition_of_intents() if intents else ()),
    ]


def _definition_of_intents() -> list[KubeObject]:
    return render.objects(
        "crd-intents.yaml.j2",
        group=SRV6_GROUP,
        version=SRV6_VERSION,
        words=INTENT.words,
        columns=intent_object.COLUMNS,
        states=intent_object.STATES,
        name=intent_object.name_schema(),
        spec=intent_object.spec_schema(),
    )


def node_labels(node: Node) -> dict[str, str]:
    """Labels that a kubelet may not give itself: for a patch once the node has registered."""
    return {render.CONTROL_PLANE_LABEL: ""} if render.is_control_plane(node) else {}


def loaded_images(images: Iterable[str]) -> KubeObject:
    """The ConfigMap that names the lab's images, in all their spellings."""
    names = sorted({name for image in images for name in spellings(image)})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": IMAGES_NAME, "namespace": IMAGES_NAMESPACE},
        "data": {"images": "\n".join(names)},
    }


def spellings(image: str) -> list[str]:
    """All the ways in which a pod may name an image.

    docker.io/library/busybox:latest is also busybox, busybox:latest, library/busybox …
    """
    registry, repository, tag = _name_parts(image)
    names = {f"{registry}/{repository}"}
    if registry == _HUB:
        names |= {repository, f"index.{_HUB}/{repository}"}
        library, _, short = repository.partition("/")
        if library == _LIBRARY and "/" not in short:
            names |= {short, f"{_HUB}/{short}", f"index.{_HUB}/{short}"}
    tags = ("", tag) if tag == ":latest" else (tag,)
    return sorted(name + suffix for name in names for suffix in tags)


def _name_parts(image: str) -> tuple[str, str, str]:
    """(registry, repository, ":tag" or "@digest"), completed as container runtimes do."""
    name, at, digest = image.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    registry, _, repository = f"{head}{slash}{last}".partition("/")
    if not slash or not (registry == "localhost" or set(registry) & set(".:")):
        registry, repository = _HUB, head + slash + last
    if registry == f"index.{_HUB}":
        registry = _HUB
    if registry == _HUB and "/" not in repository:
        repository = f"{_LIBRARY}/{repository}"
    return registry, repository, at + digest if at else f":{tag or 'latest'}"
