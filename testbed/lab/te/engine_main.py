"""Runs the TE engine of a lab, beside its injector.

    python -m testbed.lab.te.engine_main --intents DIR [--kubeconfig FILE --api-from NETNS]

Until there is an intent, in the file or in the API server, or a policy that asks for detours, it
only waits for one, and has loaded nothing. Ending it (SIGTERM) leaves all policies as they are. A
second engine stands by.
"""

from __future__ import annotations

import argparse
import logging
import selectors
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.host.lock import hold_directory
from testbed.host.program import run_until_ended
from testbed.host.utc_log import log_in_utc
from testbed.lab.protected import NAME as PROTECTED

if TYPE_CHECKING:
    from testbed.lab.te.intent_watch import IntentWatch

log = logging.getLogger(__name__)


def wait_for_intents(directory: Path, watch: IntentWatch | None = None) -> None:
    """Return when there is a file of intents, an object, or a policy that asks for detours."""
    from inotify_simple import INotify, flags

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with INotify() as files, selectors.DefaultSelector() as events:
        files.add_watch(str(directory), flags.MOVED_TO)
        events.register(files, selectors.EVENT_READ)
        if watch is not None:
            events.register(watch.changed, selectors.EVENT_READ)
        found = [directory / "intents.json", directory / PROTECTED]
        while not any(file.exists() for file in found) and not (watch and watch.objects):
            events.select()
            files.read(timeout=0)  # else it would be ready for ever
            if watch is not None:
                watch.take_change()


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog="testbed.lab.te.engine_main", description=__doc__)
    parser.add_argument("--intents", type=Path, required=True, help="directory of intents.json")
    parser.add_argument("--kubeconfig", type=Path, help="API server whose intents count too")
    parser.add_argument("--api-from", help="namespace from which that server is reached")
    parser.add_argument("--slowness", type=int, default=1, help="factor for that server's limits")
    options = parser.parse_args(arguments)
    log_in_utc("INFO")
    hold_directory(
        options.intents / "engine",
        lambda: log.info("another engine is at work: this one stands by until that ends"),
    )
    watch = None
    if options.kubeconfig:
        from testbed.lab.te.intent_watch import IntentWatch, client_of

        client = partial(client_of, options.api_from, options.kubeconfig, options.slowness)
        watch = IntentWatch(client())
        watch.start()
    wait_for_intents(options.intents, watch)
    from testbed.lab.state import plan_inside
    from testbed.lab.te.follow import Follower

    plan = plan_inside()
    if plan is None:
        print("the lab's plan cannot be read", file=sys.stderr)
        return 4
    objects = None
    if watch is not None:
        from testbed.lab.te.intent_objects import IntentObjects

        objects = IntentObjects(plan, watch, client())
    return run_until_ended(Follower(plan, objects))


if __name__ == "__main__":
    sys.exit(main())
