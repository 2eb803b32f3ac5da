"""The paper's backbone: 8 IS-IS routers, 15 hosts, the policy injector's host."""

from typing import Any

from testbed.topology import LabTopo

# In the paper's order: the n-th link is 10.n.0.0/16.
LINKS = [
    ("r1", "r2"),
    ("r2", "r3"),
    ("r2", "r7"),
    ("r3", "r4"),
    ("r4", "r5"),
    ("r4", "r6"),
    ("r5", "r6"),
    ("r6", "r7"),
    ("r6", "r8"),
    ("r7", "r8"),
]
DATA_CENTRES = {
    "hdc1": ("r2", "fcff:2:1::2/48"),
    "hdc2": ("r8", "fcff:8:1::2/48"),
    "hdc3": ("r5", "fcff:5:1::2/48"),
}


def of_link(words: str, ends: tuple[str, str]) -> str | None:
    """What `20 r4-r6:10` says of a link: of this one, else of all; None: nothing."""
    values = dict(word.rpartition(":")[::2] for word in words.split())
    return values.get("-".join(ends), values.get(""))


class Backbone(LabTopo):
    """r1..r8 with h11..h83 on r1, r3, r5, r8, three data centres, gobgp on r3.

    `repair=link` or `repair=node`: routers protect against failures by themselves.
    `bfd=true`: they watch each other over their links, also `bfd_interval=50` (milliseconds) and
    `bfd_multiplier=5`. `encoding=usid`: routers have micro SIDs, and intents use them.
    `delays="1ms r4-r6:20ms"`: what path computation counts with, of all links and of one.
    `bandwidths="20 r4-r6:10"`: Mbit/s to which links are limited. `srlgs="r4-r6:duct"`: their
    shared risk groups.
    """

    # Any: a topology that extends this one adds options of its own types
    def build(
        self,
        *,
        delays: str = "",
        bandwidths: str = "",
        srlgs: str = "",
        repair: str = "off",
        bfd: bool = False,
        bfd_interval: int = 0,
        bfd_multiplier: int = 0,
        encoding: str = "srh",
        **options: Any,
    ) -> None:
        self.repair, self.encoding, self.bfd = repair, encoding, bfd
        if bfd_interval:
            self.bfd_interval = bfd_interval
        if bfd_multiplier:
            self.bfd_multiplier = bfd_multiplier
        self.addRouters(*(f"r{n}" for n in range(1, 9)))
        for ends in LINKS:
            mbit = of_link(bandwidths, ends)
            self.addLink(
                *ends,
                te_delay=of_link(delays, ends),
                bw=float(mbit) if mbit else None,
                srlg=of_link(srlgs, ends),
            )
        for router in (1, 3, 5, 8):
            for index in (1, 2, 3):
                self.addLink(f"r{router}", self.addHost(f"h{router}{index}"))
        for name, (gateway, address) in DATA_CENTRES.items():
            self.addLink(gateway, self.addHost(name, ip=address, data_centre=True))
        self.addLink("r3", self.addInjector("gobgp"))
        super().build(**options)
