"""Checks of policy files and Calico objects against a plan, each finding with its line."""
