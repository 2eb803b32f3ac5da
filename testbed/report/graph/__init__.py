"""Drawings of a plan: one scene, painted for terminals, Graphviz, SVG and PNG."""
