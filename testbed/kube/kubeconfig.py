"""kubeconfig files, read and written: where the API server is, who signed it, and who asks."""

from __future__ import annotations

import base64
import binascii
import json
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject, load_yaml


@dataclass(frozen=True)
class Endpoint:
    """The API server of a kubeconfig's current context; `tls` None: plain HTTP (loopback only)."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def load(path: Path) -> Endpoint:
    """Read the file and the certificates that it names; raises TestbedError."""
    try:
        data = _parsed(path.read_text())
        context = _find_named(data, "contexts", data["current-context"])["context"]
        cluster = _find_named(data, "clusters", context["cluster"])["cluster"]
        user = _find_named(data, "users", context["user"])["user"]
        return _endpoint(path.parent, cluster, user)
    except OSError as error:  # an SSLError is one too
        why = error.strerror or str(error)
        raise TestbedError("cannot use this kubeconfig", where=str(path), why=why) from None
    except KeyError as error:
        raise TestbedError(f"field {error} is missing", where=str(path)) from None
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise TestbedError("not a kubeconfig", where=str(path), why=str(error)) from None


def reader(path: Path) -> Callable[[], Endpoint]:
    """load(path), to be called before each connection."""
    return lambda: load(path)


def _parsed(text: str) -> KubeObject:
    found = json.loads(text) if text.lstrip().startswith("{") else load_yaml(text)[0]
    if isinstance(found, dict):
        return found
    raise ValueError("it is no mapping")


def _find_named(data: KubeObject, kind: str, name: str) -> KubeObject:
    for entry in data[kind]:
        if entry["name"] == name:
            return dict(entry)
    raise ValueError(f"{kind} has no entry {name!r}")


def _endpoint(base: Path, cluster: KubeObject, user: KubeObject) -> Endpoint:
    url = urlsplit(cluster["server"])
    host = url.hostname or ""
    if url.scheme == "http" and host in ("127.0.0.1", "::1", "localhost"):
        return Endpoint(host, url.port or 80, None)
    if url.scheme != "https" or not host:
        raise ValueError(f"server {cluster['server']!r} is not https://HOST:PORT")
    authority = _read_pem(base, cluster, "certificate-authority")
    certificate, key = (
        _read_pem(base, user, "client-certificate"),
        _read_pem(base, user, "client-key"),
    )
    return Endpoint(host, url.port or 443, _client_tls(authority, certificate, key))


def _client_tls(authority: bytes, certificate: bytes, key: bytes) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(cadata=authority.decode())
    _load_pair(tls, certificate + b"\n" + key)
    return tls


def _read_pem(base: Path, entry: KubeObject, name: str) -> bytes:
    """Given inline in base64, or as a path relative to the kubeconfig."""
    inline = entry.get(f"{name}-data")
    if inline is None:
        return (base / str(entry[name])).read_bytes()
    try:
        return base64.b64decode(inline, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name}-data: {error}") from None


def _load_pair(tls: ssl.SSLContext, pair: bytes) -> None:
    """The ssl module reads files only; an anonymous one keeps the key out of the file system."""
    file = os.memfd_create("client")
    try:
        os.write(file, pair)
        tls.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)


def kubeconfig_text(server: str, authority: str, user: str, certificate: str, key: str) -> str:
    """kubeconfig text (JSON, which is YAML) that holds all it needs.

    `server` is a URL, `authority` the PEM certificate that the server is checked against;
    `certificate` and `key` (PEM) are the user's.
    """
    context = {"cluster": "testbed", "user": user}
    credentials = {
        "client-certificate-data": _base64(certificate),
        "client-key-data": _base64(key),
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
