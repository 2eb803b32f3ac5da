"""kubeconfig files: where the API server is, who signed it, and who asks."""

from __future__ import annotations

import base64
import json

from testbed.cluster.x509 import KeyPair


def kubeconfig(server: str, authority: str, user: str, client: KeyPair) -> str:
    """kubeconfig text (JSON, which is YAML) that holds all it needs.

    `server` is a URL, `authority` the PEM certificate that the server is checked against.
    """
    context = {"cluster": "testbed", "user": user}
    credentials = {
        "client-certificate-data": _base64(client.certificate),
        "client-key-data": _base64(client.key),
    }
    cluster = {"server": server, "certificate-authority-data": _base64(authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "testbed", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": "testbed", "context": context}],
        "current-context": "testbed",
    }
    return json.dumps(config, indent=1) + "\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
