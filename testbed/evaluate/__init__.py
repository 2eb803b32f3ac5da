"""Measures overlays against each other, with statistics on stored raw samples."""
