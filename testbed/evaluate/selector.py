"""Chooses cases by words: `overlay=srv6,overlay=vxlan,protocol=tcp` or `pod-to-pod.tcp.*`.

A word is a glob over ids or KEY=VALUE. Words of one kind (all globs, all values of one key) are
alternatives; a case has to suit every kind that is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import NoReturn

from testbed.errors import TestbedError
from testbed.evaluate.cases import CASES, Case
from testbed.object_fields.close import did_you_mean

KEYS = tuple(field.name for field in fields(Case) if field.name != "again")
VALUES: Mapping[str, tuple[str, ...]] = {
    key: tuple(dict.fromkeys(str(getattr(case, key)) for case in CASES)) for key in KEYS
}
_GLOBS = ""  # what globs are alternatives under
_PAIR_OF = {value: f"mtu={value}" for value in VALUES["mtu"]} | {
    word: f"{key}={getattr(case, key)}" for case in CASES for key, word in case.words.items()
}
_WHERE = "--cases"


def select(text: str) -> tuple[Case, ...]:
    """The cases that the words choose, in the order of all. Raises TestbedError."""
    chosen: dict[str, list[str]] = {}
    for word in text.split(","):
        key, value = _parse(word.strip())
        chosen.setdefault(key, []).append(value)
    found = _suiting(chosen)
    if not found:
        _refuse_combination(chosen)
    return found


def _parse(word: str) -> tuple[str, str]:
    """Key and value, or no key and a glob."""
    if not word:
        raise TestbedError(
            "a word is empty",
            where=_WHERE,
            fix="give KEY=VALUE or a glob before, between and after commas",
        )
    key, is_pair, value = word.partition("=")
    if not is_pair:
        return _GLOBS, _checked_glob(word)
    if key not in KEYS:
        fix = did_you_mean(key, KEYS) or f"the keys are {', '.join(KEYS)}"
        raise TestbedError(f"cases have no {_shown(key)}", where=_WHERE, fix=fix)
    if value not in VALUES[key]:
        fix = did_you_mean(value, VALUES[key]) or f"{key} is one of {', '.join(VALUES[key])}"
        raise TestbedError(f"no case has {key}={_shown(value)}", where=_WHERE, fix=fix)
    return key, value


def _checked_glob(glob: str) -> str:
    if any(fnmatchcase(case.id, glob) for case in CASES):
        return glob
    fix = (
        _suggest_pair(glob)
        or did_you_mean(glob, [case.id for case in CASES])
        or f"a glob has to match a whole id, such as {CASES[0].id}"
    )
    raise TestbedError(f"no case is called {_shown(glob)}", where=_WHERE, fix=fix)


def _suggest_pair(word: str) -> str | None:
    """For a part of an id, well spelt or nearly so."""
    near = get_close_matches(word[:200].lower(), _PAIR_OF, n=1)
    return f"did you mean {_PAIR_OF[near[0]]}?" if near else None


def _suiting(chosen: Mapping[str, Sequence[str]]) -> tuple[Case, ...]:
    return tuple(c for c in CASES if all(_suits(c, key, chosen[key]) for key in chosen))


def _suits(case: Case, key: str, values: Iterable[str]) -> bool:
    if key == _GLOBS:
        return any(fnmatchcase(case.id, glob) for glob in values)
    return str(getattr(case, key)) in values


def _refuse_combination(chosen: Mapping[str, Sequence[str]]) -> NoReturn:
    """Says which words to leave out so that some cases are left."""
    fix = f"give {_written(next(iter(chosen)), chosen)} alone"
    for key in chosen:
        if _suiting({k: values for k, values in chosen.items() if k != key}):
            fix = f"leave out {_written(key, chosen)}"
            break
    raise TestbedError("no case suits all of these words together", where=_WHERE, fix=fix)


def _written(key: str, chosen: Mapping[str, Sequence[str]]) -> str:
    """The words of one kind as they were given."""
    return ",".join(f"{key}={value}" if key else value for value in chosen[key])


def _shown(word: str) -> str:
    return repr(word if len(word) <= 60 else word[:57] + "...")
