"""Renders the configuration files and command batches of a lab from its plan, as text."""
