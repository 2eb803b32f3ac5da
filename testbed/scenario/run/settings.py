"""A scenario's own settings: the parameters of its function that have defaults."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from testbed.errors import TestbedError

Setting = str | int | float
Settings = Mapping[str, Setting]


def defaults(function: Callable[..., None]) -> dict[str, Setting]:
    """Name and default of each setting."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def parse_settings(known: Settings, values: Mapping[str, str]) -> dict[str, Setting]:
    """`values` as the defaults' types; those of other scenarios are left out.

    Raises TestbedError for a value that is not of its default's type.
    """
    return {
        name: _parse_setting(known[name], name, text)
        for name, text in values.items()
        if name in known
    }


def _parse_setting(default: Setting, name: str, text: str) -> Setting:
    kind = type(default)
    try:
        return kind(text)
    except ValueError:
        raise TestbedError(
            f"--with {name}={text}: not of type {kind.__name__}", fix=f"its default is {default}"
        ) from None


def check(known: Mapping[str, Settings], values: Mapping[str, str]) -> None:
    """Raises TestbedError for a setting that none of the scenarios (name → settings) has, or
    that is of another type."""
    for settings in known.values():
        parse_settings(settings, values)
    available = sorted(f"{key} ({name})" for name, keys in known.items() for key in keys)
    for name in values:
        if not any(name in keys for keys in known.values()):
            raise TestbedError(
                f"--with {name}: no scenario of this run has that setting",
                fix=f"there are: {', '.join(available)}" if available else "they have none",
            )
