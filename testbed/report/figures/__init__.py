"""Figures for reports and papers: scenes of charts and of proved paths, and their files."""
