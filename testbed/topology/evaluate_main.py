"""Evaluates one topology file in a process of its own: `python -m testbed.topology.evaluate_main`.

The file is the user's code. It runs as the calling user, prints one JSON object, and is ended
by the parent (testbed.topology.load) when it takes too long.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
import traceback
from contextlib import redirect_stdout
from inspect import signature
from pathlib import Path

from testbed.plan.model import Profile


def main() -> None:
    """Prints {"plan": …|null, "problems": […]}."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--profile", default="fast")
    parser.add_argument("--params", default="{}")
    options = parser.parse_args()
    with redirect_stdout(sys.stderr):  # whatever the user's file prints
        result = evaluate(options.file, options.profile, json.loads(options.params))
    print(json.dumps(result))


def evaluate(file: Path, profile: Profile, params: dict[str, str]) -> dict[str, object]:
    """The plan (as JSON data) or the problems of the topology in `file`."""
    from testbed.topology.origins import Origins
    from testbed.topology.read import read_plan
    from testbed.topology.upstream import IPTopo

    sys.path.insert(0, str(file.parent))
    origins = Origins(file)
    try:
        names = runpy.run_path(str(file))
        topo_class = _find_topology(names, IPTopo, file)
        _refuse_unknown(params, topo_class)
        with origins.recording():
            topo = topo_class(**{k: _parse_value(v) for k, v in params.items()})
    except Exception as error:
        return {"plan": None, "problems": [_describe_exception(error, file)]}
    plan, problems = read_plan(topo, origins, file.stem, profile)
    return {
        "plan": plan.model_dump(mode="json") if plan else None,
        "problems": [p.model_dump() for p in problems],
    }


def _find_topology(names: dict[str, object], base: type, file: Path) -> type:
    """The file's topology: the last IPTopo subclass that it defines itself."""
    own = [
        v
        for v in names.values()
        if isinstance(v, type) and issubclass(v, base) and v.__module__ == "<run_path>"
    ]
    if not own:
        raise LookupError(f"{file.name} defines no subclass of IPTopo or LabTopo")
    return own[-1]


def _refuse_unknown(params: dict[str, str], topo_class: type) -> None:
    """Every --set names a parameter of some build(): a typo must not vanish in **options."""
    known = {
        name
        for base in topo_class.__mro__
        if "build" in vars(base)
        for name, parameter in signature(vars(base)["build"]).parameters.items()
        if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    for name in params:
        if name not in known:
            accepted = f"it takes: {', '.join(sorted(known))}" if known else "it takes none"
            raise TypeError(f"build() has no parameter {name!r}; {accepted}")


def _parse_value(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _describe_exception(error: Exception, file: Path) -> dict[str, object]:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file)
    ]
    line = lines[-1] if lines else getattr(error, "lineno", None)
    return {
        "what": f"{type(error).__name__}: {error}",
        "subject": file.stem,
        "fix": "correct the topology file",
        "where": f"{file.name}:{line}" if line else file.name,
    }


if __name__ == "__main__":
    main()
