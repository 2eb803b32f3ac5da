"""Logs with times that mean the same on every machine: UTC, ISO 8601, in milliseconds."""

from __future__ import annotations

import logging
import time


def log_in_utc(level: str) -> None:
    """Have this process log on stderr: time, level, logger and message, a line each."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler])
