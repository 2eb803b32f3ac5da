"""Records which line of the topology file makes each node and link, and calls each helper."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from mininet.topo import Topo

from testbed.topology.arguments import checked, checked_methods, refuse_unknown_members
from testbed.topology.options import KNOWN_OPTIONS
from testbed.topology.upstream import IntfDescription, IPTopo, Overlay

_Method = Callable[..., object]  # of classes that have no types


@dataclass(frozen=True)
class Call:
    """A call in the topology file: of what, about which node or link, and file:line."""

    name: str
    subject: str
    where: str | None


class Origins:
    """What the topology file calls, and where.

    What a lab does not do (daemons, routing protocols' overlays, physical interfaces) is recorded
    and not done: one finding for each call, and none for its consequences.
    """

    def __init__(self, source: Path) -> None:
        self._source = str(source)
        self.nodes: dict[str, str] = {}  # file:line of addNode, by name
        self.links: dict[tuple[str, str, object], str] = {}  # of addLink, by link key
        self.written: dict[tuple[str, str, object], frozenset[str]] = {}  # options of addLink
        self.ends: dict[int, str] = {}  # of the last addParams of an end, by id of its options
        self.repeated: list[Call] = []  # nodes that are there (name: file:line of the first)
        self.unknown: list[Call] = []  # links to nodes that are not there
        self.ports: list[Call] = []  # links with numbered ports
        self.daemons: list[Call] = []
        self.helpers: list[Call] = []  # IPMininet's functions that configure what no lab has
        self.captured: list[Call] = []  # physical interfaces, by name
        self.overlays: list[tuple[Overlay, str | None]] = []
        self.overlays_applied = False

    def caller(self) -> str | None:
        """file:line of the innermost frame in the topology file."""
        return self.innermost("")[0]

    def innermost(self, recorded: str) -> tuple[str | None, str]:
        """file:line of the innermost frame in the topology file, and the function it called.

        `recorded`: the name of the function that asks, in case the file called that.
        """
        frame, called = sys._getframe(2), recorded
        while frame is not None:
            if frame.f_code.co_filename == self._source:
                return self._place(frame.f_lineno), called
            called = frame.f_code.co_name
            frame = frame.f_back  # type: ignore[assignment]
        return None, called

    def _place(self, line: int) -> str:
        return f"{Path(self._source).name}:{line}"

    def attribute(self, name: str) -> str | None:
        """file:line of the last assignment to this attribute, of the class or of its object."""
        lines = [
            node.lineno
            for statement in ast.walk(ast.parse(Path(self._source).read_bytes()))
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for node in ast.walk(statement)
            if (isinstance(node, ast.Name) and node.id == name)
            or (isinstance(node, ast.Attribute) and node.attr == name)
            if isinstance(node.ctx, ast.Store)
        ]
        return self._place(max(lines)) if lines else None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While active, the methods that build a topology record their callers."""
        with ExitStack() as stack:
            for owner, name, recorder in (
                (Topo, "addNode", self._record_node),
                (Topo, "addLink", self._record_link),
                (IPTopo, "build", self._record_build),
                (IPTopo, "addDaemon", self._record_daemon),
                (IPTopo, "addOverlay", self._record_overlay),
                (IPTopo, "capture_physical_interface", self._record_capture),
                (IPTopo, "getNodeInfo", self._record_info),
                (IPTopo, "getLinkInfo", self._record_info),
                (IntfDescription, "addParams", self._record_params),
                (Topo, "setlinkInfo", self._keep_ends),
            ):
                method = recorder(getattr(owner, name))
                stack.enter_context(patch.object(owner, name, method))
            for owner, name in checked_methods():
                stack.enter_context(patch.object(owner, name, checked(getattr(owner, name))))
            yield

    def _record_node(self, original: _Method) -> _Method:
        @functools.wraps(original)
        def add_node(topo: Topo, name: str, **opts: object) -> object:
            where = self.caller()
            if str(name) in self.nodes:
                self.repeated.append(Call(self.nodes[str(name)], str(name), where))
            self.nodes.setdefault(str(name), where or "?")
            return original(topo, name, **opts)

        return add_node

    def _record_link(self, original: _Method) -> _Method:
        signature = inspect.signature(original)

        @functools.wraps(original)
        def add_link(topo: Topo, *args: object, **kwargs: object) -> object:
            where = self.caller()
            given = signature.bind(topo, *args, **kwargs).arguments
            ends = [str(given[end]) for end in ("node1", "node2")]
            name = "-".join(ends)
            for end in ends:
                if end not in topo.g.node:
                    self.unknown.append(Call(end, name, where))
                    topo.g.add_node(end)  # so that the file is read to its end
            if any(given.get(port) is not None for port in ("port1", "port2")):
                self.ports.append(Call("port", name, where))
            there = set(topo.g.edge.get(ends[0], {}).get(ends[1], {}))
            key = original(topo, *args, **kwargs)
            if key in there:
                self.ports.append(Call("key", name, where))
            self.links[(ends[0], ends[1], key)] = where or "?"
            self.written[(ends[0], ends[1], key)] = frozenset(kwargs)
            return key

        return add_link

    def _record_build(self, original: _Method) -> _Method:
        def build(topo: Topo, *args: object, **kwargs: object) -> object:
            self.overlays_applied = True
            for overlay, where in self.overlays:
                if sets_options_only(overlay):
                    refuse_unknown_members(topo, overlay, where)
            return original(topo, *args, **kwargs)

        return build

    def _record_daemon(self, _original: _Method) -> _Method:
        def add_daemon(_topo: Topo, node: str, daemon: object, **_params: object) -> None:
            daemon_class = daemon if isinstance(daemon, type) else type(daemon)
            self.daemons.append(Call(daemon_class.__name__, str(node), self.caller()))

        return add_daemon

    def _record_overlay(self, original: _Method) -> _Method:
        @functools.wraps(original)
        def add_overlay(topo: Topo, overlay: Overlay | type[Overlay]) -> object:
            made = overlay() if isinstance(overlay, type) else overlay
            self.overlays.append((made, self.caller()))
            return original(topo, made) if sets_options_only(made) else None

        return add_overlay

    def _record_capture(self, _original: _Method) -> _Method:
        def capture(_topo: Topo, intfname: str, node: str) -> None:
            self.captured.append(Call(str(intfname), str(node), self.caller()))

        return capture

    def _record_info(self, original: _Method) -> _Method:
        """getNodeInfo and getLinkInfo, by which IPMininet's helpers leave what they configure."""
        aside: dict[tuple[str, str], object] = {}

        def get_info(topo: Topo, of: object, key: str, default: Callable[[], object]) -> object:
            if key in KNOWN_OPTIONS:
                return original(topo, of, key, default)
            where, function = self.innermost(original.__name__)
            subject = of if isinstance(of, str) else "link"
            self.helpers.append(Call(function, subject, where))
            return aside.setdefault((subject, key), default())

        return get_info

    def _keep_ends(self, original: _Method) -> _Method:
        """setlinkInfo, which Mininet's own would let forget what the link's ends are."""

        def set_info(
            topo: Topo, src: str, dst: str, info: Mapping[str, object], key: object = None
        ) -> object:
            entry = topo.g.edge[src][dst]
            known = entry[min(entry) if key is None else key]
            ends = {name: known[name] for name in ("node1", "node2", "port1", "port2")}
            return original(topo, src, dst, {**info, **ends}, key)

        return set_info

    def _record_params(self, original: _Method) -> _Method:
        @functools.wraps(original)
        def add_params(end: IntfDescription, **params: object) -> object:
            self.ends[id(end.intf_attrs)] = self.caller() or "?"
            return original(end, **params)

        return add_params


def sets_options_only(overlay: Overlay) -> bool:
    """True for Overlay, Subnet and classes of the file's own made of these.

    IPMininet's others configure daemons that no lab runs.
    """
    modules = {base.__module__ for base in type(overlay).__mro__}
    return all(m == Overlay.__module__ for m in modules if m.partition(".")[0] == "ipmininet")
