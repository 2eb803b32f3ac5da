"""Commands of our own that end with the one that started them, even if that one is killed.

Else a killed `testbed run` would leave its `testbed up` going on, for nobody.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from testbed.host.namespaces import end_with_parent

STARTER = "TESTBED_STARTER"


def of_this_process() -> dict[str, str]:
    """The variable by which a command learns whom to end with."""
    return {STARTER: str(os.getpid())}


def end_with_starter(environment: MutableMapping[str, str]) -> None:
    """Take the variable, if there is one, and end with the process that set it.

    Ends at once if that one has ended meanwhile.
    """
    starter = environment.pop(STARTER, "")
    if not starter:
        return
    end_with_parent()
    if str(os.getppid()) != starter:
        os._exit(1)
