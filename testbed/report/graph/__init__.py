"""Drawings of a plan for terminals, Graphviz, SVG and PNG, made from one scene."""
