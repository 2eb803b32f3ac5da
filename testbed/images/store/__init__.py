"""Manages a node's image store, and the images loaded into a running lab."""
