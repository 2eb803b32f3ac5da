"""Writes a plan in Graphviz's dot language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from testbed.plan.model import Link, Node, Plan, Role
from testbed.report.graph.boxes import label_of
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.layout import router_positions
from testbed.report.graph.links_now import AS_PLANNED, LinksNow
from testbed.report.graph.style import CLUSTER, DOWN, HOST, INJECTOR, ROUTER, TE_PATHS

LOOKS = {
    Role.ROUTER: ("circle", ROUTER),
    Role.CLUSTER: ("box", CLUSTER),
    Role.INJECTOR: ("box", INJECTOR),
    Role.HOST: ("plaintext", HOST),
}


def graph_dot(plan: Plan, highlight: Sequence[Highlight] = (), now: LinksNow = AS_PLANNED) -> str:
    """The plan as an undirected graph in dot; routers have pinned positions, as for `neato -n`.

    Hops of paths are further edges, with arrows, those of backups dashed.
    """
    at = router_positions(plan)
    lines = [
        f"graph {_quote_text(plan.topology)} {{",
        "  layout=neato; overlap=false; splines=line;",
    ]
    lines.append('  node [fontname="DejaVu Sans", fontsize=10, style="rounded,filled"];')
    lines.append('  edge [fontname="DejaVu Sans", fontsize=7, fontcolor="#9aa5b1"];')
    lines += [_format_node(plan, n, at.get(n.name)) for n in plan.nodes]
    lines += [_format_edge(plan, x, now) for x in plan.links]
    lines += [line for i, path in enumerate(highlight) for line in _format_path(i, path)]
    return "\n".join([*lines, "}", ""])


def _format_node(plan: Plan, node: Node, at: tuple[float, float] | None) -> str:
    shape, (fill, stroke) = LOOKS[node.role]
    if node.role is Role.ROUTER:
        text = f"{node.name}\n{node.loopback_v6}"
        # Circles are filled, never rounded; y points upwards in dot.
        extra = f', style=filled, pos="{at[0] * 2:g},{0 - at[1] * 2:g}!"' if at else ""
    else:
        label = label_of(plan, node)
        text, extra = "\n".join((label.name, *label.details)), ""
    return (
        f"  {_quote_text(node.name)} [label={_quote_text(text)}, shape={shape}, "
        f'fillcolor="{fill}", color="{stroke}"{extra}];'
    )


def _format_edge(plan: Plan, link: Link, now: LinksNow) -> str:
    ends = f"  {_quote_text(link.a.node)} -- {_quote_text(link.b.node)}"
    roles = {plan.node(link.a.node).role, plan.node(link.b.node).role}
    label, looks = now.words(link), 'color="#b8c2cc"'
    if roles == {Role.ROUTER}:
        prefix = [str(link.a.v6.network)] if link.a.v6 else []
        label, looks = [*prefix, f"metric {link.metric}", *label], "penwidth=1.5"
    if link in now.down:
        looks = f'style=dashed, color="{DOWN}", fontcolor="{DOWN}"'
    labelled = f"label={_quote_text(chr(10).join(label))}, " if label else ""
    return f"{ends} [{labelled}{looks}];"


def _format_path(index: int, path: Highlight) -> Iterator[str]:
    colour = TE_PATHS[index % len(TE_PATHS)]
    for hops, style in ((path.hops, "bold"), (path.backup, "dashed")):
        for tail, head in hops:
            yield (
                f"  {_quote_text(tail)} -- {_quote_text(head)} [dir=forward, style={style}, "
                f'color="{colour}", tooltip={_quote_text(path.label)}];'
            )


def _quote_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
