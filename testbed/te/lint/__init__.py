"""Checks policy files and Calico objects against a plan; each finding names its line."""
