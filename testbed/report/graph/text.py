"""Draws a plan on a terminal: the backbone, each router with its attached nodes, unusual links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from testbed.plan.model import Node, Plan, Role
from testbed.report.graph.canvas import Canvas
from testbed.report.graph.layout import router_positions
from testbed.report.graph.links_now import AS_PLANNED, LinksNow

COLUMNS = 78
_HANGING = "  "
CELL = (14, 4)  # columns and rows between neighbours, at most


def graph_text(plan: Plan, now: LinksNow = AS_PLANNED, paths: Sequence[str] = ()) -> str:
    """The drawing in at most 80 columns of Unicode, without colours and without final newline.

    `paths`: sentences on what takes which path, put below the links.
    """
    parts = [_format_headline(plan)]
    if len(plan.routers) > 1:
        parts.append("\n".join(_draw_backbone(plan, now)))
    parts.append("\n".join(line for router in plan.routers for line in _list_router(plan, router)))
    parts.append("\n".join(_list_states(plan, now)))
    parts.append(
        "\n".join(
            line for path in paths for line in wrap(path, COLUMNS, subsequent_indent=_HANGING)
        )
    )
    return "\n\n".join(part for part in parts if part)


def _format_headline(plan: Plan) -> str:
    metrics = sorted({x.metric for x in plan.links if _is_backbone(plan, x.a.node, x.b.node)})
    words = [f"{plan.topology}: {_format_count(len(plan.routers), 'router')}"]
    words.append(_format_count(len(plan.links), "link"))
    if metrics:
        words.append("IS-IS metric " + "/".join(str(m) for m in metrics[:4]))
    if plan.cluster:
        words.append(f"pod MTU {plan.pod_mtu}")
        words.append(f"up to {plan.max_segments} segments")
    return ", ".join(words)


def _format_count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"


def _natural_key(name: str) -> tuple[int, str]:
    """A sort key that puts r2 before r10."""
    return len(name), name


def _is_backbone(plan: Plan, a: str, b: str) -> bool:
    return plan.node(a).role is Role.ROUTER and plan.node(b).role is Role.ROUTER


def _list_states(plan: Plan, now: LinksNow) -> list[str]:
    """A line per link that is down, shaped, or carries something."""
    return [
        f"{link.a.interface:<14} {' · '.join(state)}"
        for link in plan.links
        if (state := now.words(link))
    ]


def _draw_backbone(plan: Plan, now: LinksNow) -> list[str]:
    at = router_positions(plan)
    span_x = max(x for x, _ in at.values()) or 1.0
    span_y = max(y for _, y in at.values())
    widest = max(len(name) for name in at)
    step_x = min(CELL[0], (COLUMNS - widest - 1) / span_x)
    step_y = max(2, round(step_x * CELL[1] / CELL[0]))
    cells = {n: (round(x * step_x) + widest // 2, round(y * step_y)) for n, (x, y) in at.items()}
    canvas = Canvas(min(COLUMNS, round(span_x * step_x) + widest + 2), round(span_y * step_y) + 1)
    joined = {
        frozenset((link.a.node, link.b.node))
        for link in plan.links
        if link not in now.down  # of parallel links one is enough
    }
    for link in plan.links:
        if _is_backbone(plan, link.a.node, link.b.node):
            broken = frozenset((link.a.node, link.b.node)) not in joined
            canvas.line(cells[link.a.node], cells[link.b.node], broken)
    for name, (column, row) in cells.items():
        canvas.write(column - (len(name) + 2) // 2, row, f" {name} ")
    return canvas.lines()


def _list_router(plan: Plan, router: Node) -> Iterator[str]:
    peers = [x.peer(router.name).node for x in plan.links_of(router.name)]
    neighbours = sorted({p for p in peers if plan.node(p).role is Role.ROUTER}, key=_natural_key)
    attached = [n for n in plan.nodes if n.name in peers and n.role is not Role.ROUTER]
    yield f"{router.name:<5} {router.loopback_v6!s:<12}  to {' '.join(neighbours) or 'nobody'}"
    branches = [_format_branch(plan, n) for n in attached if n.role is not Role.HOST]
    branches += _group_hosts([n.name for n in attached if n.role is Role.HOST])
    for number, branch in enumerate(branches, 1):
        yield f"  {'└' if number == len(branches) else '├'} {branch}"


def _format_branch(plan: Plan, node: Node) -> str:
    v4 = plan.address_v4(node.name)
    words = [f"{node.name:<8}", str(plan.address_v6(node.name)), *([str(v4)] if v4 else [])]
    if node.cluster:
        words.append(f"SIDs {node.cluster.sid_pool}")
        words += ["joins later"] if node.cluster.joins_later else []
    else:
        words.append("injector")
    return "  ".join(words)


def _group_hosts(names: list[str]) -> list[str]:
    """Lines of host names, as many to a line as fit."""
    if not names:
        return []
    lines, line = [], "hosts   "
    for name in names:
        if len(line) + len(name) + 1 > COLUMNS - 4:
            lines.append(line)
            line = "        "
        line += f" {name}"
    return [*lines, line]
