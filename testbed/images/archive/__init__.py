"""Checks, reads and copies image archives that users bring."""
