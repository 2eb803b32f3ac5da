"""Seeing what a running lab does: routes, convergence, packets. Read-only."""
