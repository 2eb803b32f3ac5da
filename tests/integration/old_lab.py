"""Makes a Kubernetes lab old: all its certificates have ended, and its programs know no other.

`python -m tests.integration.old_lab LAB`, where the lab is. The clock is the machine's, so the
certificates are made as the lab would have made them then.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from testbed import paths
from testbed.host.labs import lab_dir
from testbed.host.secret_files import write_secret_files
from testbed.lab.state import enter
from testbed.orchestrators.kubernetes import containerd, node_files, users
from testbed.orchestrators.kubernetes.pki import authorities, x509
from testbed.orchestrators.kubernetes.programs import with_certificates
from testbed.providers.members import present
from testbed.providers.registry import handle

ENDED = timedelta(seconds=-5)  # a lifetime: it ended before it was asked for


def main() -> None:
    plan, now = enter(lab_dir(sys.argv[1])), datetime.now(timezone.utc)
    keys = authorities.ensure_keys(paths.DATA / "keys", now, print)

    def issue_ended(
        keys: authorities.Keys, request: x509.CertificateRequest, now: datetime
    ) -> x509.KeyPair:
        return x509.issue(keys.authority(request.authority), request, now, ENDED)

    with patch.object(authorities, "issue", issue_ended):
        for node in present(plan):
            version = containerd.version()
            files = node_files.node_files(plan, node, keys, now, containerd=version)
            write_secret_files(paths.NODES / node.name / "kubernetes", files)
    with patch.object(users, "_LIFETIMES", dict.fromkeys(users._LIFETIMES, ENDED)):
        users.write(paths.KUBERNETES_USERS, plan, keys.cluster, now)
    for node in present(plan):
        services = handle(node.name).services
        names = [f"{node.name}.{name}" for name in with_certificates(node)]
        services.stop(names)
        services.start(names)


if __name__ == "__main__":
    main()
