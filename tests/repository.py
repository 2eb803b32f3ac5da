"""Where the repository lies, and beside it the paper's own files, if somebody laid them there."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAPER = ROOT.parent / "shared" / "paper" / "manifests"
