"""The machine that figures were taken on, in a few words."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def machine() -> str:
    """Processors, memory and kernel: 2 × AMD EPYC, 24 GiB, Linux 6.18.4."""
    memory = psutil.virtual_memory().total / (1 << 30)
    return f"{os.cpu_count()} × {cpu_model()}, {memory:.0f} GiB, Linux {platform.release()}"


def cpu_model() -> str:
    """Its processors' name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
