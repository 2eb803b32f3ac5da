"""Brings this network namespace's kernel to the desired state, by diff."""
