"""Runs scenarios, keeps evidence, writes results."""
