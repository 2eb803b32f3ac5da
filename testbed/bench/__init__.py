"""Measures every performance figure of the docs, and describes the machine (`make bench`)."""
