"""Runs the TE engine of a lab, beside its injector.

    python -m testbed.lab.te.engine_main --intents DIR

Until there is an intent it only waits for the file, and has loaded nothing. Ending it (SIGTERM)
leaves all policies as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from testbed.host.program import run_until_ended
from testbed.host.utc_log import log_in_utc


def wait_for_intents(directory: Path) -> None:
    """Return when there is a file of intents."""
    from inotify_simple import INotify, flags

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with INotify() as files:
        files.add_watch(str(directory), flags.MOVED_TO)
        while not (directory / "intents.json").exists():
            files.read()


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog="testbed.lab.te.engine_main", description=__doc__)
    parser.add_argument("--intents", type=Path, required=True, help="directory of intents.json")
    directory: Path = parser.parse_args(arguments).intents
    log_in_utc("INFO")
    wait_for_intents(directory)
    from testbed.lab.state import plan_inside
    from testbed.lab.te.follow import Follower

    plan = plan_inside()
    if plan is None:
        print("the lab's plan cannot be read", file=sys.stderr)
        return 4
    return run_until_ended(Follower(plan))


if __name__ == "__main__":
    sys.exit(main())
