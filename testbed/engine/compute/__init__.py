"""Paths of a network: shortest, constrained, disjoint; and the placement of many demands."""
