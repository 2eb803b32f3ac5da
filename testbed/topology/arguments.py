"""Refuses arguments with which Mininet's methods would fail, in words about what was written."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from mininet.topo import Topo

from testbed.errors import TestbedError
from testbed.topology.dns_label import as_label
from testbed.topology.upstream import IPTopo, Overlay
from testbed.topology.vocabulary import LabTopo

Arguments = Mapping[str, object]
_Method = Callable[..., object]  # of classes that have no types
_Check = Callable[[Topo, str, Arguments], None]
_SHOWN = 60  # characters of a value
_MOST_NAMED = 6


def checked(original: _Method) -> _Method:
    """The method, which raises TestbedError for arguments that mean nothing to it."""
    signature, name = inspect.signature(original), original.__name__

    @functools.wraps(original)
    def call(topo: Topo, *args: object, **kwargs: object) -> object:
        try:
            given = signature.bind(topo, *args, **kwargs).arguments
        except TypeError as error:
            fix = f"write it as {name}({', '.join(_parameters(signature))})"
            raise TestbedError(f"{name}(): {error}", fix=fix) from None
        _CHECKS[name](topo, name, given)
        return original(topo, *args, **kwargs)

    return call


def checked_methods() -> Iterator[tuple[type, str]]:
    """The methods to check, each with the class that defines it."""
    for name in _CHECKS:
        yield next((base, name) for base in (LabTopo, IPTopo, Topo) if name in vars(base))


def refuse_unknown_members(topo: Topo, overlay: Overlay, where: str | None) -> None:
    """Raises TestbedError if the overlay has nodes or links that the topology does not have."""
    name, there = type(overlay).__name__, topo.g.node
    fault = next(
        (f"no node {_show(node)}" for node in overlay.nodes if not _is_in(node, there)), ""
    )
    for link in () if fault else overlay.links:
        ends = _ends_of(link)
        linked = len(ends) == 2 and all(_is_in(end, there) for end in ends)
        if not linked or ends[1] not in topo.g.edge.get(ends[0], {}):
            fault = f"no link {_show(ends or link)}"
    if fault:
        fix = f"name nodes and links that are there; nodes are: {_names(there)}"
        raise TestbedError(f"overlay {name}: there is {fault}", where=where, fix=fix)


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    """The parameters as they are written, without the object and without types."""
    for parameter in itertools.islice(signature.parameters.values(), 1, None):
        default = parameter.empty if isinstance(parameter.default, type) else parameter.default
        yield str(parameter.replace(annotation=parameter.empty, default=default))


def _check_name(topo: Topo, method: str, given: Arguments) -> None:
    if not isinstance(given.get("name", ""), str):
        raise TestbedError(
            f"{method}({_show(given['name'])}): the name of a node is text",
            fix=f"give it a name, e.g. {_free_name(topo, given['name'])!r}",
        )


def _check_router(topo: Topo, method: str, given: Arguments) -> None:
    _check_name(topo, method, given)
    if not callable(given.get("routerDescription", str)):
        raise TestbedError(
            f"{method}({_show(given['name'])}, {_show(given['routerDescription'])}): "
            "a router has one name",
            fix="make each router by a call of its own; give options by name",
        )


def _check_routers(topo: Topo, method: str, given: Arguments) -> None:
    for item in _sequence(given.get("routers", ())):
        if _is_row(item):
            _check_pair(topo, method, item)
        else:
            _check_name(topo, method, {"name": item})


def _check_pair(topo: Topo, method: str, item: Sequence[object]) -> None:
    """A router's name and its options, in place of its name alone."""
    if len(item) != 2 or not _is_options(item[1]):
        raise TestbedError(
            f"{method}({_show(item)}): a name is expected, or a name and a dictionary of options",
            fix=f"if these are names, write {method}(*{_show(item)})",
        )
    _check_name(topo, method, {"name": item[0]})


def _check_link(topo: Topo, method: str, given: Arguments) -> None:
    for end in (given["node1"], given["node2"]):
        if not isinstance(end, str):
            shown = f"{_show(given['node1'])}, {_show(given['node2'])}"
            raise TestbedError(
                f"{method}({shown}): {_show(end)} is no node's name",
                fix=f"name one of: {_names(topo.g.node)}",
            )


def _check_links(topo: Topo, method: str, given: Arguments) -> None:
    for item in _sequence(given.get("links", ())):
        if not _is_row(item) or not 2 <= len(item) <= 3 or not all(map(_is_options, item[2:])):
            nested = _is_row(item) and all(_is_row(inner) for inner in item)
            raise TestbedError(
                f"{method}({_show(item)}): a link is written as two nodes' names, and perhaps "
                "a dictionary of options",
                fix=f"write {method}(*{_show(item)})" if nested else "put each link in parentheses",
            )
        _check_link(topo, method, {"node1": item[0], "node2": item[1]})


def _check_overlay(_topo: Topo, method: str, given: Arguments) -> None:
    overlay = given["overlay"]
    if not isinstance(overlay, Overlay) and not (
        isinstance(overlay, type) and issubclass(overlay, Overlay)
    ):
        raise TestbedError(f"{method}({_show(overlay)}): that is no overlay", fix="remove it")


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _names(nodes: Iterable[object]) -> str:
    names = [repr(str(node)) for node in nodes]
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")


def _free_name(topo: Topo, value: object) -> str:
    """A name like the value that no node has."""
    first = as_label(str(value)) if value is not None else ""
    names = itertools.chain([first], (f"n{number}" for number in itertools.count(1)))
    return next(name for name in names if name and name not in topo.g.node)


def _ends_of(link: object) -> tuple[object, ...]:
    """The two ends of a link: of a pair, or of what addLink returns, which iterates over them."""
    try:
        return tuple(itertools.islice(iter(link), 3))  # type: ignore[call-overload]
    except TypeError:
        return ()


def _is_row(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_options(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _is_in(member: object, among: Iterable[object]) -> bool:
    return isinstance(member, str) and member in among


def _sequence(value: object) -> Sequence[object]:
    assert isinstance(value, Sequence)
    return value


_CHECKS: dict[str, _Check] = {
    **dict.fromkeys(("addNode", "addHost", "addSwitch", "addHub"), _check_name),
    **dict.fromkeys(("addClusterNode", "addInjector"), _check_name),
    "addRouter": _check_router,
    "addRouters": _check_routers,
    "addLink": _check_link,
    "addLinks": _check_links,
    "addOverlay": _check_overlay,
}
