"""Checks whether this machine can run labs; each check says what it found and how to fix it."""
