"""The distribution's own sources, out of all that apt knows."""

from __future__ import annotations

from testbed.providers.vagrant.box.distribution import sources_of

LISTED = """\
Debian|http://mirror/debian/|bookworm|bookworm|main
Debian|http://mirror/debian/|bookworm-updates|bookworm-updates|main
Debian|http://mirror/debian-security/|bookworm-security|bookworm-security|main
Debian|http://mirror/debian/|bookworm|bookworm|main
Debian|http://mirror/debian/|trixie|trixie|main
Somebody|http://elsewhere/|bookworm|bookworm|stable
"""


def test_own_release_once_per_source() -> None:
    assert sources_of(LISTED, "debian", "bookworm") == (
        "deb http://mirror/debian/ bookworm main",
        "deb http://mirror/debian/ bookworm-updates main",
        "deb http://mirror/debian-security/ bookworm-security main",
    )
