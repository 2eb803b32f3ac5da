"""Draws the legend: a row of symbols, wrapped, states of attachments, then highlighted paths."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.plan.model import Plan, Role
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.links_now import LinksNow
from testbed.report.graph.scene import Box, Circle, Line, Shape, Text, text_width
from testbed.report.graph.style import (
    ATTACHMENT,
    CLUSTER,
    DOWN,
    GREY,
    HOST,
    INJECTOR,
    INK,
    LINK,
    ROUTER,
    TE_PATHS,
)

SIZE = 10.0
ROW = 20.0
SYMBOL = 26.0


def legend(
    plan: Plan, highlight: Sequence[Highlight], now: LinksNow, limit: float
) -> tuple[list[Shape], float, float]:
    """The legend's shapes (origin: upper left corner), its width and its height in pixels."""
    shapes: list[Shape] = []
    x = y = widest = 0.0
    for symbol, text in _list_entries(plan, now):
        step = SYMBOL + text_width(text, SIZE) + 16
        if x and x + step > limit:
            x, y = 0.0, y + ROW
        shapes += _draw_symbol(symbol, x, y)
        shapes.append(Text((x + SYMBOL, y), text, SIZE, GREY, anchor="start"))
        x += step
        widest = max(widest, x)
    for text in _wrap(_attachment_states(plan, now), limit):
        y += ROW
        shapes.append(Text((0, y), text, SIZE, INK, anchor="start"))
        widest = max(widest, text_width(text, SIZE))
    for index, path in enumerate(highlight):
        y += ROW
        colour = TE_PATHS[index % len(TE_PATHS)]
        shapes.append(Line(((0, y), (SYMBOL - 10, y)), colour, 3.0, arrow=True))
        note = "; ringed: its segment endpoints" if path.waypoints else ""
        note += "; dashed: its backup" if path.backup else ""
        text = f"{path.label}{note}"
        shapes.append(Text((SYMBOL, y), text, SIZE, INK, anchor="start"))
        widest = max(widest, SYMBOL + text_width(text, SIZE))
    return shapes, widest, y + 8


def _attachment_states(plan: Plan, now: LinksNow) -> list[str]:
    """Beside a backbone link its state is written; attachments are too short for it."""
    others = [x for x in plan.links if not _both_routers(plan, x.a.node, x.b.node)]
    return [
        f"{link.a.interface}: {' · '.join(state)}" for link in others if (state := now.words(link))
    ]


def _wrap(parts: Sequence[str], limit: float) -> list[str]:
    """Lines of parts, each as long as it may be."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}, {part}" if lines else ""
        if longer and text_width(longer, SIZE) <= limit:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _list_entries(plan: Plan, now: LinksNow) -> list[tuple[str, str]]:
    entries = []
    if plan.routers:
        entries.append(("router", "router, its loopback an End SID"))
    metrics = {x.metric for x in plan.links if _both_routers(plan, x.a.node, x.b.node)}
    if metrics:
        text = f"metric {metrics.pop()}" if len(metrics) == 1 else "metric as written"
        entries.append(("link", f"backbone link, {text}"))
    if len(plan.routers) < len(plan.nodes):
        entries.append(("attachment", "attachment"))
    if now.down:
        entries.append(("down", "link that is down"))
    if plan.cluster:
        entries.append(("cluster", f"cluster node (MTU {plan.tunnel_mtu}, pods {plan.pod_mtu})"))
    if plan.injectors:
        entries.append(("injector", "policy injector"))
    if plan.of(Role.HOST):
        entries.append(("host", "host"))
    return entries


def _both_routers(plan: Plan, a: str, b: str) -> bool:
    return plan.node(a).role is Role.ROUTER and plan.node(b).role is Role.ROUTER


def _draw_symbol(kind: str, x: float, y: float) -> list[Shape]:
    if kind == "router":
        return [Circle((x + 9, y), 7.0, *ROUTER, 1.5)]
    if kind in ("link", "attachment"):
        colour, width = (LINK, 2.0) if kind == "link" else (ATTACHMENT, 1.1)
        return [Line(((x, y), (x + SYMBOL - 8, y)), colour, width)]
    if kind == "down":
        return [Line(((x, y), (x + SYMBOL - 8, y)), DOWN, 2.0, dashed=True)]
    fill, stroke = {"cluster": CLUSTER, "injector": INJECTOR, "host": HOST}[kind]
    return [Box(x, y - 6, 18, 12, fill, stroke, 3.0)]
