"""Container images made from the distribution's packages."""
