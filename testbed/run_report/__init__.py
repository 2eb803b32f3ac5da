"""The report of runs for people: one HTML page, figures for a paper, all samples as data."""
