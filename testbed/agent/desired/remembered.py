"""Pure functions that are called again and again with the same arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MANY = 8192  # results that a cache of single items may hold: a head end has fewer policies


def remember_last(function: Callable[P, T]) -> Callable[P, T]:
    """Give the last result again while the arguments are equal to the last ones.

    For functions without side effects whose arguments are too large for a hash. Comparing costs
    little as long as the parts that did not change are the same objects.
    """
    last: list[tuple[object, object, T]] = []

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        for known, named, result in last:
            if known == args and named == kwargs:
                return result
        result = function(*args, **kwargs)
        last[:] = [(args, kwargs, result)]
        return result

    return wrapper
