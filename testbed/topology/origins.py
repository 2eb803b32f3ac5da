"""Records which line of the topology file defines each node and link."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mininet.topo import Topo


class Origins:
    """file:line of every addNode and addLink call, by node name and by link key."""

    def __init__(self, source: Path) -> None:
        self._source = str(source)
        self.nodes: dict[str, str] = {}
        self.links: dict[tuple[str, str, object], str] = {}
        self.repeated: list[tuple[str, str, str]] = []  # name, first, again

    def caller(self) -> str | None:
        """file:line of the innermost frame in the topology file."""
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self._source:
                return f"{Path(self._source).name}:{frame.f_lineno}"
            frame = frame.f_back  # type: ignore[assignment]
        return None

    def attribute(self, name: str) -> str | None:
        """file:line of the last assignment to this class attribute in the topology file."""
        lines = [
            statement.lineno
            for each in ast.walk(ast.parse(Path(self._source).read_text()))
            if isinstance(each, ast.ClassDef)
            for statement in each.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for target in ast.walk(statement)
            if isinstance(target, ast.Name) and target.id == name
        ]
        return f"{Path(self._source).name}:{lines[-1]}" if lines else None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While active, Topo.addNode and Topo.addLink record their callers."""
        add_node, add_link = Topo.addNode, Topo.addLink

        def record_node(topo: Topo, name: str, **opts: object) -> object:
            where = self.caller() or "?"
            if str(name) in self.nodes:
                self.repeated.append((str(name), self.nodes[str(name)], where))
            self.nodes.setdefault(str(name), where)
            made: object = add_node(topo, name, **opts)
            return made

        def record_link(topo: Topo, *args: object, **kwargs: object) -> object:
            node1 = kwargs.get("node1") or args[0]
            node2 = kwargs.get("node2") or args[1]
            key: object = add_link(topo, *args, **kwargs)
            self.links[(str(node1), str(node2), key)] = self.caller() or "?"
            return key

        Topo.addNode, Topo.addLink = record_node, record_link
        try:
            yield
        finally:
            Topo.addNode, Topo.addLink = add_node, add_link
