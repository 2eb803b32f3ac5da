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
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.errors import TestbedError
from testbed.plan.model import Plan, Profile
from testbed.plan.problems import Problem
from testbed.topology.parameters import build_arguments

if TYPE_CHECKING:
    from testbed.topology.origins import Call
    from testbed.topology.read import BuiltTopo


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
    from testbed.topology.no_network import NetworkStarted, starting_nothing
    from testbed.topology.origins import Origins
    from testbed.topology.read import read_plan

    sys.path.insert(0, str(file.parent))
    sys.argv = [str(file)]
    origins = Origins(file)
    topo: BuiltTopo | None = None
    problems: list[Problem] = []
    with starting_nothing(origins) as attempts:
        try:
            topo_class = _find_topology(runpy.run_path(str(file)), file)
            arguments, problems = build_arguments(topo_class, params, file.stem)
            if not problems:
                with origins.recording():
                    topo = topo_class(**arguments)
        except (Exception, SystemExit, NetworkStarted) as error:
            problems = [] if attempts else [_describe_exception(error, file, params)]
    problems += [_describe_start(file, call) for call in attempts]
    if topo is None or problems:
        return _result(None, problems)
    try:
        return _result(*read_plan(topo, origins, file.stem, profile))
    except Exception as error:
        return _result(None, [_describe_unreadable(error, file)])


def _result(plan: Plan | None, problems: list[Problem]) -> dict[str, object]:
    return {
        "plan": plan.model_dump(mode="json") if plan else None,
        "problems": [p.model_dump() for p in problems],
    }


def _find_topology(names: dict[str, object], file: Path) -> type:
    """The file's topology: the last IPTopo subclass that it defines itself."""
    from testbed.topology.upstream import IPTopo

    own = [
        v
        for v in names.values()
        if isinstance(v, type) and issubclass(v, IPTopo) and v.__module__ == "<run_path>"
    ]
    if not own:
        raise TestbedError(
            f"{file.name} defines no subclass of IPTopo or LabTopo",
            fix="define one: class Mine(LabTopo), from testbed.topology",
        )
    return own[-1]


def _describe_start(file: Path, call: Call) -> Problem:
    return Problem(
        what=f"{call.name}() works on this machine while the file is read",
        subject=file.stem,
        fix="call it below `if __name__ == '__main__':` alone",
        where=call.where or file.name,
    )


def _describe_exception(error: BaseException, file: Path, params: dict[str, str]) -> Problem:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(file)
    ]
    line = lines[-1] if lines else getattr(error, "lineno", None)
    where = f"{file.name}:{line}" if line else file.name
    if isinstance(error, TestbedError):
        return Problem(
            what=error.what,
            subject=file.stem,
            fix=error.fix or "correct it",
            where=error.where or where,
        )
    given = "".join(f" --set {name}={value}" for name, value in params.items())
    called = _called_by(error, file)
    return Problem(
        what=(f"{called}(): " if called else "") + f"{type(error).__name__}: {error}",
        subject=file.stem,
        fix=(f"correct what {called}() is given" if called else "correct the topology file")
        + (f", or what the file is given:{given}" if given else ""),
        where=where,
    )


def _called_by(error: BaseException, file: Path) -> str:
    """The function in which the error arose that the file called; empty if it arose in the file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [index for index, frame in enumerate(frames) if frame.filename == str(file)]
    after = frames[own[-1] + 1 :] if own else []
    name = after[0].name if after else ""
    return "" if name.startswith("_") or not name.isidentifier() else name


def _describe_unreadable(error: Exception, file: Path) -> Problem:
    """What the file built has another shape than its methods give it."""
    return Problem(
        what=f"what it built cannot be read: {type(error).__name__}: {error}",
        subject=file.stem,
        fix="build it by addRouter, addHost, addClusterNode, addInjector and addLink alone, and "
        "leave what Mininet keeps to itself; if the file does so, this is a bug in testbed",
        where=file.name,
    )


if __name__ == "__main__":
    main()
