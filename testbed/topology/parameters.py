"""Turns `--set KEY=VALUE` into arguments of a topology's build()."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from inspect import Parameter

from testbed.plan.problems import Problem

_POSITIONAL = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def build_arguments(
    topo_class: type, params: Mapping[str, str], topology: str
) -> tuple[dict[str, object], list[Problem]]:
    """The arguments, and a problem for every --set that build() cannot take."""
    known = _parameters(topo_class)
    values: dict[str, object] = {}
    problems = []
    for name, text in params.items():
        if name not in known:
            problems.append(
                Problem(
                    what=f"build() has no parameter {name!r}",
                    subject=topology,
                    fix=_known(name, known),
                )
            )
            continue
        try:
            values[name] = _reader(known[name])(text)
        except ValueError as error:
            problems.append(
                Problem(
                    what=f"--set {name}={text}: {error}",
                    subject=topology,
                    fix=f"--set {name}={_example(known[name])}",
                )
            )
    return values, problems


def _known(name: str, known: Mapping[str, Parameter]) -> str:
    if not known:
        return "it takes none: leave --set out"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean --set {near[0]}=…? " if near else ""
    return f"{hint}it takes: {', '.join(sorted(known))}"


def _parameters(topo_class: type) -> dict[str, Parameter]:
    """The parameters of every build() of the class; the class's own come before its bases'."""
    known: dict[str, Parameter] = {}
    for base in topo_class.__mro__:
        if "build" in vars(base):
            for name, parameter in inspect.signature(vars(base)["build"]).parameters.items():
                if name != "self" and parameter.kind in _POSITIONAL:
                    known.setdefault(name, parameter)
    return known


def _reader(parameter: Parameter) -> Callable[[str], object]:
    """By the default's type; without one, whole numbers are numbers and the rest is text."""
    kinds: dict[type, Callable[[str], object]] = {
        bool: _read_bool,
        int: _read_integer,
        float: float,
        str: str,
    }
    return kinds.get(type(parameter.default), _read_any)


def _read_bool(text: str) -> bool:
    if text.lower() not in _WORDS:
        raise ValueError("true or false is needed")
    return _WORDS[text.lower()]


def _read_integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError("a whole number is needed")
    return int(text)


def _read_any(text: str) -> object:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _example(parameter: Parameter) -> str:
    return str(parameter.default).lower()
