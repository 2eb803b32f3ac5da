"""Reads and writes an agent's status.json as the types of testbed.agent.contract."""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from testbed.agent.contract import Entry, NodeStatus, parse_status
from testbed.agent.files import write_file
from testbed.errors import TestbedError
from testbed.json_types import as_object

NAME = "status.json"


def read_status(path: Path) -> NodeStatus | None:
    """The status, None where there is no file; raises TestbedError naming a file that is bad.

    Whoever waits for something in it asks again and again: it is parsed when it is another file.
    """
    try:
        found = path.stat()
        return _parse_file(path, found.st_ino, found.st_mtime_ns, found.st_size)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TestbedError("cannot read", where=str(path), why=error.strerror) from None
    except KeyError as error:
        why = f"field {error} is missing"
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
    raise TestbedError(
        "not an agent's status",
        where=str(path),
        why=why,
        fix="apply a policy or an object: at any change the agent writes the whole file anew",
    )


@lru_cache(maxsize=32)
def _parse_file(path: Path, *_which: int) -> NodeStatus:
    return parse_status(as_object(json.loads(path.read_text())))


def write_status(path: Path, status: NodeStatus) -> None:
    """Replace the file, so that readers see the old or the new one; raises TestbedError."""
    write_file(path, format_status(status))


def format_status(status: NodeStatus) -> str:
    """The content of the file: a line per policy and prefix, of which there may be thousands."""
    lines = (f' "{f.name}": {_format_value(getattr(status, f.name))}' for f in fields(status))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _format_value(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Entry):
        return "[\n" + ",\n".join(f"  {item.text}" for item in value) + "\n ]"
    return value.text if isinstance(value, Entry) else json.dumps(value)
