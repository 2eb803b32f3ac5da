"""Checks and explains SR Policies against a plan, and resolves node names in them."""
