"""Runs repeated from their crates, and two runs compared."""
