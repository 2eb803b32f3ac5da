"""Creates an object's file in the API directory: complete, and at most once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from testbed.errors import TestbedError


def publish_once(target: Path, content: Mapping[str, object]) -> bool:
    """Create `target` with this content; False if it is there. Raises TestbedError.

    Like O_EXCL, but nobody ever sees half a file.
    """
    draft = target.with_name(f".{target.name}.{os.urandom(6).hex()}")  # pids repeat across nodes
    try:
        draft.write_text(json.dumps(content) + "\n")
        os.link(draft, target)
        os.close(os.open(target, os.O_WRONLY))  # watchers wait for this event, not for a link
    except FileExistsError:
        return False
    except OSError as error:
        why = error.strerror
        raise TestbedError("cannot create", where=str(target), why=why, exit_code=4) from None
    finally:
        draft.unlink(missing_ok=True)
    return True
